"""Recounts a world's money from its rows: the truths that no change may break."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.checkout import CheckoutSession
    from pytest_stripe_balance.engine.state.records.invoices import Invoice
    from pytest_stripe_balance.engine.state.records.money import Charge, Refund
    from pytest_stripe_balance.engine.state.world import World


def check(world: World) -> None:
    """Check every sum against the rows; AssertionError where money was made or lost.

    - A balance is the sum of its rows, and never below zero.
    - An intent holds what was applied to it, less what was taken back.
    - A charge exists when its intent holds its full amount, or when a card was charged. Cash and a card
      never pay the same intent. What a charge took is booked once for the merchant.
    - What a card held is captured, released or refunded; an intent got what its charge captured.
    - A charge's amount_refunded is the sum of its refunds, which have their rows and bookings.
    - An invoice is paid when its one intent is, in full.
    - A Checkout Session is paid when its one intent is, which has its total.
    - A transfer, less its reversals, is what its account has of it; an application fee, less its
      refunds, is what the account lacks of its payment.
    """
    world.ledger.check()
    applied: dict[str, int] = {}
    for customer in world.ledger.customers():
        for entry in world.ledger.rows(customer):
            if entry.payment_intent:
                applied[entry.payment_intent] = applied.get(entry.payment_intent, 0) - entry.net_amount
    for intent in world.payment_intents:
        assert applied.pop(intent.id, 0) == intent.applied, f"{intent.id} holds another sum"
        assert 0 <= intent.applied <= intent.amount, f"{intent.id} holds more than its amount"
        assert not (intent.status == "canceled" and intent.applied), f"{intent.id} holds money"
        waits = intent.instructions is not None or intent.next_action is not None
        assert (intent.status == "requires_action") == waits, f"{intent.id} and instructions"
        charge = world.charges.get(intent.latest_charge or "")
        paid = charge is not None and charge.decline is None
        status = _status_by(charge) if charge is not None and paid else None
        is_charged = paid or intent.status in ("succeeded", "requires_capture")
        assert (intent.status if is_charged else None) == status, f"{intent.id} and charge"
        if charge is not None and paid:
            cash = intent.amount if charge.card is None else 0
            assert (charge.amount, intent.applied) == (intent.amount, cash), f"{intent.id} paid twice"
        if charge is not None and intent.status == "succeeded":
            rest = intent.amount - charge.amount_captured
            assert rest == intent.uncaptured, f"{intent.id} got another sum than its charge"
    assert not applied, f"money was applied to intents that don't exist: {applied}"
    _check_refunds(world)
    _check_transfers(world)
    _check_fees(world)
    for invoice in world.invoices:
        _check_invoice(world, invoice)
    for session in world.checkout_sessions:
        _check_session(world, session)


def _status_by(charge: Charge) -> str:
    """Give the status that an intent has by a charge that wasn't declined."""
    if charge.captured:
        return "succeeded"
    return "requires_capture" if charge.left else "canceled"


def _check_refunds(world: World) -> None:
    rows: dict[str, list[tuple[str, int]]] = {}
    for customer in world.ledger.customers():
        for entry in world.ledger.rows(customer):
            if entry.refund:
                rows.setdefault(entry.refund, []).append((entry.type, entry.net_amount))
    booked: dict[str, int] = {}
    for transaction in world.balance_transactions:
        booked[transaction.source] = booked.get(transaction.source, 0) + transaction.amount
    refunded: dict[str, int] = {}
    for refund in world.refunds:
        moved = rows.pop(refund.id, [])
        net = _check_rows(refund, moved)
        if refund.charge:
            refunded[refund.charge] = refunded.get(refund.charge, 0) + net
        taken = net if refund.charge and refund.balance_transaction else 0
        assert booked.get(refund.id, 0) == -taken, f"{refund.id} is booked wrongly"
        assert taken or not (refund.charge and moved), f"{refund.id} gave money that nobody paid"
    assert not rows, f"rows name refunds that don't exist: {rows}"
    for charge in world.charges:
        due = charge.amount - charge.released if charge.amount_captured else 0
        assert booked.get(charge.id, 0) == due, f"{charge.id} is booked wrongly"
        net = refunded.pop(charge.id, 0)
        assert net == charge.amount_refunded, f"{charge.id} has another sum of refunds"
        most = charge.amount - charge.released if charge.decline is None else 0
        assert 0 <= net <= most, f"{charge.id} was refunded more than its amount"
        rest = charge.amount - charge.amount_captured
        assert charge.released in (0, rest), f"{charge.id} let go of another sum than the rest"
    assert not refunded, f"refunds are of charges that don't exist: {refunded}"


