"""How the fake's worlds begin: with nothing in them, or as those of a wider world are by now."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from pytest_stripe_balance.api import versions
from pytest_stripe_balance.api.dispatch import Dispatch
from pytest_stripe_balance.api.ignored import Ignored
from pytest_stripe_balance.api.request import VersionRules
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.engine.state.determinism import Ids
from pytest_stripe_balance.engine.state.search_index import SearchIndex
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.modes import BadSettingError
from pytest_stripe_balance.session.moments import iso_text
from pytest_stripe_balance.session.settings import SYSTEM, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_stripe_balance.engine.state.assumptions import Readings
    from pytest_stripe_balance.engine.state.determinism import Clock, Maker
    from pytest_stripe_balance.session.memory import Memory
    from pytest_stripe_balance.session.webhooks import Target


class Snapshot(NamedTuple):
    """A run's worlds at one moment, `now`; nobody writes to them, so others can begin from them.

    `targets` are the apps of its webhook endpoints, and `memory` has what `stripe_stubs` remembers.
    """

    settings: Settings
    seed: str
    now: int
    advanced: int
    dispatch: Dispatch
    assumptions: frozenset[str]
    targets: Mapping[tuple[str, str], Target]
    memory: Memory


@dataclass(frozen=True)
class WorldOpener:
    """Opens one run's worlds, one an account: with one clock, one maker of ids and the same readings.

    `seed` is what addresses, references and secrets are derived from. Searches lag behind by
    `search_lag` seconds. Not a part of the session: that
    would make a circle, and a session is to be gone with its test.
    """

    seed: str
    clock: Clock
    maker: Maker
    readings: Readings
    api_version: str
    ignored: Ignored
    search_lag: int = 0

    def open(self, account: str | None, platform: World | None) -> World:
        """Open an account's world, without any objects. A connected account has a platform."""
        ids = Ids(f"{self.seed}\0{account or ''}", self.maker)
        version, types = self.api_version, versions.event_types
        index = SearchIndex(self.search_lag) if self.search_lag else None
        return World(
            self.clock,
            ids,
            self.readings,
            version,
            types,
            platform,
            account=account or "",
            takes=_takes,
            search_index=index,
        )

    def copy(self, world: World, platform: World | None) -> World:
        """Open a world with the objects of another."""
        ids = world.ids.copy(self.maker)
        version, types = self.api_version, versions.event_types
        return world.copy(self.clock, ids, self.readings, version, types, platform, self.search_lag)

    def dispatch(self, outer: Dispatch | None = None) -> Dispatch:
        """Begin with no account, or with copies of those of `outer`."""
        if outer is None:
            return Dispatch(self.api_version, _rules, self.open, self.ignored)
        return outer.copy(self.api_version, self.open, self.copy, self.ignored)


def beginning_below(outer: Settings, now: int, inner: Settings) -> int:
    """Tell when a copy of a wider world begins, whose time is `now`: then, or later if it says so.

    BadSettingError for an earlier one, and for another seed.
    """
    if inner.seed != outer.seed:
        message = f"{inner.name}: seed={inner.seed!r} contradicts its wider world {outer.name}, whose "
        message += f"seed is {outer.seed!r}. Ids of objects that are there can't change: leave it out"
        raise BadSettingError(message)
    if inner.now in (outer.now, SYSTEM):  # which is the test's own as well: nobody chose another
        return now
    if inner.now < now:
        message = (
            f"{inner.name}: now={inner.now} ({iso_text(inner.now)}) lies before the time of its wider "
        )
        message += (
            f"world {outer.name}, which is {now} ({iso_text(now)}). Time only moves on: leave it out, "
        )
        message += "or give a later one"
        raise BadSettingError(message)
    return inner.now


def system_time() -> int:
    """Give the machine's time, or what freezegun or time-machine made of it, in seconds since 1970."""
    return max(int(time.time()), 0)


@cache
def _rules(api_version: str) -> VersionRules:
    """Take what a request needs from an API version's contract."""
    shapes = contract(api_version)
    return VersionRules(api_version, shapes.rule, shapes.expandables)


def _takes(api_version: str, object_type: str, key: str, value: object) -> bool:
    return contract(api_version).takes(object_type, key, value)
