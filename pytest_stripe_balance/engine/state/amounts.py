"""Amounts in whole minor units: how Stripe writes them, and its limits."""

from __future__ import annotations

from decimal import Decimal

from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.world import World

ZERO_DECIMAL = frozenset({"jpy"})
SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "mxn": "$"}
MINIMUM = {"usd": 50, "eur": 50, "gbp": 30, "jpy": 50, "mxn": 1000}
# Currencies without bank transfers, with Stripe's documented minimum for cards.
MINIMUM_BY_CARD = {
    "aud": 50,
    "cad": 50,
    "chf": 50,
    "dkk": 250,
    "hkd": 400,
    "nok": 300,
    "nzd": 50,
    "sek": 300,
    "sgd": 50,
}
LEAST = {**MINIMUM, **MINIMUM_BY_CARD}  # of an intent
MAXIMUM = 99_999_999


def written(amount: int, currency: str) -> str:
    """Write an amount as Stripe's messages do: "$1,234.50", "¥500"."""
    sign = ("-" if amount < 0 else "") + SYMBOLS.get(currency, "")
    if currency in ZERO_DECIMAL:
        return f"{sign}{abs(amount):,}"
    units, cents = divmod(abs(amount), 100)
    return f"{sign}{units:,}.{cents:02d}"


def check_intent_amount(amount: int, currency: str) -> None:
    """Raise Stripe's fault for an amount below its minimum or above its maximum [obs]."""
    least = LEAST[currency]
    if amount < least:
        message = f"Amount must be at least {written(least, currency)} {currency}"
        raise Fault(message, code="amount_too_small", param="amount")
    if amount > MAXIMUM:
        raise too_large(MAXIMUM, currency)


def too_large(most: int, currency: str) -> Fault:
    """Make the fault for an amount above a limit (docs/stripe.md 5.4)."""
    message = f"Amount must be no more than {written(most, currency)}"
    return Fault(message, code="amount_too_large", param="amount")


def lowered(world: World, currency: str) -> str:
    """Give a currency in lower case, as Stripe reads capitals."""
    if currency != currency.lower():
        world.readings.rely_on("capital-currency")
    return currency.lower()


def plain(unit: Decimal) -> str:
    """Write a decimal without trailing zeros; `normalize` would round it to 28 digits."""
    whole, _, rest = format(unit, "f").partition(".")
    return f"{whole}.{rest}".rstrip("0").rstrip(".") if rest else whole
