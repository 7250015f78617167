"""What scrubbers write in place of a value, or of a part of a key."""

from __future__ import annotations

import re
from typing import Any

Json = Any
_MASK = re.compile(
    r"<[A-Za-z][\w .-]*>|\[[A-Z][A-Z_ ]*\]|\{\{\w+\}\}|\*{3,}|FILTERED|REDACTED|MASKED|SCRUBBED"
)


def is_masked(text: str) -> bool:
    """Tell whether a scrubber wrote a text, or replaced a part of it."""
    return bool(_MASK.search(text))


def without_masks(recorded: dict[str, Json], faked: dict[str, Json]) -> dict[str, Json]:
    """Give a hash with the fake's names for keys in which a scrubber wrote: `<TOKEN>_clock`."""
    if not any(map(is_masked, recorded)):
        return recorded
    names = [name for name in faked if name not in recorded]
    return {
        next(filter(_mask_of(name).fullmatch, names), name) if is_masked(name) else name: value
        for name, value in recorded.items()
    }


def _mask_of(text: str) -> re.Pattern[str]:
    """Give the pattern of what a masked text may have been."""
    return re.compile(".+".join(map(re.escape, _MASK.split(text))))
