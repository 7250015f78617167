"""The objects that a list is asked for by their ids, as in "the charges of this customer"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_stripe_balance.engine.state.table import Table
    from pytest_stripe_balance.engine.state.world import World


def check(world: World, assumption: str = "list-unknown-customer", **ids: str | None) -> None:
    """Refuse a list of what belongs to an unknown object; the keywords are the list's parameters.

    400 `resource_missing` with the parameter's name as param. An object may be deleted by now.
    """
    tables: Mapping[str, Table[Any]] = {
        "charge": world.charges,
        "customer": world.customers,
        "invoice": world.invoices,
        "payment_intent": world.payment_intents,
    }
    for param, record_id in ids.items():
        if record_id is not None:
            tables[param].find(record_id, param, in_path=False, assumption=assumption)
