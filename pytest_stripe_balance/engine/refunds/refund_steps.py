"""The steps of a refund, with the money that each one moves (docs/stripe.md 3.7).

A refund of a charge takes the merchant's money. A refund of a cash balance (`origin=customer_balance`)
takes the customer's own: it has rows in the ledger, and nothing on the merchant's side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pytest_stripe_balance.engine import events
from pytest_stripe_balance.engine.bank_transfers import regions
from pytest_stripe_balance.engine.money import balance_transactions, charge_refunds, shares
from pytest_stripe_balance.engine.reconciliation import automatic_reconciliation
from pytest_stripe_balance.engine.state.determinism import DAY
from pytest_stripe_balance.engine.state.records.money import Refund
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.customers import Customer, Entry
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.records.money import Charge, RefundStatus
    from pytest_stripe_balance.engine.state.world import World

ANSWER_WITHIN = 45 * DAY
CASH_BALANCE = "customer_cash_balance"


def to_bank(
    world: World,
    charge: Charge,
    amount: int,
    email: str,
    details: Hash,
    *,
    reverses: bool = False,
    gives_fee_back: bool = False,
) -> Refund:
    """Begin a refund of a charge to the customer's bank; an e-mail asks for the bank details.

    `details` has the fields that only describe the refund. With `reverses` its share of the charge's
    transfer comes back, and with `gives_fee_back` that of the fee goes back, both at once and for good.
    Events `refund.created`, `charge.refunded`, then `transfer.reversed`, `application_fee.refunded`.
    """
    refund = _waiting(world, amount, charge.currency, email, details)
    refund = refund._replace(charge=charge.id, payment_intent=charge.payment_intent)
    if world.readings.rely_on("refund-booking") == "at-create":
        refund = refund._replace(balance_transaction=_booked(world, refund))
    return _shared(world, charge, refund, reverses=reverses, gives_fee_back=gives_fee_back)


def _shared(
    world: World, charge: Charge, refund: Refund, *, reverses: bool, gives_fee_back: bool
) -> Refund:
    """Record a new refund, with what it takes back of the charge's transfer and fee."""
    if reverses:
        refund = shares.reverse_for(world, charge, refund)
    refund = _recorded(world, refund)
    if reverses:
        shares.tell_reversed(world, refund)
    if gives_fee_back and charge.application_fee is not None:
        shares.give_fee_back(world, charge, refund)
    return refund


def to_card(
    world: World,
    charge: Charge,
    amount: int,
    details: Hash,
    *,
    reverses: bool = False,
    gives_fee_back: bool = False,
) -> Refund:
    """Refund a charge to its card, at once: `refund.created`, `charge.refunded` [obs].

    The rest is as in `to_bank`.
    """
    world.readings.rely_on("card-refund")
    reference = {
        "reference_status": "pending",
        "reference_type": "acquirer_reference_number",
        "type": "refund",
    }
    refund_id, to = world.ids.mint("re_", 24), {"card": reference, "type": "card"}
    refund = charge_refunds.succeeded(world, refund_id, charge, amount, to)._replace(**details)
    refund = refund._replace(balance_transaction=_booked(world, refund, "refund"))
    return _shared(world, charge, refund, reverses=reverses, gives_fee_back=gives_fee_back)


def from_cash_balance(
    world: World, customer: Customer, amount: int, currency: str, email: str, details: Hash
) -> Refund:
    """Begin a refund of a cash balance: the row `return_initiated`, then `refund.created`."""
    refund = _waiting(world, amount, currency, email, details)._replace(customer=customer.id)
    world.post_entry(customer, currency, -amount, "return_initiated", refund=refund.id)
    return _recorded(world, refund)


