"""Charges: made when an intent is paid, read and listed (docs/stripe.md 1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from pytest_stripe_balance.engine.money import releases, shares
from pytest_stripe_balance.engine.money.balance_transactions import book
from pytest_stripe_balance.engine.state import parents
from pytest_stripe_balance.engine.state.determinism import DAY
from pytest_stripe_balance.engine.state.records.money import Charge
from pytest_stripe_balance.engine.state.records.payments import PaymentIntent, PaymentMethod
from pytest_stripe_balance.engine.state.table import ListParams
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.table import Page


MXN_FEE, MXN_FEE_TAX = 700, 112  # 7 MXN, and 16 % of that
HELD = 7 * DAY  # how long a card holds an amount [doc]
US_CARD_RATE, US_CARD_FIXED = 29, 30  # 2.9 %, and 30 cents


def retrieve(world: World, charge_id: str) -> Charge:
    """Find a charge; 404 with param `id` [obs]."""
    return world.charges.find(charge_id, "id")


def list_(
    world: World,
    *,
    customer: str | None = None,
    payment_intent: str | None = None,
    transfer_group: str | None = None,
    **params: Unpack[ListParams],
) -> Page[Charge]:
    """List charges, newest first. The parameters limit them to those of one object or group."""
    parents.check(world, customer=customer, payment_intent=payment_intent)
    return world.charges.page(
        customer=customer, payment_intent=payment_intent, transfer_group=transfer_group, **params
    )


def fees(world: World, currency: str) -> tuple[Hash, ...]:
    """Give Stripe's fees for a bank transfer: none by default.

    With charge-fee=stripe-fee they are 7 MXN plus 16 % VAT, 8.12 in all, as seen for a payment of 470
    MXN (leontelecombot/leontelecom-server, September 2026). Other currencies are refused, because
    nobody has seen a fee in them.
    """
    if world.readings.reading("charge-fee") == "none":
        return ()
    if currency != "mxn":
        raise Refused(
            f"charge-fee=stripe-fee: Stripe's fee for a bank transfer in {currency} is unknown, only "
            "that in mxn is known. Choose the reading none for this test"
        )
    return (
        _fee("stripe_fee", "Stripe processing fees", MXN_FEE, currency),
        _fee("tax", "VAT", MXN_FEE_TAX, currency),
    )


def card_fees(world: World, amount: int, currency: str) -> tuple[Hash, ...]:
    """Give Stripe's fees for an amount paid by card: none by default.

    With card-fee=us-standard they are 2.9 % plus 30 cents, the public price of a US account for its own
    country's cards. Other currencies than usd are refused, because the conversion has a fee too.
    """
    if world.readings.rely_on("card-fee") == "none":
        return ()
    if currency != "usd":
        raise Refused(
            f"card-fee=us-standard: Stripe's fee for a card in {currency} is unknown, only that "
            "in usd is known. Choose the reading none for this test"
        )
    fee = (amount * US_CARD_RATE + 500) // 1000 + US_CARD_FIXED
    return (_fee("stripe_fee", "Stripe processing fees", fee, "usd"),)


def _fee(kind: str, description: str, amount: int, currency: str) -> Hash:
    return {
        "amount": amount,
        "application": None,
        "currency": currency,
        "description": description,
        "type": kind,
    }


def make(world: World, intent: PaymentIntent, method: PaymentMethod) -> Charge:
    """Make the charge of an intent that is paid in full, and book it for the merchant; no event.

    Its transfer and its fee are made with it (`shares.share`).
    """
    by_card = method.card is not None
    prefix = "ch" if by_card else world.readings.rely_on("charge-id-prefix")
    charge_id = world.ids.mint(f"{prefix}_", 24)
    if not by_card:
        world.readings.rely_on("charge-shape")
    is_shared = intent.transfer_data is not None or intent.application_fee_amount is not None
    details = (
        card_fees(world, intent.amount, intent.currency) if by_card else fees(world, intent.currency)
    )
    booked = book(
        world,
        intent.amount,
        intent.currency,
        "charge" if by_card else "payment",
        source=charge_id,
        description=intent.description,
        fee_details=(*details, *shares.direct_fee(world, intent)) if is_shared else details,
    )
    charge = world.charges.put(_charge(world, charge_id, intent, method, booked.id))
    if not is_shared:
        return charge
    return shares.share(world, intent, charge, "card" if by_card else "bank_account")


def authorize(world: World, intent: PaymentIntent, method: PaymentMethod) -> Charge:
    """Make the charge of a card that holds an intent's amount; nothing is booked, no event."""
    charge = _charge(world, world.ids.mint("ch_", 24), intent, method, None)
    return world.charges.put(charge._replace(captured=False, capture_before=world.clock.now + HELD))


def capture(world: World, charge: Charge, amount: int) -> Charge:
    """Take an amount of what a card holds, and book it for the merchant; no event.

    Where the rest is going to be a refund, all is booked [doc].
    """
    is_part, rest_is_refund = amount != charge.amount, releases.makes_refund(world)
    booked_amount = charge.amount if rest_is_refund else amount
    details = card_fees(world, booked_amount, charge.currency)
    if is_part and rest_is_refund and details:
        raise Refused(
            "card-fee=us-standard: a part that is captured before 2025-03-31.basil isn't modelled, "
            "because a part of the fee comes back. Choose the reading none for this test"
        )
    booked = book(
        world,
        booked_amount,
        charge.currency,
        "charge",
        source=charge.id,
        description=charge.description,
        fee_details=details,
    )
    captured = charge._replace(
        captured=True,
        balance_transaction=booked.id,
        captured_part=amount if is_part else None,
        released=charge.amount - booked_amount,
    )
    return world.charges.put(captured)


def make_declined(world: World, intent: PaymentIntent, method: PaymentMethod, decline: Hash) -> Charge:
    """Make the failed charge of a declined card, which moves no money; no event."""
    charge = _charge(world, world.ids.mint("ch_", 24), intent, method, None)
    return world.charges.put(charge._replace(decline=decline))


def _charge(
    world: World,
    charge_id: str,
    intent: PaymentIntent,
    method: PaymentMethod,
    balance_transaction: str | None,
) -> Charge:
    return Charge(
        id=charge_id,
        created=world.clock.now,
        amount=intent.amount,
        currency=intent.currency,
        customer=intent.customer,
        payment_intent=intent.id,
        payment_method=method.id,
        balance_transaction=balance_transaction,
        billing_details=method.billing_details,
        description=intent.description,
        metadata=intent.metadata,
        receipt_email=intent.receipt_email,
        shipping=intent.shipping,
        statement_descriptor=intent.statement_descriptor,
        statement_descriptor_suffix=intent.statement_descriptor_suffix,
        transfer_group=intent.transfer_group,
        application_fee_amount=intent.application_fee_amount,
        on_behalf_of=intent.on_behalf_of,
        transfer_data=intent.transfer_data,
        card=method.card,
    )
