"""Transfers of the platform's money to connected accounts (docs/stripe.md 1.20).

An account that a transfer names gets a payment in its own world: a charge with a `source_transfer`, and
its booking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from pytest_stripe_balance.engine import events
from pytest_stripe_balance.engine.money import application_fees, balance_transactions
from pytest_stripe_balance.engine.money.payment_methods import NO_BILLING_DETAILS
from pytest_stripe_balance.engine.state import amounts, faults, fields
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.records.connect import Transfer
from pytest_stripe_balance.engine.state.records.hashes import NOTHING
from pytest_stripe_balance.engine.state.records.money import Charge
from pytest_stripe_balance.engine.state.table import ListParams
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


def can_be_account(account: str) -> bool:
    """Tell whether an id may be a connected account's. The fake takes each that has the form."""
    return account.startswith("acct_") and account[5:].isalnum()


def check_destination(world: World, account: str, param: str) -> None:
    """Refuse an account that can't be one: 400 `resource_missing` [obs antiwork/gumroad].

    Of a payment intent Stripe says so before it executes the call [obs], of a transfer afterwards [obs
    liberapay].
    """
    if world.platform is not None:
        raise Refused(
            f"{param} together with the header Stripe-Account is not modelled: only the platform "
            "transfers money"
        )
    if not can_be_account(account):
        fault = faults.missing_object("destination", account, param, in_path=False)
        fault.executed = param == "destination"
        raise fault


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
    if taken + amount > charge.amount_captured:
        message = (
            "Transfers using this transaction as a source must not exceed the source amount of "
            f"{amounts.written(charge.amount_captured, currency)}."
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
    after = before._replace(**changes)
    previous = events.previous_of(before, after, *changes)
    if not previous:
        return before
    world.record_event("transfer.updated", world.transfers.put(after), previous)
    return after
