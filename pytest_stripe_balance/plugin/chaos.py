"""The marker `stripe_chaos(seeds=)`: a test runs once for each seed of its deliveries' chaos."""

from __future__ import annotations

import pytest

from pytest_stripe_balance.plugin.settings import CHAOS_SEED

_FORM = "@pytest.mark.stripe_chaos(seeds=20), or a list of whole numbers from 0 on"


def parametrize(metafunc: pytest.Metafunc, mark: pytest.Mark) -> None:
    """Run a test once a seed, with the ids seed0, seed1 and so on; an invalid marker is an error."""
    seeds = _seeds(mark)
    metafunc.fixturenames.append(CHAOS_SEED)
    metafunc.parametrize(CHAOS_SEED, seeds, ids=[f"seed{seed}" for seed in seeds])


def _seeds(mark: pytest.Mark) -> list[int]:
    if mark.args or mark.kwargs.keys() != {"seeds"}:
        raise pytest.Collector.CollectError(f"marker stripe_chaos takes the keyword seeds: {_FORM}")
    given = mark.kwargs["seeds"]
    seeds = [*range(given)] if type(given) is int else given
    if not isinstance(seeds, list | tuple | range):
        raise _bad(given)
    if not seeds or any(type(seed) is not int or seed < 0 for seed in seeds):
        raise _bad(given)
    if len({*seeds}) < len(seeds):
        raise pytest.Collector.CollectError(f"marker stripe_chaos: seeds={given!r} has a seed twice")
    return [*seeds]


def _bad(given: object) -> BaseException:
    return pytest.Collector.CollectError(f"marker stripe_chaos: seeds={given!r} is none: {_FORM}")
