"""What the commands are given to read: names of files to their text, and JSON text to values."""

from __future__ import annotations

import errno
import glob
import json
import stat
import sys
from collections.abc import Iterator, Sequence
from io import BufferedReader
from pathlib import Path
from typing import Any

STDIN = "-"
FOLDER = "a folder"
MEGABYTE = 1_000_000


class InputError(ValueError):
    """An input that can't be read: why, and on which line if that is known."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class NoFileError(InputError):
    """Nothing is there by a name, or by a pattern."""


class EmptyError(InputError):
    """A file that holds nothing."""


def is_pattern(name: str) -> bool:
    """Tell a pattern of names from a name."""
    return name != STDIN and glob.has_magic(name)


def expand_patterns(patterns: Sequence[str]) -> list[str]:
    """Give the names that patterns mean, each once and in order; a pattern without a match is kept.

    `**` goes into folders. A file that is there is never taken for a pattern.
    """
    names: dict[str, None] = {}
    for pattern in patterns:
        if not is_pattern(pattern) or Path(pattern).exists():
            names[pattern] = None
            continue
        found = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - keeps the names as they are
        found = [name for name in found if not Path(name).is_dir()]
        names |= dict.fromkeys(found or [pattern])
    return list(names)


def text_of(name: str, *, megabytes: float) -> str:
    """Read a file, or standard input for "-". InputError when there is none, or it is no such text."""
    content = _content(name, int(megabytes * MEGABYTE))
    if len(content) > megabytes * MEGABYTE:
        raise InputError(f"bigger than {megabytes:g} MB; --max-mb raises the limit")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"not UTF-8: byte 0x{content[error.start]:02x}", line) from error
    if not text.strip():
        raise EmptyError("empty")
    return text


def _content(name: str, limit: int) -> bytes:
    """Read one byte more than the limit, at most."""
    if name == STDIN and sys.stdin is None:
        raise InputError("standard input is closed")
    if name != STDIN and (what := not_a_file(Path(name))):
        raise InputError(
            what + "; name its files, or a pattern such as 'folder/**/*.json'" * (what == FOLDER)
        )
    try:
        if name == STDIN:
            return _read(sys.stdin.buffer, limit + 1)  # type: ignore[arg-type] # it is buffered
        with Path(name).open("rb") as file:
            return _read(file, limit + 1)
    except FileNotFoundError as error:
        reason = "no file matches" if is_pattern(name) else "there is no such file"
        raise NoFileError(reason) from error
    except (OSError, ValueError) as error:
        raise InputError(f"can't be read: {getattr(error, 'strerror', None) or error}") from error


def _read(file: BufferedReader, size: int) -> bytes:
    """Read so many bytes. No room is made for what isn't there, and Ctrl-C is met between pieces."""
    pieces = list[bytes]()
    while size and (piece := file.read1(min(size, MEGABYTE))):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def not_a_file(path: Path) -> str | None:
    """Say what stands where a file is due and can't be read as one; None for a file, and for nothing.

    Such as are never opened: a pipe would have its reader wait for ever.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return f"a link to nothing: {path.readlink()}" if path.is_symlink() else None
    except OSError as error:
        return "a link to itself" if error.errno == errno.ELOOP else None
    except ValueError:  # a name that no file can have
        return None
    if stat.S_ISDIR(mode):
        return FOLDER
    return None if stat.S_ISREG(mode) else "no file with an end: a pipe, a socket or a device"


def json_of(text: str) -> Any:  # noqa: ANN401 - any JSON
    """Parse JSON. InputError when it isn't JSON, names a key twice, or is nested too deeply."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg}", error.lineno) from error
    except RecursionError as error:
        raise InputError("nested too deeply") from error
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"not JSON: {str(error).partition(';')[0]}") from error


def is_lines(text: str) -> bool:
    """Tell JSON lines from a single JSON document: the first line is a document of its own."""
    first, _, rest = text.lstrip().partition("\n")
    if not rest.strip():
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def json_lines_of(text: str) -> Iterator[tuple[int, Any | InputError]]:
    """Parse JSON lines: each line's number, and its value or what is wrong with it."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, json_of(line)
            except InputError as error:
                yield number, InputError(error.reason, number)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"key {twice[:60]!r} is there twice")
    return found


def _no_constant(name: str) -> float:
    raise InputError(f"not JSON: {name} is no JSON number")