def to_cash_balance(world: World, charge: Charge, amount: int) -> Refund:
    """Refund a charge to the customer's cash balance, as the Dashboard does [doc].

    The row `refunded_from_payment`, then `refund.created`, `charge.refunded`, then the events of
    `automatic_reconciliation.reconcile`, because an open item may get the money at once.
    """
    world.readings.rely_on("refund-to-cash-balance")
    to = {CASH_BALANCE: {}, "type": CASH_BALANCE}
    refund = charge_refunds.succeeded(world, _id(world), charge, amount, to)
    row = _credit(world, charge, refund)
    refund = _recorded(world, refund._replace(balance_transaction=_booked(world, refund)))
    automatic_reconciliation.reconcile(world, row)
    return refund


def cancel(world: World, refund: Refund) -> Refund:
    """Cancel a refund, and undo what it did. Event `refund.updated`.

    With origin-return-canceled=reconciled the events of `automatic_reconciliation.reconcile` follow.
    """
    canceled, row = _undone(world, refund, "canceled")
    if row is not None:
        automatic_reconciliation.reconcile(world, row)
    return canceled


def fail(world: World, refund: Refund) -> Refund:
    """Fail a refund that the customer didn't answer: `refund.updated`, then `refund.failed`.

    What the refund did is undone. With refund-unanswered=credited the customer gets the money on the
    cash balance instead; the charge stays refunded, and the amount can't be refunded again.
    """
    charge = world.charges.get(refund.charge or "")
    row: Entry | None
    if charge is not None and world.readings.rely_on("refund-unanswered") == "credited":
        _refuse_deleted(world, charge)
        row = _credit(world, charge, refund)
        ended = _end(world, "failed", balance_transaction=_booked(world, refund))
        failed = changed(world, refund, **ended)
    else:
        failed, row = _undone(world, refund, "failed")
    world.record_event("refund.failed", failed)
    if row is not None:
        automatic_reconciliation.reconcile(world, row)
    return failed


def provide_bank_details(world: World, refund_id: str) -> Refund:
    """Let the customer answer the e-mail: the refund becomes `pending`. Event `refund.updated`."""
    refund = _in_status(world, refund_id, "requires_action")
    booked = {} if refund.charge is None else {"balance_transaction": _booked(world, refund)}
    return changed(world, refund, status="pending", next_action=None, **booked)


def settle(world: World, refund_id: str) -> Refund:
    """Let the refund reach the customer's bank: it becomes `succeeded`. Event `refund.updated`."""
    refund = _in_status(world, refund_id, "pending")
    assert refund.destination_details, "unreachable because a refund to a bank has them"
    kind = refund.destination_details["type"]
    reached = {
        "reference": world.ids.code(f"{refund.id} reference", 12),
        "reference_status": "available",
    }
    return changed(world, refund, status="succeeded", destination_details={kind: reached, "type": kind})


def bounce(world: World, refund_id: str) -> Refund:
    """Let the customer's bank send the refund back; the customer is asked again [doc].

    It becomes `requires_action`, with 45 more days. Event `refund.updated`.
    """
    refund = _in_status(world, refund_id, "pending")
    world.readings.rely_on("refund-bounce")
    assert refund.instructions_email, "unreachable because the e-mail asks for the details"
    next_action = _next_action(world, refund.instructions_email)
    return changed(world, refund, status="requires_action", next_action=next_action)


def changed(world: World, refund: Refund, **changes: Any) -> Refund:  # noqa: ANN401 - fields of a record
    """Change a refund; event `refund.updated` with the previous values."""
    world.readings.rely_on("refund-events")
    after = world.refunds.put(refund._replace(**changes))
    world.record_event("refund.updated", after, events.previous_of(refund, after, *changes))
    return after


def _waiting(world: World, amount: int, currency: str, email: str, details: Hash) -> Refund:
    """Make a refund that waits for the customer's bank details."""
    world.readings.rely_on("refund-asks-for-details")
    kind = regions.REGIONS[currency].type
    return Refund(
        id=_id(world),
        created=world.clock.now,
        amount=amount,
        currency=currency,
        status="requires_action",
        destination_details={"type": kind, kind: {}},
        instructions_email=email,
        next_action=_next_action(world, email),
        **details,
    )


