"""Transfers of the platform's money to connected accounts, and their reversals (docs/stripe.md 1.20).

An account that a transfer names gets a payment in its own world: a charge with a `source_transfer`, and
its booking. A reversal takes from both worlds alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from pytest_stripe_balance.engine import events
from pytest_stripe_balance.engine.money import application_fees, balance_transactions
from pytest_stripe_balance.engine.money.application_fees import MetadataParams
from pytest_stripe_balance.engine.money.payment_methods import NO_BILLING_DETAILS
from pytest_stripe_balance.engine.state import amounts, faults, fields
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.records.connect import Transfer, TransferReversal
from pytest_stripe_balance.engine.state.records.hashes import NOTHING
from pytest_stripe_balance.engine.state.records.money import Charge, Refund
from pytest_stripe_balance.engine.state.table import Cursors, ListParams
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.connect import ApplicationFee
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.table import Page
    from pytest_stripe_balance.engine.state.world import World

SourceType = Literal["bank_account", "card", "fpx"]
# Quoted in many public reports.
TOO_LITTLE = (
    "You have insufficient available funds in your Stripe account. Try adding funds directly to your "
    "available balance by creating Charges using the 4000000000000077 test card. See: "
    "https://stripe.com/docs/testing#available-balance"
)


class DescribedParams(TypedDict, total=False):
    """Parameters that only describe a transfer."""

    description: str | None
    metadata: dict[str, str] | None


class ReversalParams(TypedDict, total=False):
    """Parameters that only describe a reversal. Its `description` isn't shown."""

    description: str
    metadata: dict[str, str] | None


def can_be_account(account: str) -> bool:
    """Tell whether an id may be a connected account's. The fake takes each that has the form."""
    return account.startswith("acct_") and account[5:].isalnum()


def check_destination(world: World, account: str, param: str) -> None:
    """Refuse an account that can't be one: 400 `resource_missing` [obs antiwork/gumroad]."""
    if world.platform is not None:
        raise Refused(
            f"{param} together with the header Stripe-Account is not modelled: only the platform "
            "transfers money"
        )
    if not can_be_account(account):
        raise faults.missing_object("destination", account, param, in_path=False)


def create(
    world: World,
    *,
    currency: str,
    destination: str,
    amount: int | None = None,
    source_transaction: str | None = None,
    source_type: SourceType = "card",
    transfer_group: str | None = None,
    **params: Unpack[DescribedParams],
) -> Transfer:
    """Transfer the platform's money to a connected account; event `transfer.created`.

    `amount` is in minor units. Without `source_transaction` the platform's balance must have it.
    """
    currency = amounts.lowered(world, currency)
    check_destination(world, destination, "destination")
    charge = None
    if source_transaction is not None:
        charge = world.charges.find(source_transaction, "source_transaction", in_path=False)
    if amount is None:
        if charge is not None:
            raise Refused("a transfer with a source_transaction and without an amount is not modelled")
        raise faults.missing_parameter("amount")
    if charge is None:
        _check_balance(world, amount, currency)
    else:
        _check_source(world, charge, amount, currency)
        source_type = world.readings.rely_on("connect-source-type")  # type: ignore[assignment] # one of them
        transfer_group = transfer_group or charge.transfer_group or f"group_{charge.payment_intent}"
        world.charges.put(charge._replace(transfer_group=charge.transfer_group or transfer_group))
    transfer = make(
        world,
        amount,
        currency,
        destination,
        source_type=source_type,
        about={
            "source_transaction": source_transaction,
            "transfer_group": transfer_group,
            "description": params.get("description"),
            "metadata": fields.merged_metadata({}, params.get("metadata")),
        },
    )
    world.record_event("transfer.created", transfer)
    return transfer


def _check_balance(world: World, amount: int, currency: str) -> None:
    """Refuse a transfer of more than the platform's balance."""
    if amount > balance_transactions.balance(world, currency):
        raise Fault(TOO_LITTLE, code="balance_insufficient", assumption="connect-transfer-refusals")


def _check_source(world: World, charge: Charge, amount: int, currency: str) -> None:
    """Refuse a charge without money, another currency than its own, and more than what is left of it."""
    if charge.decline is not None or not charge.captured:
        raise Refused(
            f"a transfer of {charge.id}, which isn't captured or has failed, is not modelled: it has no "
            "money to transfer. Capture it first"
        )
    if currency != charge.currency:
        message = (
            f"The currency of source_transaction's balance transaction ({charge.currency}) must be the "
            f"same as the transfer currency ({currency})"
        )
        raise Fault(message, assumption="connect-transfer-refusals")
    taken = sum(one.amount for one in world.transfers.where(source_transaction=charge.id))
    if taken + amount > charge.amount:
        message = (
            "Transfers using this transaction as a source must not exceed the source amount of "
            f"{amounts.written(charge.amount, currency)}."
        )
        if taken:
            message += (
                " (There is already an existing transfer using this source, amounting to a total "
                f"transferred amount of {amounts.written(taken, currency)}.)"
            )
        raise Fault(message, assumption="connect-transfer-refusals")


