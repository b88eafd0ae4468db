"""Values that are made once in a process, also where several threads ask for them first.

``functools.cache`` lets threads that come together make a value each: a miner whose first four
windows come at once would load its models four times.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, wraps
from typing import TypeVar

T = TypeVar("T")


def loaded_once(make: Callable[[], T]) -> Callable[[], T]:
    """Return a function that calls ``make`` at its first call only; others wait for its value.

    Where ``make`` raises, nothing is kept, and the next call tries again.
    """
    lock = threading.RLock()
    cached_make = cache(make)

    @wraps(make)
    def get() -> T:
        with lock:
            return cached_make()

    return get
