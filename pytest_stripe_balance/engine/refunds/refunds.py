"""Refunds: of a payment to the customer's bank, or of the cash balance (docs/stripe.md 1.8, 3.7, 5.6).

Payments by swift can't be refunded to the bank automatically [doc]; test fundings never come by swift.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

from pytest_stripe_balance.engine.money import shares
from pytest_stripe_balance.engine.refunds import refund_steps
from pytest_stripe_balance.engine.state import amounts, determinism, faults, fields, parents
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.table import ListParams
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.customers import Customer
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.records.money import Charge, Refund
    from pytest_stripe_balance.engine.state.table import Page
    from pytest_stripe_balance.engine.state.world import World

WINDOW_DAYS = 180
NO_EMAIL = (
    "Missing email. In order to create refunds that are sent to the customer, the customer must have a "
    "valid email."
)


class RefundParams(TypedDict, total=False):
    """Parameters of every refund."""

    instructions_email: str
    metadata: dict[str, str] | None
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"]


class UpdateParams(TypedDict, total=False):
    """Parameters of update."""

    metadata: dict[str, str] | None


def create(
    world: World,
    *,
    amount: int | None = None,
    charge: str | None = None,
    currency: str | None = None,
    customer: str | None = None,
    origin: Literal["customer_balance"] | None = None,
    payment_intent: str | None = None,
    refund_application_fee: bool = False,
    reverse_transfer: bool = False,
    **params: Unpack[RefundParams],
) -> Refund:
    """Refund a payment to the customer's bank or card, or with `origin` cash from a cash balance.

    `amount` (minor units) defaults to the unrefunded rest of the charge. A card has its money at once.
    Otherwise an e-mail asks the customer for bank details: `requires_action`. Events:
    `refund_steps.to_bank`, `refund_steps.to_card`, `refund_steps.from_cash_balance`.
    `reverse_transfer` and `refund_application_fee` take back the refund's share of both. Faults in this
    order: objects, amount, 180 days, no e-mail. Source: docs/stripe.md 3.7 [doc], 3.10, 5.6 [obs].
    """
    if origin is not None:
        if reverse_transfer or refund_application_fee:
            raise Refused(
                "a refund with origin has no charge, so it has no transfer and no fee: leave out "
                "reverse_transfer and refund_application_fee"
            )
        if charge is not None or payment_intent is not None:
            raise Refused("a refund with origin and with a charge or payment_intent is not modelled")
        return _of_cash_balance(world, customer, amount, currency, params)
    if customer is not None or currency is not None:
        raise Refused(
            "a refund with a customer or currency, but without origin, is not modelled: "
            "origin='customer_balance' refunds their cash, a payment_intent or charge alone a payment"
        )
    paid = refundable(world, charge, payment_intent)
    amount = checked_amount(world, paid, amount)
    if reverse_transfer or refund_application_fee:
        shares.check_refund(
            paid, reverse_transfer=reverse_transfer, refund_application_fee=refund_application_fee
        )
    if paid.card is not None:
        return refund_steps.to_card(
            world,
            paid,
            amount,
            _details(params),
            reverses=reverse_transfer,
            gives_fee_back=refund_application_fee,
        )
    email = _email(world, world.customers.get(paid.customer or ""), params)
    return refund_steps.to_bank(
        world,
        paid,
        amount,
        email,
        _details(params),
        reverses=reverse_transfer,
        gives_fee_back=refund_application_fee,
    )


def retrieve(world: World, refund_id: str) -> Refund:
    """Find a refund; 404 with param `refund` [obs]."""
    return world.refunds.find(refund_id, "refund")


def list_(
    world: World,
    *,
    charge: str | None = None,
    payment_intent: str | None = None,
    **params: Unpack[ListParams],
) -> Page[Refund]:
    """List refunds, newest first, perhaps only those of one `charge` or `payment_intent`."""
    parents.check(world, "refund-unknown", charge=charge, payment_intent=payment_intent)
    return world.refunds.page(charge=charge, payment_intent=payment_intent, **params)


def update(world: World, refund_id: str, **params: Unpack[UpdateParams]) -> Refund:
    """Change a refund's metadata; event `refund.updated` when any changed."""
    refund = retrieve(world, refund_id)
    if "metadata" not in params:
        return refund
    merged = fields.merged_metadata(refund.metadata, params["metadata"])
    if merged == refund.metadata:
        return refund
    return refund_steps.changed(world, refund, metadata=merged)


def cancel(world: World, refund_id: str) -> Refund:
    """Cancel a refund that waits for bank details, and undo it (docs/stripe.md 3.7 [doc])."""
    refund = retrieve(world, refund_id)
    if refund.status != "requires_action":
        raise Fault("Canceling this refund is unsupported.")
    return refund_steps.cancel(world, refund)


def expire(world: World, refund_id: str) -> Refund:
    """Let a refund that waits for bank details fail, as the test helper does (docs/stripe.md 3.7 [doc]).

    In another status it is 400 without code and param (gburgyan/aat-stripe plans/refunds).
    """
    refund = retrieve(world, refund_id)
    if refund.status != "requires_action":
        message = f"This refund has a status of {refund.status}. Only requires_action can expire."
        raise Fault(message, assumption="refund-expire-state")
    return refund_steps.fail(world, refund)


def fall_due(world: World, refund: Refund) -> None:
    """Let a refund fail that has waited for bank details long enough."""
    expire(world, refund.id)


