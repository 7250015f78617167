"""Reversals of transfers: they take back what a transfer gave, in both worlds (docs/stripe.md 1.20)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, Unpack

from pytest_stripe_balance.engine import events
from pytest_stripe_balance.engine.money import (
    application_fees,
    balance_transactions,
    charge_refunds,
    transfers,
)
from pytest_stripe_balance.engine.money.application_fees import MetadataParams
from pytest_stripe_balance.engine.state import amounts, fields
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.records.connect import TransferReversal
from pytest_stripe_balance.engine.state.records.money import Refund
from pytest_stripe_balance.engine.state.table import Cursors

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.connect import Transfer
    from pytest_stripe_balance.engine.state.table import Page
    from pytest_stripe_balance.engine.state.world import World


class ReversalParams(TypedDict, total=False):
    """Parameters that only describe a reversal. Its `description` isn't shown."""

    description: str
    metadata: dict[str, str] | None


def create(
    world: World,
    transfer_id: str,
    *,
    amount: int | None = None,
    refund_application_fee: bool = False,
    **params: Unpack[ReversalParams],
) -> TransferReversal:
    """Take money of a transfer back; event `transfer.reversed`.

    `amount` (minor units) defaults to what is left of it. With `refund_application_fee` the fee goes
    back in proportion, with the event of `application_fees.give_share_back`.
    """
    transfer = transfers.retrieve(world, transfer_id)
    wanted = transfer.left if amount is None else amount
    if not wanted or wanted > transfer.left:
        raise _too_much(transfer, wanted)
    charge = world.charges.get(transfer.source_transaction or "")
    fee = world.application_fees.get((charge and charge.application_fee) or "")
    if refund_application_fee and fee is None:
        raise application_fees.none_to_refund(f"Transfer {transfer.id}")
    reversal = reverse(world, transfer, wanted, metadata=params.get("metadata"))
    tell(world, transfer)
    if refund_application_fee and fee is not None:
        application_fees.give_share_back(world, fee, wanted, transfer.amount)
    return reversal


def _too_much(transfer: Transfer, wanted: int) -> Fault:
    if not transfer.left:
        message = f"Transfer {transfer.id} has already been reversed."
    else:
        sums = (amounts.written(one, transfer.currency) for one in (wanted, transfer.left))
        message = "Reversal amount ({}) is greater than unreversed amount on transfer ({})".format(*sums)
    return Fault(message, param="amount", assumption="connect-transfer-refusals")


def reverse(
    world: World,
    transfer: Transfer,
    amount: int,
    *,
    source_refund: str | None = None,
    metadata: dict[str, str] | None = None,
) -> TransferReversal:
    """Take an amount of a transfer back from the account, in both worlds; no event."""
    assert world.connected is not None, "unreachable because a dispatch opens the worlds"
    assert 0 < amount <= transfer.left, f"{amount} is not left of {transfer.id}"
    account = world.join(world.connected(transfer.destination))
    reversal_id, repaid_id = world.ids.mint("trr_", 24), account.ids.mint("pyr_", 24)
    given = balance_transactions.book(
        account,
        -amount,
        transfer.currency,
        "payment_refund",
        source=repaid_id,
        description="REFUND FOR PAYMENT",
    )
    account.refunds.put(
        Refund(
            id=repaid_id,
            created=account.clock.now,
            amount=amount,
            currency=transfer.currency,
            status="succeeded",
            destination_details=None,
            charge=transfer.destination_payment,
            balance_transaction=given.id,
            transfer_reversal=reversal_id,
            source_transfer_reversal=reversal_id,
        )
    )
    payment = account.charges.find(transfer.destination_payment, "charge")
    charge_refunds.count(account, payment, amount)
    world.transfers.put(transfer._replace(amount_reversed=transfer.amount_reversed + amount))
    taken = balance_transactions.book(
        world,
        amount,
        transfer.currency,
        "transfer_refund",
        source=transfer.id,
        description="REFUND FOR TRANSFER",
    )
    return world.transfer_reversals.put(
        TransferReversal(
            id=reversal_id,
            created=world.clock.now,
            amount=amount,
            currency=transfer.currency,
            transfer=transfer.id,
            balance_transaction=taken.id,
            destination_payment_refund=repaid_id,
            source_refund=source_refund,
            metadata=fields.merged_metadata({}, metadata),
        )
    )


def tell(world: World, before: Transfer) -> None:
    """Record `transfer.reversed` with what the transfer was before."""
    world.readings.rely_on("connect-reversal-events")
    after = world.transfers.find(before.id, "transfer")
    previous = events.previous_of(before, after, "amount_reversed", "reversed")
    world.record_event("transfer.reversed", after, previous)


def retrieve(world: World, transfer_id: str, reversal_id: str) -> TransferReversal:
    """Find a reversal of a transfer; 404 with param `id`."""
    transfer = transfers.retrieve(world, transfer_id)
    return world.transfer_reversals.find(
        reversal_id,
        "id",
        assumption="other-missing-objects",
        keep=lambda one: one.transfer == transfer.id,
    )


def list_(world: World, transfer_id: str, **params: Unpack[Cursors]) -> Page[TransferReversal]:
    """List the reversals of a transfer, newest first."""
    transfer = transfers.retrieve(world, transfer_id)
    return world.transfer_reversals.page(transfer=transfer.id, **params)


def update(
    world: World, transfer_id: str, reversal_id: str, **params: Unpack[MetadataParams]
) -> TransferReversal:
    """Change a reversal's metadata. No event: Stripe has none for it [sdk]."""
    reversal = retrieve(world, transfer_id, reversal_id)
    merged = fields.merged_metadata(reversal.metadata, params.get("metadata", {}))
    return world.transfer_reversals.put(reversal._replace(metadata=merged))
