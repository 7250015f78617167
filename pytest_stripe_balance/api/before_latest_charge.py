"""Lists inside objects before 2022-11-15: the charges of an intent, and the refunds of a charge.

Each function changes a rendered object in place. `included` are the charges and refunds that may be
shown, oldest first. `show` renders one at the same version.

Source: docs/stripe.md 6.10.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pytest_stripe_balance.api.rendering.inner_lists import Json, newest
from pytest_stripe_balance.engine.state.records.events import Event
from pytest_stripe_balance.engine.state.records.money import Charge, Refund
from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
from pytest_stripe_balance.engine.state.records.record import Record

Included = Sequence[Charge | Refund]
Show = Callable[[Record], Json]


def charges(intent: PaymentIntent, body: Json, included: Included, show: Show) -> None:
    """Add all charges of an intent, newest first, each with its refunds."""
    found = [one for one in included if isinstance(one, Charge) and one.payment_intent == intent.id]
    body["charges"] = newest(found, show, f"/v1/charges?payment_intent={intent.id}")


def refunds(charge: Charge, body: Json, included: Included, show: Show) -> None:
    """Add the refunds of a charge, newest first, which later versions show only if they are expanded."""
    body["refunds"] = newest(_refunds(charge.id, included), show, f"/v1/charges/{charge.id}/refunds")


def previous_refunds(event: Event, body: Json, included: Included, show: Show) -> None:
    """Add the refunds of a charge before the newest one to what its refund changed.

    Of the list only the keys that changed are there (webhookdb/webhookdb, 2022-08-01 [obs]).
    """
    if event.type != "charge.refunded" or not isinstance(event.subject, Charge):
        return
    before = _refunds(event.subject.id, included)[:-1]
    was, now = newest(before, show, ""), body["data"]["object"]["refunds"]
    changed = {key: was[key] for key in ("data", "has_more", "total_count") if was[key] != now[key]}
    body["data"]["previous_attributes"] = {
        **body["data"].get("previous_attributes", {}),
        "refunds": changed,
    }


def _refunds(charge_id: str, included: Included) -> list[Refund]:
    return [one for one in included if isinstance(one, Refund) and one.charge == charge_id]
