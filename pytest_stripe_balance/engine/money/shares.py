"""What of a charge goes to others: a transfer to its destination, and the platform's fee.

Source: docs/stripe.md 3.10. A destination charge stands in the platform's world, and its transfer gives
the account a payment of its own, which the fee is taken from. A direct charge stands in the account's
world, and the fee is taken from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_stripe_balance.engine.money import application_fees, transfer_reversals, transfers
from pytest_stripe_balance.engine.state.faults import Fault

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.connect import ApplicationFee, Transfer
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.records.money import Charge, Refund
    from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
    from pytest_stripe_balance.engine.state.world import World


def fee_of(intent: PaymentIntent) -> int:
    """Give the fee of an intent, at most its amount [sdk]."""
    return min(intent.application_fee_amount or 0, intent.amount)


def direct_fee(world: World, intent: PaymentIntent) -> tuple[Hash, ...]:
    """Give what the booking of a direct charge says of the platform's fee."""
    fee = fee_of(intent)
    if world.platform is None or not fee:
        return ()
    return (application_fees.detail(world, fee, intent.currency),)


def share(world: World, intent: PaymentIntent, charge: Charge, source_type: str) -> Charge:
    """Make the transfer and the fee of a new charge, and name them on it; no event.

    `source_type` is the kind of money that the transfer takes: "bank_account" or "card".
    """
    world.readings.rely_on("connect-charge")
    if world.platform is not None:
        fee = _direct(world, intent, charge)
        return world.charges.put(charge._replace(application_fee=fee and fee.id))
    if intent.transfer_data is None:
        return charge
    transfer, fee = _destination(world, intent, charge, source_type)
    return world.charges.put(charge._replace(transfer=transfer.id, application_fee=fee and fee.id))


def _direct(world: World, intent: PaymentIntent, charge: Charge) -> ApplicationFee | None:
    assert world.platform is not None, "unreachable because only an account's charge is direct"
    amount = fee_of(intent)
    if not amount:
        return None
    return application_fees.make(
        world.join(world.platform),
        amount,
        charge.currency,
        account=world.account,
        charge=charge.id,
    )


def _destination(
    world: World, intent: PaymentIntent, charge: Charge, source_type: str
) -> tuple[Transfer, ApplicationFee | None]:
    assert intent.transfer_data is not None, "unreachable because its caller has looked"
    assert world.connected is not None, "unreachable because a dispatch opens the worlds"
    destination, fee = intent.transfer_data["destination"], None
    if amount := fee_of(intent):
        account = world.join(world.connected(destination))
        fee = application_fees.make(
            world,
            amount,
            charge.currency,
            account=destination,
            charge=account.ids.mint("py_", 24),
            originating_transaction=charge.id,
        )
    if source_type != "card":
        source_type = world.readings.rely_on("connect-source-type")
    transfer = transfers.make(
        world,
        min(intent.transfer_data.get("amount", charge.amount), charge.amount),
        charge.currency,
        destination,
        source_type=source_type,
        about={"source_transaction": charge.id, "transfer_group": charge.transfer_group},
        fee=fee,
    )
    return transfer, fee


def tell(world: World, charge: Charge) -> None:
    """Record `transfer.created` and `application_fee.created`, as far as a charge has them."""
    if charge.transfer is not None:
        world.record_event("transfer.created", world.transfers.find(charge.transfer, "transfer"))
    if charge.application_fee is not None:
        home = _home(world)
        fee = home.application_fees.find(charge.application_fee, "id")
        home.record_event("application_fee.created", fee)


def _home(world: World) -> World:
    """Give the platform's world, whose fees they are."""
    return world if world.platform is None else world.join(world.platform)


def check_refund(charge: Charge, *, reverse_transfer: bool, refund_application_fee: bool) -> None:
    """Refuse to take back what a charge hasn't given (docs/stripe.md 5.10).

    A fee that it hasn't given is no reason where its transfer comes back [obs antiwork/gumroad].
    """
    if reverse_transfer and charge.transfer is None:
        message = (
            f"Cannot reverse transfer on charge {charge.id} because it does not have an associated "
            "transfer."
        )
        raise Fault(message)
    if not refund_application_fee or (reverse_transfer and charge.application_fee is None):
        return
    if charge.application_fee is None:
        raise application_fees.none_to_refund(f"Charge {charge.id}")
    if charge.transfer is not None and not reverse_transfer:
        message = (
            "Refunding the application fee of a destination charge takes reverse_transfer=true as well."
        )
        raise Fault(message, param="refund_application_fee", assumption="connect-fee-refusals")


def reverse_for(world: World, charge: Charge, refund: Refund) -> Refund:
    """Take back of a charge's transfer what a refund is of the charge; give the refund, which names it.

    Each refund takes its own share, and at most what is left. No event.
    """
    transfer = world.transfers.find(charge.transfer or "", "transfer")
    world.readings.rely_on("connect-refund-shares")
    part = min(application_fees.share_of(transfer.amount, refund.amount, charge.amount), transfer.left)
    if not part:
        return refund
    reversal = transfer_reversals.reverse(world, transfer, part, source_refund=refund.id)
    return refund._replace(transfer_reversal=reversal.id)


def tell_reversed(world: World, refund: Refund) -> None:
    """Record `transfer.reversed`, if a refund has reversed one."""
    if refund.transfer_reversal is not None:
        reversal = world.transfer_reversals.find(refund.transfer_reversal, "id")
        after = world.transfers.find(reversal.transfer, "transfer")
        before = after._replace(amount_reversed=after.amount_reversed - reversal.amount)
        transfer_reversals.tell(world, before)


def give_fee_back(world: World, charge: Charge, refund: Refund) -> None:
    """Give back of a charge's fee what a refund is of the charge; event `application_fee.refunded`."""
    home = _home(world)
    fee = home.application_fees.find(charge.application_fee or "", "id")
    world.readings.rely_on("connect-refund-shares")
    application_fees.give_share_back(home, fee, refund.amount, charge.amount)
