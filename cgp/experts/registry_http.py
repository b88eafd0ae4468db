"""HTTP to a registry that may answer anything: each answer has a bound in bytes and in time.

Needs the extra ``experts``; ``cgp.experts.registry`` imports it when a registry is opened.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

import requests
import urllib3.exceptions
from oras.auth import AuthenticationException
from oras.provider import Registry
from requests.adapters import HTTPAdapter

FAULTS: Final = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    AuthenticationException,
    # The library raises a bare one where a registry wants another login.
    ValueError,
)
"""Exceptions that say what is wrong with a registry's answers."""
LOGIN_FAULTS: Final = (AttributeError, KeyError, TypeError)
"""Exceptions with which the library meets a challenge or a token that is none."""
_MOST_ANSWER: Final = 256_000
"""Most bytes of an answer that is read whole: a token, a refusal, the body of a redirect."""
T = TypeVar("T")


class BoundedAdapter(HTTPAdapter):
    """Reads answers within bounds of size and time.

    ``seconds`` are the longest time to connect, and the longest silence of the registry.
    """

    def __init__(self, seconds: tuple[float, float]) -> None:
        super().__init__()
        self._seconds = seconds

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,  # noqa: ANN401 - as the next ones, the library's own
        *arguments: Any,  # noqa: ANN401
        **options: Any,  # noqa: ANN401
    ) -> requests.Response:
        """Send a request; an answer that the caller does not stream is read here, within bounds."""
        # The library waits for ever where a registry says nothing.
        response = super().send(request, True, timeout or self._seconds, *arguments, **options)
        # ``requests`` reads the body of a redirect whole, streamed or not.
        if not stream or response.is_redirect:
            data = response.raw.read(_MOST_ANSWER + 1, decode_content=True)
            response.raw.close()
            if len(data) > _MOST_ANSWER:
                raise requests.RequestException(f"an answer has more than {_MOST_ANSWER:,} bytes")
            response.raw = io.BytesIO(data)
        return response


def within(seconds: float, action: Callable[[], T]) -> T:
    """Return the result of an action, and wait for it no longer than ``seconds``.

    A registry that sends a byte a minute is never silent, so a bound of silences is not enough.

    Raises:
        TimeoutError: if it takes longer; it is left alone, and ends with the program.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(action())
        except BaseException as error:  # noqa: BLE001 - raised in the caller's thread below
            errors.append(error)

    thread = threading.Thread(target=work, name="registry", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        # Taken out: else the error and its frames would hold each other, and their sockets.
        raise errors.pop()
    if not results:
        raise TimeoutError(f"no whole answer came within {seconds:.0f} s")
    return results[0]


def bounded_registry(host: str, *, insecure: bool, seconds: tuple[float, float]) -> Any:  # noqa: ANN401 - the library's
    """Return the library's registry of a host; it asks once, and reads answers within bounds."""
    registry = Registry(host, insecure=insecure)
    # The library's own repeats take two minutes of every answer that it does not understand.
    registry.do_request = partial(Registry.do_request.__wrapped__, registry)
    for scheme in ("http://", "https://"):
        registry.session.mount(scheme, BoundedAdapter(seconds))
    return registry
