"""Renders transfers, application fees, and what undoes them (docs/stripe.md 1.20, 1.21)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pytest_stripe_balance.api.rendering.inner_lists import Json, newest
from pytest_stripe_balance.engine.money import application_fees

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.connect import (
        ApplicationFee,
        FeeRefund,
        Transfer,
        TransferReversal,
    )
    from pytest_stripe_balance.engine.state.world import World


def transfer(world: World, transfer: Transfer) -> Json:
    """Render a transfer, with its reversals (antiwork/gumroad, 445 of 445 [obs])."""
    found = [*world.transfer_reversals.where(transfer=transfer.id)]
    return {
        "id": transfer.id,
        "object": "transfer",
        "amount": transfer.amount,
        "amount_reversed": transfer.amount_reversed,
        "balance_transaction": transfer.balance_transaction,
        "created": transfer.created,
        "currency": transfer.currency,
        "description": transfer.description,
        "destination": transfer.destination,
        "destination_payment": transfer.destination_payment,
        "livemode": False,
        "metadata": transfer.metadata,
        "reversals": newest(
            found, partial(transfer_reversal, world), f"/v1/transfers/{transfer.id}/reversals"
        ),
        "reversed": transfer.reversed,
        "source_transaction": transfer.source_transaction,
        "source_type": transfer.source_type,
        "transfer_group": transfer.transfer_group,
    }


def transfer_reversal(_: World, reversal: TransferReversal) -> Json:
    """Render a reversal (antiwork/gumroad, 194 of 194 [obs])."""
    return {
        "id": reversal.id,
        "object": "transfer_reversal",
        "amount": reversal.amount,
        "balance_transaction": reversal.balance_transaction,
        "created": reversal.created,
        "currency": reversal.currency,
        "destination_payment_refund": reversal.destination_payment_refund,
        "metadata": reversal.metadata,
        "source_refund": reversal.source_refund,
        "transfer": reversal.transfer,
    }


def application_fee(world: World, fee: ApplicationFee) -> Json:
    """Render an application fee, with its refunds (antiwork/gumroad, 106 of 106 [obs]).

    `fee_source` is there since 2024-04-10 [sdk]. The fee is the platform's, whoever asks.
    """
    home = world.platform or world
    found = [*home.fee_refunds.where(fee=fee.id)]
    return {
        "id": fee.id,
        "object": "application_fee",
        "account": fee.account,
        "amount": fee.amount,
        "amount_refunded": fee.amount_refunded,
        "application": application_fees.application_of(home),
        "balance_transaction": fee.balance_transaction,
        "charge": fee.charge,
        "created": fee.created,
        "currency": fee.currency,
        "fee_source": {"charge": fee.charge, "type": "charge"},
        "livemode": False,
        "originating_transaction": fee.originating_transaction,
        "refunded": fee.refunded,
        "refunds": newest(found, partial(fee_refund, home), f"/v1/application_fees/{fee.id}/refunds"),
    }


def fee_refund(_: World, refund: FeeRefund) -> Json:
    """Render a refund of a fee (antiwork/gumroad, 95 of 95 [obs])."""
    return {
        "id": refund.id,
        "object": "fee_refund",
        "amount": refund.amount,
        "balance_transaction": refund.balance_transaction,
        "created": refund.created,
        "currency": refund.currency,
        "fee": refund.fee,
        "metadata": refund.metadata,
    }
