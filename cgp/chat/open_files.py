"""Open files of a process: each stream is a connection, and the usual limit is about a thousand."""

from __future__ import annotations

import contextlib
import resource


def allow_open_files(count: int) -> None:
    """Let this process have ``count`` open files, or as many as the operating system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= count:
        return
    most = count if hard == resource.RLIM_INFINITY else min(count, hard)
    # Some systems have a lower limit of their own, which they do not tell.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
