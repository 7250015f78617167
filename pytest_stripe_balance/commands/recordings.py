"""Reads cassettes for `drift` and `conform`."""

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
    """A cassette as it was read.

    `recorded` are its interactions in order. `skipped` are those that can't be read, each with a reason.
    """

    name: str
    recorded: Sequence[interactions.Recorded]
    skipped: Sequence[interactions.Skipped]
    provenance: dict[str, Any]

    @property
    def exchanges(self) -> list[Exchange]:
        """Its requests and answers, in order."""
        return [recorded.exchange for recorded in self.recorded]

    @property
    def who(self) -> str:
        """Who answered, by its provenance: "stripe-test-mode", "fake" ..., or "unknown"."""
        who = self.provenance.get("who")
        return who if isinstance(who, str) and who else "unknown"

    @property
    def moment(self) -> int | None:
        """When it was made, in seconds since 1970: by its provenance, else its last Date header."""
        return provenance.moment_of(str(self.provenance.get("date")), self.exchanges)

    def place(self, at: int) -> Place:
        """Give the place of the interaction at a position."""
        recorded = self.recorded[at]
        return Place(self.name, recorded.line, str(recorded.exchange.request))


def read(name: str, *, megabytes: float) -> LoadedCassette:
    """Read a cassette, or standard input for "-". InputError if that fails, or it is no cassette."""
    shown_name = "<stdin>" if name == input_files.STDIN else name
    text = input_files.text_of(name, megabytes=megabytes)
    data = input_files.json_of(text) if text.lstrip()[:1] in ("{", "[") else yaml_loader.read_yaml(text)
    found = list(interactions.interactions(data, None if name == input_files.STDIN else Path(name)))
    provenance = data.get("provenance") if isinstance(data, dict) else None
    return LoadedCassette(
        shown_name,
        [each for each in found if isinstance(each, interactions.Recorded)],
        [each for each in found if isinstance(each, interactions.Skipped)],
        provenance if isinstance(provenance, dict) else {},
    )
