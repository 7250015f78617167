"""Prints the assumptions that tests relied on, and the whole register."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from pytest_stripe_balance.engine.state.assumptions import RECORDINGS, REGISTER

WIDTH = 96


def summary(tests: Mapping[str, AbstractSet[str]], *, listed: bool) -> list[str]:
    """Write how many tests relied on how many assumptions, and with `listed` on which.

    `tests` are the node ids of the tests by the id of the assumption.
    """
    relying = len(set().union(*tests.values()))
    assumptions = _counted(len(tests), "unconfirmed assumption")
    first = f"stripe: {_counted(relying, 'test')} relied on {assumptions} about Stripe"
    if not listed:
        return [f"{first} (-vv lists them)"]
    lines = [first]
    for entry_id in sorted(tests, key=lambda entry_id: (-len(tests[entry_id]), entry_id)):
        lines.append(f"  {entry_id}: {_counted(len(tests[entry_id]), 'test')}")
        lines += _wrapped(REGISTER[entry_id].sentence, "    ")
    return lines


def register(ids: Iterable[str] = REGISTER) -> str:
    """Write entries: the sentence, the readings with the default first, what would settle it."""
    lines = [
        "Behaviour of Stripe that is not known for sure, and what the fake does instead.",
        "Choose another reading with ini `stripe_assume` or @pytest.mark.stripe_balance(assume={...}).",
    ]
    for entry in map(REGISTER.__getitem__, ids):
        lines += ["", entry.id, *_wrapped(entry.sentence, "  ")]
        if len(entry.readings) > 1:
            for reading, meaning in entry.readings.items():
                mark = " (default)" if reading == entry.default else ""
                lines += _wrapped(f"{reading}{mark}: {meaning}", "    ")
        settles = f"A recording would settle it: {RECORDINGS[entry.recording]}."
        lines += _wrapped(settles, "  ")
    return "\n".join(lines)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )
