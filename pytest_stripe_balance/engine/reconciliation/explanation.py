"""A reconciliation in words: each amount with its item, its step, and the tie-break."""

from __future__ import annotations

from pytest_stripe_balance.engine.reconciliation import subset_sum
from pytest_stripe_balance.engine.reconciliation.steps import of_kind
from pytest_stripe_balance.engine.state import amounts
from pytest_stripe_balance.engine.state.reconciliations import Allocation, OpenItem, Reconciliation, Step

NOUNS = {"invoice": "invoice", "payment_intent": "intent"}


def explain(done: Reconciliation) -> str:
    """Explain in lines which items were paid and why, which were not, and what is left."""
    lines = [_came(done)]
    lines += [_line(done, part) for part in done.allocations]
    if any(part.step == Step.GROUP for part in done.allocations):
        lines.append("    " + _why_this_group(done))
    lines += [f"  nothing for {_item(done, item)}: {why}" for item, why in _unpaid(done)]
    if not done.items:
        lines.append(
            "  nothing waits for it: there is no intent in requires_action and no open invoice in this "
            "currency that is at most 30 days overdue"
        )
    left = f"  {_written(done, done.left)} was left on the balance"
    lines.append(left if done.left else "  nothing was left on the balance")
    return "\n".join(lines)


def _written(done: Reconciliation, amount: int) -> str:
    return f"{amounts.written(amount, done.currency)} {done.currency}"


def _item(done: Reconciliation, item: OpenItem) -> str:
    return f"{NOUNS[item.kind]} {item.id}, which waits for {_written(done, item.outstanding)}"


def _came(done: Reconciliation) -> str:
    line = f"{_written(done, done.sent)} came"
    if done.reference:
        line += f" with the reference {done.reference!r}"
        if not done.rules.references:
            line += " (references don't count in this currency)"
    if done.balance != done.sent:
        line += f", added to {_written(done, done.balance - done.sent)} on the balance"
    return line + ":"


def _line(done: Reconciliation, part: Allocation) -> str:
    oldest = "oldest first" if done.rules.references else "first confirmed first"
    why = {
        Step.INVOICE_NUMBER: "step 1, the reference names its number",
        Step.INTENT_REFERENCE: "step 2, its instructions have this reference",
        Step.GROUP: f"step 3, in a group that sums exactly to {_group_sum(done)}",
        Step.OLDEST_INVOICES: "step 4, invoices that can be paid in full, oldest first",
        Step.OLDEST_INTENTS: f"step 5, what remains goes to intents, {oldest}",
    }[part.step]
    short = "" if part.amount == part.item.outstanding else ", in part"
    return f"  {_written(done, part.amount)} to {_item(done, part.item)}{short}: {why}"


def _group_sum(done: Reconciliation) -> str:
    total = sum(item.outstanding for item in done.group)
    if total == done.sent:
        return "the amount"
    if total == done.unplaced:
        return f"the {_written(done, total)} that the reference left"
    return f"the {_written(done, total)} on the balance"


def _why_this_group(done: Reconciliation) -> str:
    """Say which tie-break decided: fewest items, most invoices, or age."""
    rest = _not_named(done)
    invoices, intents = of_kind(rest, "invoice"), of_kind(rest, "payment_intent")
    chosen = done.group
    total = sum(item.outstanding for item in chosen)
    size, bills = len(chosen), sum(item.kind == "invoice" for item in chosen)
    oldest = "oldest intents" if done.rules.references else "intents that were confirmed first"
    what = f"{size} item{'s' if size > 1 else ''}"
    if any(_other_group(invoices, intents, total, (bills, size - bills), out) for out in chosen):
        return (
            f"several groups of {what}, {bills} of them invoices, have this sum: the one with the "
            f"{oldest} is taken, then the one with the oldest invoices"
        )
    fewer = range(bills)
    if any(_other_group(invoices, intents, total, (some, size - some)) for some in fewer):
        return f"several groups of {what} have this sum: the one with the most invoices is taken"
    alone = f"nothing else waits for {_written(done, total)}"
    return alone if size == 1 else f"no other group of {what} has this sum, and none of fewer"


def _not_named(done: Reconciliation) -> list[OpenItem]:
    named = [part.item for part in done.allocations if part.step < Step.GROUP]
    return [item for item in done.items if item not in named]


def _other_group(
    invoices: list[OpenItem],
    intents: list[OpenItem],
    total: int,
    shape: tuple[int, int],
    without: OpenItem | None = None,
) -> bool:
    billed, others = (
        [item.outstanding for item in items if item is not without] for items in (invoices, intents)
    )
    return subset_sum.search_shape(billed, others, total, shape, subset_sum.Work()) is not None


def _unpaid(done: Reconciliation) -> list[tuple[OpenItem, str]]:
    """Give the items that got nothing, each with the reason."""
    got = [part.item for part in done.allocations]
    steps = {part.step for part in done.allocations}
    if Step.GROUP in steps:
        why = dict.fromkeys(NOUNS, "it isn't in the group")
    elif steps and sum(part.amount for part in done.allocations if part.step < Step.GROUP) == done.sent:
        why = dict.fromkeys(NOUNS, "the whole transfer went to the item that the reference names")
    else:
        invoice = "it can't be paid in full, and an invoice is never paid in part"
        if not done.rules.skip_invoices:
            invoice = "step 4 stops at the first invoice that can't be paid in full"
        why = {"invoice": invoice, "payment_intent": "the money was spent by then"}
    return [(item, why[item.kind]) for item in done.items if item not in got]
