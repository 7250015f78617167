"""The statuses in which each field of an intent may be updated.

Source: docs/stripe.md 5.5 [obs].
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_stripe_balance.engine.state import faults

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
    from pytest_stripe_balance.engine.state.world import World

BEFORE_PAYMENT = ("requires_payment_method", "requires_confirmation", "requires_action")
OF_A_RECEIPT = (*BEFORE_PAYMENT, "requires_capture", "succeeded")
# Stripe's own lists, in its order. payment_method_data counts as payment_method.
ON_RECORD: Mapping[str, tuple[str, ...]] = {
    "amount": BEFORE_PAYMENT,
    "payment_method": BEFORE_PAYMENT,
    "payment_method_data": BEFORE_PAYMENT,
    "receipt_email": OF_A_RECEIPT,
}
# Accepted for a succeeded intent [obs]; unknown for a canceled one.
FREE = ("description", "metadata")
UNKNOWN = (
    "allowed_payment_method_types",
    "application_fee_amount",
    "capture_method",
    "customer",
    "hooks",
    "payment_details",
    "payment_method_types",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
)


# What a confirm alone reads.
OF_A_CONFIRM = ("setup_future_usage",)


def check(world: World, intent: PaymentIntent, names: Container[str]) -> None:
    """Refuse to change fields that the intent's status forbids; `names` has the fields' names.

    400 `payment_intent_unexpected_state` with the field as param and the intent embedded. Before the
    payment nothing is refused, and no assumption is needed.
    """
    if intent.status in BEFORE_PAYMENT:
        return
    for name in (*ON_RECORD, *FREE, *UNKNOWN, *OF_A_CONFIRM):
        if name in names and intent.status not in (statuses := _statuses(world, intent, name)):
            raise _not_updatable(world, intent, name.removesuffix("_data"), statuses)


def _statuses(world: World, intent: PaymentIntent, name: str) -> tuple[str, ...]:
    """Give the statuses in which a field may be changed; the intent's own stands for all."""
    if name in ON_RECORD:
        return ON_RECORD[name]
    if name in FREE and intent.status in OF_A_RECEIPT:
        return OF_A_RECEIPT
    reading = world.readings.rely_on("update-by-status")
    if reading == "any" or (name in FREE and reading != "as-amount"):
        return (intent.status,)
    as_amount = name in OF_A_CONFIRM or (name in UNKNOWN and reading == "as-amount")
    return BEFORE_PAYMENT if as_amount else OF_A_RECEIPT


def _not_updatable(
    world: World, intent: PaymentIntent, name: str, statuses: tuple[str, ...]
) -> faults.Fault:
    if name != "amount":
        world.readings.rely_on("update-by-status")
    message = (
        f"This PaymentIntent's {name} could not be updated because it has a status of "
        f"{intent.status}. You may only update the {name} of a PaymentIntent with one of the "
        f"following statuses: {', '.join(statuses)}."
    )
    return faults.unexpected_state(message, intent, name)
