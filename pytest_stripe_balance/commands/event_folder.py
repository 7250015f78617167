"""The folder that the command `events` writes: files that it may replace, and nobody else's."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SUMS = "SHA256SUMS"  # as `sha256sum` writes and checks it
_ROW = re.compile(r"([0-9a-f]{64})  (\d{2}-[a-z0-9_.]+\.(?:json|sig))")


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files to a folder that is new, empty, or as this function left it; others go.

    They are written next to their places and moved there at the end, so an error leaves what was there.
    ValueError if the folder holds anything else, or is a file; OSError if it can't be written.
    """
    older = _written_before(folder)
    rows = "".join(f"{_digest(body)}  {name}\n" for name, body in files.items())
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".events-", dir=folder) as beside:
            for name, body in {**files, SUMS: rows.encode()}.items():
                Path(beside, name).write_bytes(body)
            for file in sorted(Path(beside).iterdir()):
                file.replace(folder / file.name)
    except BaseException:
        if is_new:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    for name in older - {*files, SUMS}:
        (folder / name).unlink()


def _written_before(folder: Path) -> set[str]:
    """Name the files of an earlier call; ValueError if the folder holds anything else, or is a file."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"--out {folder} is a file; name a folder that is new or empty")
    names = {file.name for file in folder.iterdir()} if folder.exists() else set()
    sums = folder / SUMS
    rows = sums.read_text("utf-8", "replace").splitlines() if SUMS in names else []
    known = {match[2]: match[1] for row in rows if (match := _ROW.fullmatch(row))}
    for name in sorted(names - {SUMS} if len(known) == len(rows) else names):
        file = folder / name
        if not file.is_file() or _digest(file.read_bytes()) != known.get(name):
            message = f"--out {folder} holds {name}, which isn't as this command writes it; "
            raise ValueError(message + "name a folder that is new or empty")
    return names


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
