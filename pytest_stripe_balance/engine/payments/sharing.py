"""The parameters that share an intent's or an invoice's money: fee, transfer, and on whose behalf.

Source: docs/stripe.md 3.10, 5.10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Required, TypedDict

from pytest_stripe_balance.engine.money import transfers
from pytest_stripe_balance.engine.state import faults
from pytest_stripe_balance.engine.state.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
    from pytest_stripe_balance.engine.state.world import World

FEE, DESTINATION, AMOUNT = (
    "application_fee_amount",
    "transfer_data[destination]",
    "transfer_data[amount]",
)
NO_DIRECT_PAYMENT = (
    "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment "
    "(using an OAuth key or Stripe-Account header) or destination payment (using "
    "`transfer_data[destination]`)."
)


class TransferData(TypedDict, total=False):
    """transfer_data of a request that creates. `amount` is in minor units."""

    amount: int
    destination: Required[str]


class TransferDataAmount(TypedDict, total=False):
    """transfer_data of an update, which can't change the destination [sdk]."""

    amount: int


class SharingParams(TypedDict, total=False):
    """The parameters of a request that creates."""

    application_fee_amount: int
    on_behalf_of: str
    transfer_data: TransferData


NAMES = frozenset(SharingParams.__annotations__)


def of_new(world: World, params: Mapping[str, Any], amount: int | None) -> dict[str, Any]:
    """Check the parameters of a new intent or invoice; give its fields for them.

    `amount` is the intent's, and None where it is unknown yet.
    """
    found = {name: params[name] for name in NAMES & params.keys()}
    data = found.get("transfer_data")
    if data is not None:
        transfers.check_destination(world, data["destination"], DESTINATION)
    if "on_behalf_of" in found and not transfers.can_be_account(found["on_behalf_of"]):
        account = found["on_behalf_of"]
        raise faults.missing_object(
            "on_behalf_of", account, "on_behalf_of", in_path=False, assumption="connect-refusals"
        )
    check(world, found.get(FEE), data, amount)
    return found


def check(world: World, fee: int | None, data: Hash | None, amount: int | None) -> None:
    """Refuse a fee and a transfer that don't fit each other, or the amount."""
    share = None if data is None else data.get("amount")
    if fee is not None and data is None and world.platform is None:
        raise Fault(
            NO_DIRECT_PAYMENT, code="parameter_missing", param=FEE, assumption="connect-refusals"
        )
    if fee is not None and share is not None:
        raise faults.one_of(FEE, AMOUNT, assumption="connect-refusals")
    for name, value, least in ((FEE, fee, 0), (AMOUNT, share, 1)):
        if value is not None and value < least:
            raise Fault(
                f"Invalid {name}: must be greater than or equal to {least}.",
                code="parameter_invalid_integer",
                param=name,
                assumption="connect-refusals",
            )
        above = value is not None and amount is not None and value > amount
        if above and world.readings.rely_on("connect-above-amount") == "refused":
            raise Fault(f"{name} is above the amount of the payment, which is {amount}.", param=name)


def changed(
    world: World, intent: PaymentIntent, params: Mapping[str, Any], amount: int
) -> PaymentIntent:
    """Change an intent's fee and the amount of its transfer; `amount` is its new amount.

    Once it is paid that is too late, in words that others met (woocommerce/woocommerce-gateway-stripe
    #2503).
    """
    for name, shown in ((FEE, FEE), ("transfer_data", AMOUNT)):
        if name in params and intent.status == "succeeded":
            message = (
                f"The parameter {shown} cannot be updated on a PaymentIntent after a capture has "
                "already been made."
            )
            raise Fault(message, param=shown, assumption="connect-refusals")
    changes = {name: params[name] for name in (FEE,) if name in params}
    if "transfer_data" in params:
        if intent.transfer_data is None:
            message = "transfer_data[amount] can only be changed on a PaymentIntent with a destination."
            raise Fault(message, param="transfer_data", assumption="connect-refusals")
        changes["transfer_data"] = {**intent.transfer_data, **params["transfer_data"]}
    after = intent._replace(**changes) if changes else intent
    if changes or amount != intent.amount:
        check(world, after.application_fee_amount, after.transfer_data, amount)
    return after


def without_bank_transfer(world: World, fields: dict[str, Any]) -> dict[str, Any]:
    """Leave bank transfers out of a new intent's types, as `on_behalf_of` has it [doc].

    Where the types were chosen one by one, that is a fault.
    """
    types = fields["payment_method_types"]
    if "customer_balance" not in types:
        return fields
    is_filtered = fields.get("automatic_payment_methods") or fields.get("allowed_payment_method_types")
    rest = tuple(kind for kind in types if kind != "customer_balance")
    if not is_filtered or not rest:
        refuse_behalf(world)
    world.readings.rely_on("connect-on-behalf-of")
    options = {kind: fields["payment_method_options"][kind] for kind in rest}
    return {**fields, "payment_method_types": rest, "payment_method_options": options}


def refuse_behalf(world: World) -> None:
    """Refuse `on_behalf_of` with bank transfers, in our words."""
    world.readings.rely_on("connect-on-behalf-of")
    message = "on_behalf_of can't be used with the payment method type customer_balance."
    raise Fault(message, param="on_behalf_of")
