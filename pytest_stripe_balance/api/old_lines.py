"""What a Checkout Session took until 2022-08-01 [doc]: lines by amount, shipping_rates."""

from __future__ import annotations

from pytest_stripe_balance.api.form import Form
from pytest_stripe_balance.api.parameters import value_at
from pytest_stripe_balance.engine.state import faults
from pytest_stripe_balance.refused import Refused

# What a line had of its own, and what must be sent of it.
_OF_A_LINE = ("amount", "currency", "description", "images", "name")
_REQUIRED = ("name", "amount", "currency")
_THEN = "Stripe took this before API version 2022-08-01, and the fake does not model it"


def now_called(fields: Form) -> Form:
    """Give a form with its lines by amount written as price_data. Refused for what has no such form.

    A fault names the parameter as it was sent.
    """
    if "shipping_rates" in fields:
        raise Refused(f"shipping_rates: {_THEN}. Leave it out, and add a line for the shipping")
    lines = fields.get("line_items")
    if not isinstance(lines, dict):
        return fields
    return {**fields, "line_items": {at: _line(line, at) for at, line in lines.items()}}


def _line(line: str | Form, at: str) -> str | Form:
    if not isinstance(line, dict) or line.keys().isdisjoint(_OF_A_LINE):
        return line
    if beside := line.keys() & {"price", "price_data"}:
        names = ", ".join(name for name in _OF_A_LINE if name in line)
        raise Refused(
            f"line_items[{at}]: {names} beside {min(beside)}: {_THEN}. Leave out one of them, or say it "
            "in price_data"
        )
    for name in _REQUIRED:
        if name not in line:
            raise faults.missing_parameter(f"line_items[{at}][{name}]")
    value_at(("line_items", at, "amount"), line["amount"], {"type": "integer"})
    product: Form = {name: line[name] for name in ("name", "description", "images") if name in line}
    cost: Form = {
        "currency": line["currency"],
        "unit_amount": line["amount"],
        "product_data": product,
    }
    rest = {name: value for name, value in line.items() if name not in _OF_A_LINE}
    return {**rest, "price_data": cost}
