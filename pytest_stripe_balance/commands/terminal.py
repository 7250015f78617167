"""Prints for the commands, even if a stream is closed or broken."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def refuse_closed() -> None:
    """Raise OSError if the shell closed standard output."""
    if sys.stdout is None:
        raise OSError("standard output is closed")


def say(text: str) -> None:
    """Print a text at once; characters that the terminal lacks are escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    printable = text.encode(encoding, "backslashreplace").decode(encoding)
    print(printable, flush=True)  # noqa: T201 - a command prints


def complain(text: str) -> None:
    """Print one line to standard error, if it is open and somebody reads it."""
    if sys.stderr is not None:  # print would take standard output instead
        with suppress(OSError):
            print(text, file=sys.stderr)  # noqa: T201 - as above


def fall_silent() -> None:
    """Flush the streams, and silence those that fail: Python would report the failure at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
