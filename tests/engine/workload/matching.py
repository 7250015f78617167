"""Which open items a transfer pays, by trying every group there is (docs/stripe.md 4).

Items are intents; an invoice's stands for the invoice. Both lists come oldest first.
"""

from itertools import combinations, pairwise


def match(invoices, intents, sent, balance, reference):
    """Give (intent, amount) pairs, in the order in which they are paid."""
    named, amount = _named(invoices, intents, sent, reference) if reference else (None, 0)
    paid = [(named, amount)] if named else []
    sent, balance = sent - amount, balance - amount
    if not sent:
        return paid
    invoices = [one for one in invoices if one is not named]
    intents = [one for one in intents if one is not named]
    group = _exact_group(invoices, intents, sent)
    if group:
        return paid + [(one, one.due) for one in group]
    for one in invoices:
        if one.due <= balance:
            paid.append((one, one.due))
            balance -= one.due
    for one in intents:
        if balance:
            paid.append((one, min(one.due, balance)))
            balance -= paid[-1][1]
    return paid


def _named(invoices, intents, sent, reference):
    """Steps 1 and 2; a number may stand among other words of the memo."""
    billed, rest = [], f" {reference} "
    for one in sorted(invoices, key=lambda one: -len(one.invoice.number.id)):
        parts = rest.split(one.invoice.number.id)
        sides = [before[-1:] + after[:1] for before, after in pairwise(parts)]
        if any(not side[0].isalnum() and not side[1].isalnum() for side in sides if len(side) == 2):
            billed.append(one)
            rest = " | ".join(parts)
    if len(billed) == 1 and billed[0].due <= sent:
        return billed[0], billed[0].due
    shown = [one for one in (*invoices, *intents) if one.status == "requires_action"]
    wired = [one for one in shown if one.reference.id == reference.strip()]
    if len(wired) != 1 or (wired[0].invoice and wired[0].due > sent):
        return None, 0
    return wired[0], min(sent, wired[0].due)


def _exact_group(invoices, intents, sent):
    """Step 3: fewest items, then most invoices, then oldest intents, then oldest invoices."""
    best = None
    for size in range(1, 6):
        for places in combinations(range(-len(invoices), len(intents)), size):
            bills = [len(invoices) + place for place in places if place < 0]
            wires = [place for place in places if place >= 0]
            group = [invoices[place] for place in bills] + [intents[place] for place in wires]
            if sum(one.due for one in group) == sent:
                rank = (size, -len(bills), wires, bills)
                if best is None or rank < best[0]:
                    best = rank, group
    return best and best[1]