def _id(world: World) -> str:
    return world.ids.mint(f"{world.readings.rely_on('refund-id-prefix')}_", 24)


def _next_action(world: World, email: str) -> Hash:
    now = world.clock.now
    return {
        "display_details": {
            "email_sent": {"email_sent_at": now, "email_sent_to": email},
            "expires_at": now + ANSWER_WITHIN,
        },
        "type": "display_details",
    }


def _recorded(world: World, refund: Refund) -> Refund:
    """Store a new refund and count it on its charge, with the events of both."""
    if "card" not in (refund.destination_details or {}):  # a card's were seen
        world.readings.rely_on("refund-events")
    world.refunds.put(refund)
    world.record_event("refund.created", refund)
    if refund.charge is not None:
        _refund_charge(world, refund.charge, refund.amount, event="charge.refunded")
    return refund


def _refund_charge(world: World, charge_id: str, amount: int, *, event: str | None = None) -> None:
    """Add an amount to a charge's amount_refunded; a negative one takes it away."""
    world.readings.rely_on("refund-amount-refunded")
    charge_refunds.count(world, world.charges.find(charge_id, "charge"), amount, event=event)


def _booked(world: World, refund: Refund, book_as: str = "payment_refund") -> str:
    """Take the amount from the merchant's balance, unless that is done; give the transaction's id."""
    if refund.balance_transaction is not None:
        return refund.balance_transaction
    paid = world.charges.get(refund.charge or "")
    return balance_transactions.book(
        world,
        -refund.amount,
        refund.currency,
        book_as,
        source=refund.id,
        description=paid and _described(paid),
    ).id


def _described(charge: Charge) -> str:
    """Say what a refund's booking is for [obs antiwork/gumroad]."""
    what = "REFUND FOR PAYMENT" if charge.card is None else "REFUND FOR CHARGE"
    return f"{what} ({charge.description})" if charge.description else what


def _credit(world: World, charge: Charge, refund: Refund) -> Entry:
    customer = world.customer(charge.customer or "", in_path=False)
    return world.post_entry(
        customer, refund.currency, refund.amount, "refunded_from_payment", refund=refund.id
    )


def _refuse_deleted(world: World, charge: Charge) -> None:
    customer = world.customers.get(charge.customer or "")
    if customer is None or customer.deleted:
        raise Refused(
            f"crediting a refund of {charge.id} to its customer, who was deleted, is not modelled"
        )


def _undone(
    world: World, refund: Refund, status: Literal["canceled", "failed"]
) -> tuple[Refund, Entry | None]:
    """Give a refund's money back to where it came from; the row is given if it is to be reconciled."""
    back, reconciled = None, None
    if refund.charge is None:
        customer = world.customer(refund.customer or "", in_path=False)
        row = world.post_entry(
            customer, refund.currency, refund.amount, "return_canceled", refund=refund.id
        )
        if world.readings.rely_on("origin-return-canceled") == "reconciled":
            reconciled = row
    else:
        _refund_charge(world, refund.charge, -refund.amount)
        if refund.balance_transaction is not None:
            back = balance_transactions.book(
                world, refund.amount, refund.currency, "payment_failure_refund", source=refund.id
            ).id
    return changed(world, refund, **_end(world, status, failure_balance_transaction=back)), reconciled


def _end(world: World, status: Literal["canceled", "failed"], **more: str | None) -> Hash:
    world.readings.rely_on("refund-failure")
    reason = "merchant_request" if status == "canceled" else "unknown"
    return {"status": status, "failure_reason": reason, "next_action": None, **more}


def _in_status(world: World, refund_id: str, status: RefundStatus) -> Refund:
    """Find a refund that must be in a status; ValueError otherwise, because this is no API call."""
    refund = world.refunds.find(refund_id, "refund")
    if refund.status != status:
        waits = refund.status == "requires_action"
        way_out = ": let the customer provide_bank_details first" if waits else ""
        raise ValueError(f"{refund_id} is {refund.status}, and has to be {status}{way_out}")
    return refund
