"""What Stripe's JSON says, in the auditor's words."""

from workload.books import Record


def agrees(expected, real):
    """Compare what must be said with what is; a record without an id takes the real one."""
    if isinstance(expected, Record):
        if expected.id is None:
            expected.id = real
        return expected.id == real
    if isinstance(expected, tuple):
        pairs = zip(expected, real, strict=False)
        return real is not None and len(expected) == len(real) and all(agrees(*pair) for pair in pairs)
    return expected == real


def payment_intent(told):
    action = told["next_action"]
    where = action and action.get("display_bank_transfer_instructions")
    due = where and (where["amount_remaining"], where["reference"])
    return told["id"], told["status"], told["amount"], told["amount_received"], due


def charge(told):
    names = ("payment_intent", "amount", "amount_captured", "amount_refunded", "refunded", "status")
    return tuple(told[name] for name in names)


def transfer(told):
    return told["id"], told["currency"], told["amount"], told["amount_reversed"], told["reversed"]


def application_fee(told):
    return told["id"], told["currency"], told["amount"], told["amount_refunded"], told["refunded"]


LINKS = {
    "applied_to_payment": "payment_intent",
    "unapplied_from_payment": "payment_intent",
    "refunded_from_payment": "refund",
    "adjusted_for_overdraft": "linked_transaction",
}
ROW = ("id", "customer", "currency", "type", "net_amount", "ending_balance")


def row(told):
    """Read a row, and which other object its type's hash names."""
    kind = told["type"]
    about = told[kind][LINKS[kind]] if kind in LINKS else None
    return *(told[name] for name in ROW), about


def refund(told):
    action = told.get("next_action")
    expires = action["display_details"]["expires_at"] if action else None
    return told["id"], told["status"], told["amount"], told["currency"], expires


def inside(told):
    """Read the charges of an intent, or the refunds of a charge; None where the version has none there."""
    if told["object"] == "payment_intent" and "charges" in told:
        return tuple((*charge(one), inside(one)) for one in told["charges"]["data"])
    if told["object"] == "charge" and "refunds" in told:
        return tuple(refund(one) for one in told["refunds"]["data"])
    return None


INVOICE = ("status", "amount_due", "amount_paid", "number")
DEEPER = {"lines": ("lines", "total_count"), "page_size": ("rendering", "pdf", "page_size")}
FINALIZES = "automatically_finalizes_at"


def deep(told, path):
    for name in path:
        told = told[name]
    return told


def invoice(told):
    deeper = (deep(told, path) for path in DEEPER.values())
    return told["id"], *(told[name] for name in INVOICE), *deeper, told[FINALIZES]


def before(told):
    """Read what an invoice showed before."""
    deeper = {name: deep(told, path) for name, path in DEEPER.items() if path[0] in told}
    return {name: told[name] for name in (*INVOICE, FINALIZES) if name in told} | deeper


SESSION = ("id", "customer", "status", "payment_status", "amount_total", "payment_intent")


def session(told):
    return tuple(told[name] for name in SESSION)


def price(told):
    return tuple(told[name] for name in ("id", "active", "unit_amount", "currency", "product"))


WORDS = {
    "checkout.session": session,
    "product": lambda told: (told["id"], told["active"], told["default_price"]),
    "price": price,
    "payment_intent": payment_intent,
    "charge": charge,
    "customer_cash_balance_transaction": row,
    "refund": refund,
    "transfer": transfer,
    "application_fee": application_fee,
    "invoice": invoice,
    "cash_balance": lambda told: (told["customer"], told["available"]),
    "customer": lambda told: (told["id"], told["currency"]),
    "invoiceitem": lambda told: (told["invoice"], told["amount"]),
    "invoice_payment": lambda told: (told["invoice"], told["status"]),
}


def event(told):
    """Read an event: its type, when, the words of its object, and of an invoice what it was before."""
    subject = told["data"]["object"]
    was = [before(told["data"]["previous_attributes"])] if told["type"] == "invoice.updated" else ()
    return told["type"], told["created"], *WORDS[subject["object"]](subject), *was


def words(document):
    """Read any object."""
    return WORDS[document["object"]](document)
