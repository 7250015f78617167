"""Application fees: what the platform takes of a connected account's payment (docs/stripe.md 1.21).

A fee has a booking in the platform's world, and in the account's it stands in the fee_details of its
payment's booking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, Unpack

from pytest_stripe_balance.engine import events
from pytest_stripe_balance.engine.money import balance_transactions
from pytest_stripe_balance.engine.state import amounts, fields, parents
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.records.connect import ApplicationFee, FeeRefund
from pytest_stripe_balance.engine.state.table import Cursors, ListParams
from pytest_stripe_balance.engine.state.world import BUSINESS_NAME

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.table import Page
    from pytest_stripe_balance.engine.state.world import World


class MetadataParams(TypedDict, total=False):
    """The one parameter of an update."""

    metadata: dict[str, str] | None


def application(world: World) -> str | None:
    """Give the id of the platform's application, for an object of a connected account; else None."""
    platform = world.platform
    return None if platform is None else application_of(platform)


def application_of(platform: World) -> str:
    """Give the id of a platform's application."""
    return "ca_" + platform.ids.secret("application", 32)


def detail(account: World, amount: int, currency: str) -> Hash:
    """Give what the booking of an account's payment says of the fee [obs antiwork/gumroad]."""
    return {
        "amount": amount,
        "application": application(account),
        "currency": currency,
        "description": f"{BUSINESS_NAME} application fee",
        "type": "application_fee",
    }


def make(
    platform: World,
    amount: int,
    currency: str,
    *,
    account: str,
    charge: str,
    originating_transaction: str | None = None,
) -> ApplicationFee:
    """Book a fee for the platform; no event. `charge` is the account's payment."""
    fee_id = platform.ids.mint("fee_", 24)
    booked = balance_transactions.book(
        platform,
        amount,
        currency,
        "application_fee",
        source=fee_id,
        description=f"Application fee from application {BUSINESS_NAME} for {account} ({account})",
    )
    return platform.application_fees.put(
        ApplicationFee(
            id=fee_id,
            created=platform.clock.now,
            amount=amount,
            currency=currency,
            account=account,
            charge=charge,
            balance_transaction=booked.id,
            originating_transaction=originating_transaction,
        )
    )


def share_of(amount: int, part: int, whole: int) -> int:
    """Give the share of an amount that a part is of the whole, to the nearest minor unit.

    Seen of transfers: 500 of 1200 takes 367 of 880 back, and 50 of 153 takes 36 of 109
    (antiwork/gumroad, docs/stripe.md 3.10). A half is rounded up.
    """
    return (2 * amount * part + whole) // (2 * whole)


def retrieve(world: World, fee_id: str) -> ApplicationFee:
    """Find an application fee; 404 with param `id`."""
    return world.application_fees.find(fee_id, "id", assumption="other-missing-objects")


def list_(
    world: World, *, charge: str | None = None, **params: Unpack[ListParams]
) -> Page[ApplicationFee]:
    """List the platform's fees, newest first; with `charge` only that of a charge, of either side."""
    if charge is not None and not any(world.application_fees.where(charge=charge)):
        parents.check(world, charge=charge)
    return world.application_fees.page(
        keep=lambda fee: charge in (None, fee.charge, fee.originating_transaction), **params
    )


def create_refund(
    world: World,
    fee_id: str,
    *,
    amount: int | None = None,
    metadata: dict[str, str] | None = None,
) -> FeeRefund:
    """Give an account a fee back, or a part; the event of `give_back`.

    `amount` (minor units) defaults to what is left of it.
    """
    fee = retrieve(world, fee_id)
    wanted = fee.left if amount is None else amount
    if not fee.left:
        message = f"Application fee {fee.id} has already been refunded."
        raise Fault(message, assumption="connect-fee-refusals")
    if wanted > fee.left:
        sums = (amounts.written(one, fee.currency) for one in (wanted, fee.left))
        message = "Refund amount ({}) is greater than unrefunded amount on fee ({})".format(*sums)
        raise Fault(message, param="amount", assumption="connect-fee-refusals")
    return give_back(world, fee, wanted, metadata)


def give_back(
    world: World, fee: ApplicationFee, amount: int, metadata: dict[str, str] | None = None
) -> FeeRefund:
    """Move a part of a fee from the platform to the account; event `application_fee.refunded`."""
    assert world.connected is not None, "unreachable because a dispatch opens the worlds"
    assert 0 < amount <= fee.left, f"{amount} is not left of {fee.id}"
    world.readings.rely_on("connect-fee-refund-booking")
    account = world.join(world.connected(fee.account))
    refund_id, text = world.ids.mint("fr_", 24), "REFUND FOR APPLICATION FEE"
    taken, _ = (
        balance_transactions.book(
            one, moved, fee.currency, "application_fee_refund", source=source, description=text
        )
        for one, moved, source in ((world, -amount, fee.id), (account, amount, refund_id))
    )
    refund = FeeRefund(
        id=refund_id,
        created=world.clock.now,
        amount=amount,
        currency=fee.currency,
        fee=fee.id,
        balance_transaction=taken.id,
        metadata=fields.merged_metadata({}, metadata),
    )
    after = fee._replace(amount_refunded=fee.amount_refunded + amount)
    world.fee_refunds.put(refund)
    _tell_refunded(world, fee, world.application_fees.put(after))
    return refund


def give_share_back(world: World, fee: ApplicationFee, part: int, whole: int) -> None:
    """Give back of a fee what a part is of the whole, and at most what is left; as `give_back`."""
    amount = min(share_of(fee.amount, part, whole), fee.left)
    if amount:
        give_back(world, fee, amount)


def _tell_refunded(world: World, before: ApplicationFee, after: ApplicationFee) -> None:
    world.readings.rely_on("connect-reversal-events")
    previous = events.previous_of(before, after, "amount_refunded", "refunded")
    world.record_event("application_fee.refunded", after, previous)


def none_to_refund(owner: str) -> Fault:
    """Make the fault for a fee refund where there was no fee. `owner` begins its text, in our words."""
    message = f"{owner} does not have an application fee to refund."
    return Fault(message, param="refund_application_fee", assumption="connect-fee-refusals")


def retrieve_refund(world: World, fee_id: str, refund_id: str) -> FeeRefund:
    """Find a refund of a fee; 404 with param `id`."""
    fee = retrieve(world, fee_id)
    return world.fee_refunds.find(
        refund_id, "id", assumption="other-missing-objects", keep=lambda one: one.fee == fee.id
    )


def list_refunds(world: World, fee_id: str, **params: Unpack[Cursors]) -> Page[FeeRefund]:
    """List the refunds of a fee, newest first."""
    fee = retrieve(world, fee_id)
    return world.fee_refunds.page(fee=fee.id, **params)


def update_refund(
    world: World, fee_id: str, refund_id: str, **params: Unpack[MetadataParams]
) -> FeeRefund:
    """Change a fee refund's metadata; event `application_fee.refund.updated` when any changed."""
    refund = retrieve_refund(world, fee_id, refund_id)
    merged = fields.merged_metadata(refund.metadata, params.get("metadata", {}))
    if merged == refund.metadata:
        return refund
    previous = {"metadata": events.previous(refund.metadata, merged)}
    after = world.fee_refunds.put(refund._replace(metadata=merged))
    world.record_event("application_fee.refund.updated", after, previous)
    return after
