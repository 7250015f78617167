"""A command's voice and its exit codes, whatever has become of the streams that it speaks on."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

OK, FINDINGS, BAD_USAGE, INTERRUPTED, GONE = 0, 1, 2, 130, 141


def refuse_closed() -> None:
    """Raise OSError when there is no standard output: Python has none where the shell closed it."""
    if sys.stdout is None:
        raise OSError("standard output is closed")


def say(text: str) -> None:
    """Print at once what may hold any character, on a terminal that may not have them all."""
    encoding = sys.stdout.encoding or "utf-8"
    told = text.encode(encoding, "backslashreplace").decode(encoding)
    print(told, flush=True)  # noqa: T201 - a command's voice


def complain(text: str) -> None:
    """Print one line to standard error, if there is one and somebody reads it."""
    if sys.stderr is not None:  # print would take standard output instead
        with suppress(OSError):
            print(text, file=sys.stderr)  # noqa: T201 - as above


def fall_silent() -> None:
    """Write out what is still to be said, and drop what can't be: Python would try again, and tell."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
