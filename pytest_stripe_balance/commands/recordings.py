"""Recordings as `drift` and `conform` read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_stripe_balance import input_files
from pytest_stripe_balance.api.message import Exchange
from pytest_stripe_balance.cassettes import interactions, provenance, yaml_loader
from pytest_stripe_balance.report.outcome import Place


@dataclass(frozen=True)
class LoadedCassette:
    """A cassette that was read: its name, what it holds, what was passed over, and its provenance."""

    name: str
    recorded: Sequence[interactions.Recorded]
    skipped: Sequence[interactions.Skipped]
    provenance: dict[str, Any]

    @property
    def exchanges(self) -> list[Exchange]:
        """What it holds, in its order."""
        return [one.exchange for one in self.recorded]

    @property
    def who(self) -> str:
        """Who answered, by its provenance: "stripe-test-mode", "fake", ..., "unknown" without one."""
        who = self.provenance.get("who")
        return who if isinstance(who, str) and who else "unknown"

    @property
    def moment(self) -> int | None:
        """When it was made, in seconds since 1970: by its provenance, else its last Date header."""
        return provenance.moment_of(str(self.provenance.get("date")), self.exchanges)

    def place(self, at: int) -> Place:
        """Tell where an exchange stands."""
        one = self.recorded[at]
        return Place(self.name, one.line, str(one.exchange.request))


def read(name: str, *, megabytes: float) -> LoadedCassette:
    """Read a cassette; InputError when it can't be read, or isn't one."""
    called = "<stdin>" if name == input_files.STDIN else name
    text = input_files.text_of(name, megabytes=megabytes)
    data = input_files.json_of(text) if text.lstrip()[:1] in ("{", "[") else yaml_loader.read_yaml(text)
    found = list(interactions.interactions(data, None if name == input_files.STDIN else Path(name)))
    provenance = data.get("provenance") if isinstance(data, dict) else None
    return LoadedCassette(
        called,
        [one for one in found if isinstance(one, interactions.Recorded)],
        [one for one in found if isinstance(one, interactions.Skipped)],
        provenance if isinstance(provenance, dict) else {},
    )