def to_cash_balance(world: World, intent_id: str, amount: int | None = None) -> Refund:
    """Refund an intent to the cash balance; ValueError if that isn't possible. The API has no such call.

    `amount` (minor units) defaults to the unrefunded rest. Events: `refund_steps.to_cash_balance`.
    """
    if amount is not None and amount < 1:
        message = f"amount is {amount}, and has to be above 0"
        raise ValueError(message)
    try:
        charge = refundable(world, None, intent_id)
        if charge.card is not None:
            message = (
                f"{intent_id} was paid by card: only a bank transfer is refunded to the cash balance"
            )
            raise ValueError(message)
        amount = checked_amount(world, charge, amount)
        world.customer(charge.customer or "", in_path=False)
    except Fault as fault:
        raise ValueError(fault.message) from None
    return refund_steps.to_cash_balance(world, charge, amount)


def refundable(world: World, charge_id: str | None, intent_id: str | None) -> Charge:
    """Find the charge to refund by its own id, its intent's, or both; a fault if there is none.

    An unknown charge is 404 with param `id`, although it is in the body [obs Kiln-AI/stripe_world].
    """
    if charge_id is None and intent_id is None:
        raise Fault(
            "One of the following params should be provided for this request: payment_intent or charge."
        )
    if charge_id is not None:
        charge = world.charges.find(charge_id, "id")
        if charge.source_transfer is not None:
            raise Refused(
                f"refunding {charge_id}, which came by the transfer {charge.source_transfer}, is not "
                "modelled: let the platform reverse the transfer"
            )
        if intent_id not in (None, charge.payment_intent):
            raise Refused(f"a refund of {charge_id} and of {intent_id}, which isn't its intent")
        _refuse_uncaptured(charge)
        if charge.decline is not None:
            raise Refused(f"a refund of {charge_id}, which failed: it took no money that could go back")
        return charge
    assert intent_id is not None, "unreachable because one of them is set"
    intent = world.payment_intents.find(
        intent_id, "payment_intent", in_path=False, assumption="refund-unknown"
    )
    paid = world.charges.get(intent.latest_charge or "")
    if paid is None or paid.decline is not None:
        raise Fault(f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.")
    _refuse_uncaptured(paid)
    return paid


def _refuse_uncaptured(charge: Charge) -> None:
    """Refuse a charge that took no money yet, in words of 2019 (woocommerce-gateway-stripe #1081)."""
    if charge.captured:
        return
    if charge.released:
        raise Refused(
            f"a refund of {charge.id} is not modelled: its intent was canceled, and took no money"
        )
    if charge.left:
        message = (
            f"This uncaptured Charge was created by a PaymentIntent ({charge.payment_intent}). You must "
            "cancel the PaymentIntent to reverse the authorization instead of refunding the Charge "
            "directly. For more information, see https://stripe.com/docs/payments/payment-intents/"
            "creating-payment-intents#separate-auth-capture"
        )
        raise Fault(message, assumption="uncaptured-refund")


def checked_amount(world: World, charge: Charge, amount: int | None) -> int:
    """Give the amount to refund; a fault if too little is left, or it is too late [obs, doc]."""
    left = charge.left
    if charge.captured_part is not None:
        world.readings.rely_on("release-as-refund")
    if left == 0:
        raise Fault(f"Charge {charge.id} has already been refunded.", code="charge_already_refunded")
    wanted = left if amount is None else amount
    for what, most in (("charge amount", charge.amount), ("unrefunded amount on charge", left)):
        if wanted > most:
            shown = amounts.written(wanted, charge.currency), amounts.written(most, charge.currency)
            message = f"Refund amount ({shown[0]}) is greater than {what} ({shown[1]})"
            raise Fault(message, param="amount")
    window = WINDOW_DAYS * determinism.DAY
    if charge.card is None and world.clock.now > charge.created + window:
        message = f"Charge {charge.id} was made more than {WINDOW_DAYS} days ago: it can't be refunded."
        raise Fault(message, assumption="refund-window")
    return wanted


def _of_cash_balance(
    world: World,
    customer_id: str | None,
    amount: int | None,
    currency: str | None,
    params: RefundParams,
) -> Refund:
    world.readings.rely_on("origin-refund")
    if customer_id is None:
        raise faults.missing_parameter("customer")
    if amount is None:
        raise faults.missing_parameter("amount")
    if currency is None:
        raise faults.missing_parameter("currency")
    customer, currency = world.customer(customer_id, in_path=False), amounts.lowered(world, currency)
    balance = world.ledger.balance(customer.id, currency)
    if amount > balance:
        message = (
            f"Refund amount ({amounts.written(amount, currency)}) is greater than the customer's cash "
            f"balance ({amounts.written(balance, currency)})"
        )
        raise Fault(message, param="amount", assumption="origin-above-balance")
    email = _email(world, customer, params)
    return refund_steps.from_cash_balance(world, customer, amount, currency, email, _details(params))


def _email(world: World, customer: Customer | None, params: RefundParams) -> str:
    """Give the address to ask for bank details; a fault if there is none [obs]."""
    email = params.get("instructions_email")
    if not email and customer and customer.deleted:
        world.readings.rely_on("refund-of-deleted-customer")
    elif not email and customer:
        email = customer.email
    if not email:
        raise Fault(NO_EMAIL)
    return email


def _details(params: RefundParams) -> Hash:
    """Give the fields that only describe a refund."""
    return {
        "metadata": fields.merged_metadata({}, params.get("metadata")),
        "reason": params.get("reason"),
    }
