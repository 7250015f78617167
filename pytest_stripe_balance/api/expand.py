"""The `expand` parameter: checks its paths, and puts objects in place of ids (docs/stripe.md 6.5).

A path gets a 400 only if Stripe's types have nothing to expand there. If the fake lacks the object, the
request is Refused instead, but only when there is an id to expand: null stays null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from pytest_stripe_balance.api.rendering import catalog, charges, checkout, customers, invoices
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.records.record import Record
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.refused import Refused

Json = dict[str, Any]
MAX_LEVELS = 4
# For an object's name: its expandable paths, the objects that can be there, and whether the path is
# left out unless it is expanded.
Expandables = Callable[[str], Mapping[str, tuple[tuple[str, ...], bool]]]
Render = Callable[[Record], Json]


def check(paths: Iterable[str], returns: str, *, listed: bool, expandables: Expandables) -> None:
    """Raise Stripe's fault for a path that can't be expanded, before the verb runs.

    It names the first part of the path that doesn't fit.
    """
    for path in paths:
        _check_levels(path)
        start, dot, inner = path.partition(".") if listed else ("data", ".", path)
        if start != "data":
            hint = f" You may want to try expanding 'data.{path}' instead."
            hint = hint if _fits(path, returns, expandables) else ""
            raise Fault(f"This property cannot be expanded ({path}).{hint}")
        if dot and not _fits(inner, returns, expandables):
            odd = path.removesuffix(inner) + _odd(inner, returns, expandables)
            raise Fault(f"This property cannot be expanded ({odd}).")


def _check_levels(path: str) -> None:
    """Refuse more than four levels; a list's `data` is one of them.

    The depth is documented. Code and text are quoted alike in public reports of errors for
    "data.items.data.price.product" on a list of subscriptions.
    """
    if path.count(".") >= MAX_LEVELS:
        message = f"You cannot expand more than {MAX_LEVELS} levels of a property. Property: {path}"
        raise Fault(message, code="property_expansion_max_depth")


def _odd(path: str, returns: str, expandables: Expandables) -> str:
    """Cut a path after its first part that doesn't fit, as Stripe's text does.

    For "payment_intent.b.c" on an invoice it named "payment_intent.b" (a public integration test of
    stripe-java's, 2023).
    """
    parts = path.split(".")
    starts = (".".join(parts[:count]) for count in range(1, len(parts) + 1))
    return next(start for start in starts if not _fits(start, returns, expandables))


@lru_cache(maxsize=4096)
def _fits(path: str, name: str, expandables: Expandables) -> Literal["whole", "part"] | None:
    """Tell whether an object is expandable at a path, or only at a longer path ("part")."""
    part: Literal["part"] | None = None
    for field, (targets, _) in expandables(name).items():
        if field == path:
            return "whole"
        if field.startswith(f"{path}."):
            part = "part"
        if path.startswith(f"{field}."):
            inner = path.removeprefix(f"{field}.")
            found = {_fits(inner, target, expandables) for target in targets}
            if "whole" in found:
                return "whole"
            part = "part" if "part" in found else part
    return part


@dataclass(frozen=True, slots=True)
class Expansion:
    """Replaces the ids at one checked path of rendered objects by the objects themselves."""

    world: World
    path: str
    expandables: Expandables
    render: Render

    def put_in(self, body: Json, returns: str, *, listed: bool) -> None:
        """Expand in an answer's object, or in one of its `listed` objects.

        Raises Refused if the fake has no object for an id, or for a key that is shown on request.
        """
        self._inside(body, returns, "", self.path.split(".")[listed:])

    def _inside(self, holder: Json, name: str, before: str, parts: list[str]) -> None:
        """Expand in a hash of an object `name`; `before` is the hash's path in the object."""
        if not parts:  # the page itself
            return
        key, *rest = parts
        here = f"{before}.{key}" if before else key
        if holder.get("deleted"):
            return
        _, only_then = self.expandables(name).get(here, ((), False))
        if key not in holder and only_then:
            holder[key] = self._included(name, here, holder)
        if key in holder:
            holder[key] = self._opened(holder[key], name, here, rest)

    def _opened(self, value: Any, name: str, here: str, rest: list[str]) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(value, list):
            return [self._opened(item, name, here, rest) for item in value]
        if isinstance(value, str):
            value = self._found(value, name, here)
        if not isinstance(value, dict):
            return value
        if not rest:
            return self._whole(value, name, here)
        value = dict(value)  # a rendered hash may belong to a record, which must not change
        kind = value.get("object", "list")
        name, here = (name, here) if kind == "list" else (kind, "")
        self._inside(value, name, here, rest)
        return value

    def _whole(self, value: Json, name: str, here: str) -> Json:
        """Give the object or list at the end of a path. Stripe's answer for another hash is unknown."""
        if here in self.expandables(name):
            return value
        raise self._refused(
            f"{here} of a {name} is a hash, which is not modelled; expand a key inside it"
        )

    def _found(self, record_id: str, name: str, here: str) -> Json:
        kinds, _ = self.expandables(name).get(here, ((), False))
        record = (
            self.world.record(record_id) if kinds else None
        )  # another type of object at this place has no such path
        if record is None:
            why = f"no {' or '.join(kinds) or 'object that the fake has'} of this account"
            way_out = (
                "an account is not modelled"
                if record_id.startswith("acct_")
                else "retrieve it with stripe_account=, if it is another account's"
            )
            raise self._refused(f"{here} of a {name} is {record_id!r}, {why}: {way_out}")
        return self.render(record)

    def _included(self, name: str, here: str, holder: Json) -> Json | None:
        """Give the value of a key that is shown only on request."""
        include = _INCLUDED.get((name, here))
        if include is None:
            raise self._refused(f"{here} of a {name} is not modelled")
        try:
            return include(self.world, holder["id"], self.render)
        except Refused as refusal:
            raise self._refused(refusal.message) from None

    def _refused(self, message: str) -> Refused:
        return Refused(f"expand[]={self.path}: {message}")


def _cash_balance(world: World, customer: str, render: Render) -> Json:
    return render(world.cash_balance(world.customer(customer, in_path=False)))


_INCLUDED: Mapping[tuple[str, str], Callable[[World, str, Render], Json | None]] = {
    ("checkout.session", "line_items"): checkout.line_items,
    ("charge", "refunds"): charges.refunds,
    ("customer", "cash_balance"): _cash_balance,
    ("customer", "sources"): customers.nothing_of("sources"),
    ("customer", "subscriptions"): customers.nothing_of("subscriptions"),
    ("customer", "tax"): customers.tax,
    ("customer", "tax_ids"): customers.nothing_of("tax_ids"),
    ("invoice", "confirmation_secret"): invoices.confirmation_secret,
    ("invoice", "payments"): invoices.payments,
    ("price", "currency_options"): catalog.currency_options,
}