def make(
    world: World,
    amount: int,
    currency: str,
    destination: str,
    *,
    source_type: str,
    about: Hash = NOTHING,
    fee: ApplicationFee | None = None,
) -> Transfer:
    """Move the platform's money to a connected account, in both worlds; no event.

    `about` has fields of the Transfer. `fee` is what the platform takes of the account's payment.
    """
    assert world.connected is not None, "unreachable because a dispatch opens the worlds"
    world.readings.rely_on("connect-destination-payment")
    account = world.join(world.connected(destination))
    transfer_id = world.ids.mint("tr_", 24)
    payment_id = account.ids.mint("py_", 24) if fee is None else fee.charge
    details = () if fee is None else (application_fees.detail(account, fee.amount, currency),)
    received = balance_transactions.book(
        account, amount, currency, "payment", source=payment_id, fee_details=details
    )
    account.charges.put(
        Charge(
            id=payment_id,
            created=account.clock.now,
            amount=amount,
            currency=currency,
            customer=None,
            payment_intent=None,
            payment_method=None,
            balance_transaction=received.id,
            billing_details=NO_BILLING_DETAILS,
            description=None,
            metadata=NOTHING,
            receipt_email=None,
            shipping=None,
            statement_descriptor=None,
            statement_descriptor_suffix=None,
            transfer_group=None,
            application_fee=fee and fee.id,
            application_fee_amount=fee and fee.amount,
            source_transfer=transfer_id,
        )
    )
    sent = balance_transactions.book(
        world, -amount, currency, "transfer", source=transfer_id, description=about.get("description")
    )
    return world.transfers.put(
        Transfer(
            id=transfer_id,
            created=world.clock.now,
            amount=amount,
            currency=currency,
            destination=destination,
            destination_payment=payment_id,
            balance_transaction=sent.id,
            source_type=source_type,
            **about,
        )
    )


def retrieve(world: World, transfer_id: str) -> Transfer:
    """Find a transfer; 404 with param `transfer`."""
    return world.transfers.find(transfer_id, "transfer", assumption="other-missing-objects")


def list_(
    world: World,
    *,
    destination: str | None = None,
    transfer_group: str | None = None,
    **params: Unpack[ListParams],
) -> Page[Transfer]:
    """List transfers, newest first, perhaps only those to one account or of one group."""
    return world.transfers.page(destination=destination, transfer_group=transfer_group, **params)


def update(world: World, transfer_id: str, **params: Unpack[DescribedParams]) -> Transfer:
    """Change what describes a transfer; event `transfer.updated` when any changed."""
    before = retrieve(world, transfer_id)
    changes: dict[str, Any] = {}
    if "description" in params:
        changes["description"] = params["description"]
    if "metadata" in params:
        changes["metadata"] = fields.merged_metadata(before.metadata, params["metadata"])
    previous = events.previous({name: getattr(before, name) for name in changes}, changes)
    if not previous:
        return before
    after = world.transfers.put(before._replace(**changes))
    world.record_event("transfer.updated", after, previous)
    return after


def create_reversal(
    world: World,
    transfer_id: str,
    *,
    amount: int | None = None,
    refund_application_fee: bool = False,
    **params: Unpack[ReversalParams],
) -> TransferReversal:
    """Take money of a transfer back; event `transfer.reversed`.

    `amount` (minor units) defaults to what is left of it. With `refund_application_fee` the fee goes
    back in proportion, with the event of `application_fees.give_back`.
    """
    transfer = retrieve(world, transfer_id)
    wanted = transfer.left if amount is None else amount
    if not wanted or wanted > transfer.left:
        raise _too_much(transfer, wanted)
    charge = world.charges.get(transfer.source_transaction or "")
    fee = world.application_fees.get((charge and charge.application_fee) or "")
    if refund_application_fee and fee is None:
        raise application_fees.none_to_refund(f"Transfer {transfer.id}")
    reversal = reverse(world, transfer, wanted, metadata=params.get("metadata"))
    tell_reversed(world, transfer)
    if refund_application_fee and fee is not None:
        part = min(application_fees.share_of(fee.amount, wanted, transfer.amount), fee.left)
        if part:
            application_fees.give_back(world, fee, part)
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
    account.charges.put(payment._replace(amount_refunded=payment.amount_refunded + amount))
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


def tell_reversed(world: World, before: Transfer) -> None:
    """Record `transfer.reversed` with what the transfer was before."""
    world.readings.rely_on("connect-reversal-events")
    after = world.transfers.find(before.id, "transfer")
    was, is_ = (
        {"amount_reversed": one.amount_reversed, "reversed": one.reversed} for one in (before, after)
    )
    world.record_event("transfer.reversed", after, events.previous(was, is_))


def retrieve_reversal(world: World, transfer_id: str, reversal_id: str) -> TransferReversal:
    """Find a reversal of a transfer; 404 with param `id`."""
    transfer = retrieve(world, transfer_id)
    reversal = world.transfer_reversals.find(reversal_id, "id", assumption="other-missing-objects")
    if reversal.transfer != transfer.id:
        noun = world.transfer_reversals.noun
        raise faults.missing_object(
            noun, reversal_id, "id", in_path=True, assumption="other-missing-objects"
        )
    return reversal


def list_reversals(world: World, transfer_id: str, **params: Unpack[Cursors]) -> Page[TransferReversal]:
    """List the reversals of a transfer, newest first."""
    transfer = retrieve(world, transfer_id)
    return world.transfer_reversals.page(transfer=transfer.id, **params)


def update_reversal(
    world: World, transfer_id: str, reversal_id: str, **params: Unpack[MetadataParams]
) -> TransferReversal:
    """Change a reversal's metadata. No event: Stripe has none for it [sdk]."""
    reversal = retrieve_reversal(world, transfer_id, reversal_id)
    merged = fields.merged_metadata(reversal.metadata, params.get("metadata", {}))
    return world.transfer_reversals.put(reversal._replace(metadata=merged))