def _check_transfers(world: World) -> None:
    back: dict[str, int] = {}
    for reversal in world.transfer_reversals:
        back[reversal.transfer] = back.get(reversal.transfer, 0) + reversal.amount
        booked = world.balance_transactions.find(reversal.balance_transaction, "id")
        assert (booked.amount, booked.source) == (reversal.amount, reversal.transfer), reversal.id
    for transfer in world.transfers:
        came_back = back.pop(transfer.id, 0)
        assert came_back == transfer.amount_reversed, f"{transfer.id} has another sum of reversals"
        assert 0 <= came_back <= transfer.amount, f"{transfer.id} gave back more than its amount"
        booked = world.balance_transactions.find(transfer.balance_transaction, "id")
        assert (booked.amount, booked.fee, booked.source) == (-transfer.amount, 0, transfer.id)
        assert world.connected is not None, f"{transfer.id} went nowhere"
        account = world.connected(transfer.destination)
        payment = account.charges.find(transfer.destination_payment, "charge")
        arrived = (payment.amount, payment.amount_refunded, payment.currency, payment.source_transfer)
        assert arrived == (transfer.amount, came_back, transfer.currency, transfer.id), payment.id
        received = account.balance_transactions.find(payment.balance_transaction or "", "id")
        assert received.amount == transfer.amount, f"{payment.id} is booked wrongly"
        assert received.fee == (payment.application_fee_amount or 0), f"{payment.id} has another fee"
    assert not back, f"reversals are of transfers that don't exist: {back}"
    for charge in world.charges:
        data, own = charge.transfer_data, world.transfers.get(charge.transfer or "")
        if data is None or charge.decline is not None:
            assert own is None, f"{charge.id} has no destination and a transfer"
            continue
        assert own is not None, f"{charge.id} has a destination and no transfer"
        due = min(data.get("amount", charge.amount), charge.amount)
        paid = (own.amount, own.destination, own.source_transaction)
        assert paid == (due, data["destination"], charge.id), f"{own.id} took another sum"


def _check_fees(world: World) -> None:
    back: dict[str, int] = {}
    for refund in world.fee_refunds:
        back[refund.fee] = back.get(refund.fee, 0) + refund.amount
        booked = world.balance_transactions.find(refund.balance_transaction, "id")
        assert (booked.amount, booked.source) == (-refund.amount, refund.fee), refund.id
    for fee in world.application_fees:
        went_back = back.pop(fee.id, 0)
        assert went_back == fee.amount_refunded, f"{fee.id} has another sum of refunds"
        assert 0 <= went_back <= fee.amount, f"{fee.id} gave back more than its amount"
        booked = world.balance_transactions.find(fee.balance_transaction, "id")
        assert (booked.amount, booked.fee, booked.source) == (fee.amount, 0, fee.id)
        assert world.connected is not None, f"{fee.id} came from nowhere"
        account = world.connected(fee.account)
        charge = account.charges.find(fee.charge, "charge")
        paid = account.balance_transactions.find(charge.balance_transaction or "", "id")
        parts = [part["amount"] for part in paid.fee_details if part["type"] == "application_fee"]
        assert (charge.application_fee, parts) == (fee.id, [fee.amount]), f"{charge.id} lacks its fee"
        received = sum(
            one.amount
            for refund in world.fee_refunds.where(fee=fee.id)
            for one in account.balance_transactions.where(source=refund.id)
        )
        assert received == went_back, f"{fee.account} got another sum of {fee.id} back"
    assert not back, f"refunds are of fees that don't exist: {back}"


def _check_rows(refund: Refund, moved: list[tuple[str, int]]) -> int:
    """Check a refund's rows; give the amount that it took and hasn't given back."""
    undone = refund.status in ("canceled", "failed")
    credited = ("refunded_from_payment", refund.amount)
    if refund.charge is None:
        due = [("return_initiated", -refund.amount)]
        due += [("return_canceled", refund.amount)] if undone else []
    elif "customer_cash_balance" in (refund.destination_details or {}):
        due = [credited]
    elif refund.status == "failed" and moved:  # the reading credited of refund-unanswered
        due, undone = [credited], False
    else:
        due = []
    assert moved == due, f"{refund.id} is {refund.status} and has the rows {moved}"
    return 0 if undone else refund.amount


def _check_invoice(world: World, invoice: Invoice) -> None:
    """Check an invoice against its intent, which holds its money."""
    intent = world.payment_intents.get(invoice.payment_intent or "")
    paid, open_ = invoice.status == "paid", invoice.status in ("open", "uncollectible")
    settled = invoice.paid_out_of_band or (intent is None and invoice.amount_due == 0)
    if intent is not None:
        assert intent.amount == invoice.amount_due, f"{invoice.id} and its intent differ"
        settled |= intent.status == "succeeded"
        assert (intent.status == "canceled") == (invoice.status == "void" or invoice.paid_out_of_band), (
            f"{invoice.id} is {invoice.status}, its intent {intent.status}"
        )
    assert invoice.amount_paid == (invoice.amount_due if paid else 0), f"{invoice.id} in part"
    assert not paid or settled, f"{invoice.id} is paid, and nobody paid"
    assert not open_ or not settled, f"{invoice.id} is {invoice.status}, and was paid"
    links = [link for link in world.invoice_payments if link.invoice == invoice.id]
    assert [link.payment_intent for link in links] == ([intent.id] if intent else [])
    status = {"paid": "paid", "open": "open", "uncollectible": "open"}.get(invoice.status, "canceled")
    wanted = "canceled" if invoice.paid_out_of_band else status
    assert all(link.status == wanted for link in links), f"{invoice.id} and its payment"


def _check_session(world: World, session: CheckoutSession) -> None:
    """Check a Checkout Session against its intent, which holds its money."""
    intent = world.payment_intents.get(session.payment_intent or "")
    paid = intent is not None and intent.status == "succeeded"
    assert (session.payment_status == "paid") == paid, f"{session.id} and its intent differ"
    assert session.status != "complete" or intent is not None, f"{session.id} was completed by nobody"
    assert session.status == "complete" or not paid, f"{session.id} is {session.status}, and was paid"
    if intent is not None:
        assert intent.checkout_session == session.id, f"{intent.id} pays another session"
        assert intent.amount == session.amount_total, f"{session.id} and its intent differ"
