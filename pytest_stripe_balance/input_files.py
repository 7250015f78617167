"""Reads the files that the commands and the cassettes name, and JSON text."""

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
LARGEST = 100  # megabytes of a file or of a body; more can hardly be a recording


class InputError(ValueError):
    """An input can't be read: the reason, and the line if it is known."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class NoFileError(InputError):
    """There is no file of that name, or none that matches the pattern."""


class EmptyError(InputError):
    """A file has no text."""


def is_pattern(name: str) -> bool:
    """Tell whether a name is a pattern, such as "folder/*.json"."""
    return name != STDIN and glob.has_magic(name)


def expand_patterns(patterns: Sequence[str]) -> list[str]:
    """List the files that match the patterns, each once and in order; `**` goes into folders.

    A pattern without a match stays in the list. The name of an existing file is never a pattern.
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


def text_of(name: str, *, megabytes: float | None = None) -> str:
    """Read a file's text, or standard input's for "-".

    InputError when there is no such file, when it isn't UTF-8 or is empty, and when it is too large:
    `megabytes` is the limit of a command's option --max-mb, None the limit of a recording.
    """
    limit = LARGEST if megabytes is None else megabytes
    content = _content(name, int(limit * MEGABYTE))
    if len(content) > limit * MEGABYTE:
        way_out = "" if megabytes is None else "; --max-mb raises the limit"
        raise InputError(f"bigger than {limit:g} MB{way_out}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"not UTF-8: byte 0x{content[error.start]:02x}", line) from error
    if not text.strip():
        raise EmptyError("empty")
    return text


def _content(name: str, limit: int) -> bytes:
    """Read at most one byte more than the limit."""
    if name == STDIN and sys.stdin is None:
        raise InputError("standard input is closed")
    if name != STDIN and (obstacle := not_a_file(Path(name))):
        way_out = "; name its files, or a pattern such as 'folder/**/*.json'"
        raise InputError(obstacle + way_out * (obstacle == FOLDER))
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
    """Read up to `size` bytes, in pieces: memory grows with the file, and Ctrl-C stops a long read."""
    pieces = list[bytes]()
    while size and (piece := file.read1(min(size, MEGABYTE))):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def not_a_file(path: Path) -> str | None:
    """Say why a path isn't a regular file, as "a folder"; None for a file, and where nothing exists.

    Such a path must not be opened: reading from a pipe may never end.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return f"a broken link to {path.readlink()}" if path.is_symlink() else None
    except OSError as error:
        return "a link to itself" if error.errno == errno.ELOOP else None
    except ValueError:  # a name that no file can have
        return None
    if stat.S_ISDIR(mode):
        return FOLDER
    return None if stat.S_ISREG(mode) else "a pipe, a socket or a device"


def json_of(text: str) -> Any:  # noqa: ANN401 - any JSON
    """Parse JSON; InputError when it isn't JSON, has a key twice, or is nested too deeply."""
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg}", error.lineno) from error
    except RecursionError as error:
        raise InputError("nested too deeply") from error
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"not JSON: {str(error).partition(';')[0]}") from error


def is_lines(text: str) -> bool:
    """Tell whether a text is JSON lines: there are several lines, and the first is a JSON document."""
    first, _, rest = text.lstrip().partition("\n")
    if not rest.strip():
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def json_lines_of(text: str) -> Iterator[tuple[int, Any | InputError]]:
    """Parse JSON lines: yield each line's number, and its value or its error."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, json_of(line)
            except InputError as error:
                yield number, InputError(error.reason, number)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        names = [name for name, _ in pairs]
        duplicate = next(name for name in names if names.count(name) > 1)
        raise InputError(f"the key {duplicate[:60]!r} appears twice")
    return table


def _refuse_constant(name: str) -> float:
    raise InputError(f"not JSON: {name} is not a JSON number")
