"""The `expand` parameter: which paths can be expanded, and the objects put in (FACTS 6.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pytest_stripe_balance.api import render_invoices
from pytest_stripe_balance.engine.faults import Fault
from pytest_stripe_balance.engine.records import Record
from pytest_stripe_balance.engine.world import World
from pytest_stripe_balance.refused import Refused

MAX_DEPTH = 4
# For an object's name: the paths inside it that can be expanded, what can stand there, and whether
# it is left out until it is asked for.
Expandables = Callable[[str], Mapping[str, tuple[tuple[str, ...], bool]]]
MODELLED_INCLUDED = frozenset(
    {("customer", "cash_balance"), ("invoice", "confirmation_secret"), ("invoice", "payments")}
)
# The objects in lists that stand in an object, and can be expanded through.
LISTED = {("invoice", "payments"): "invoice_payment"}
# What Stripe expands, and the fake keeps no object of.
NOT_KEPT = {"invoice": ("lines.",), "invoiceitem": ("pricing.price_details.price",)}
Hop = tuple[str, str]


def check(paths: Iterable[str], returns: str, *, listed: bool, expandables: Expandables) -> None:
    """Refuse a path that can't be expanded, before anything moves; a Fault with Stripe's text.

    Refused out loud is what Stripe would include and the fake doesn't keep.
    """
    for path in paths:
        if path.count(".") > MAX_DEPTH:
            message = f"You cannot expand more than {MAX_DEPTH} levels of a property. Property: {path}"
            raise Fault(message, assumed="expand-depth")
        inner = path.removeprefix("data.") if listed else path
        if inner.startswith(NOT_KEPT.get(returns, ())):
            raise Refused(f"expand[]={path}: the prices of a {returns} are not modelled")
        hops = _hops(inner, returns, expandables)
        for name, field in hops:
            included = expandables(name)[field][1]
            if included and (name, field) not in MODELLED_INCLUDED:
                raise Refused(f"expand[]={path}: {field} of a {name} is not modelled")
        if (listed and inner == path) or not hops:
            fits = listed and inner == path and _hops(path, returns, expandables)
            hint = f" You may want to try expanding 'data.{path}' instead." if fits else ""
            raise Fault(f"This property cannot be expanded ({path}).{hint}")


def _hops(path: str, name: str, expandables: Expandables) -> list[Hop]:
    """Split a path into its hops from object to object; empty when one of them can't be."""
    for field, (targets, _) in expandables(name).items():
        if path == field:
            return [(name, field)]
        if path.startswith(f"{field}."):
            inner, inside = path[len(field) + 1 :], targets
            if (name, field) in LISTED and inner.startswith("data."):
                inner, inside = inner.removeprefix("data."), (LISTED[name, field],)
            for target in inside:
                if rest := _hops(inner, target, expandables):
                    return [(name, field), *rest]
    return []


def put_in(
    world: World,
    body: dict[str, Any],
    paths: Iterable[str],
    returns: str,
    expandables: Expandables,
    render: Callable[[Record], dict[str, Any]],
) -> None:
    """Replace ids in a rendered object by what they name, along each (checked) path."""
    for path in paths:
        _put_in(world, body, _hops(path, returns, expandables), render)


def _put_in(
    world: World,
    body: dict[str, Any],
    hops: list[Hop],
    render: Callable[[Record], dict[str, Any]],
) -> None:
    (name, field), *rest = hops
    *outer, key = field.split(".")
    for part in outer:
        if not isinstance(body.get(part), dict):
            return
        # A rendered hash may belong to a record, which never changes: work on a copy.
        body[part] = dict(body[part])
        body = body[part]
    if body.get("deleted"):
        return
    value = body.get(key)
    if isinstance(value, str):
        body[key] = value = render(_find(world, value))
    elif key not in body and (name, field) in MODELLED_INCLUDED:
        body[key] = value = _included(world, name, field, body["id"], render)
    if rest and isinstance(value, dict):
        for one in value["data"] if (name, field) in LISTED else [value]:
            _put_in(world, one, rest, render)


def _find(world: World, record_id: str) -> Record:
    for table in (
        world.customers,
        world.payment_intents,
        world.payment_methods,
        world.charges,
        world.refunds,
        world.balance_transactions,
        world.invoices,
    ):
        record: Record | None = table.get(record_id)
        if record is not None:
            return record
    if entry := world.ledger.find(record_id):
        return entry
    raise AssertionError(f"unreachable because {record_id} was rendered from a record")


def _included(
    world: World,
    name: str,
    field: str,
    record_id: str,
    render: Callable[[Record], dict[str, Any]],
) -> dict[str, Any] | None:
    """Give what is only shown when asked for."""
    assert (name, field) in MODELLED_INCLUDED, f"unreachable because check refuses {field} of {name}"
    if name == "invoice":
        return render_invoices.included(world, field, record_id)
    return render(world.cash_balance(world.customer(record_id, in_path=False)))
