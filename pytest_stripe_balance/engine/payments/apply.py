"""apply_customer_balance: its refusals in order, and the money that it moves (docs/stripe.md 3.4).

Others have seen the refusals: gburgyan/aat-stripe checks their status, type, code and param in Stripe's
test mode every night (plans/cash-balance/apply-refusals.yaml, at 2026-08-26.dahlia). Their texts aren't
public, so ours are an assumption (apply-refusal-texts).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pytest_stripe_balance.engine.money import checkout_settlement, invoice_settlement
from pytest_stripe_balance.engine.money.allocation import put_money
from pytest_stripe_balance.engine.state import amounts, faults
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.records.customers import Customer
from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.refused import Refused

APPLICABLE = ("requires_action", "requires_payment_method")


def apply_customer_balance(
    world: World, intent_id: str, *, amount: int | None = None, currency: str | None = None
) -> PaymentIntent:
    """Move cash from the customer's balance to an intent.

    `amount` (minor units) defaults to the remaining amount. `currency` must be the intent's.

    - Paid in full, the intent succeeds: `customer_cash_balance_transaction.created`,
      `charge.succeeded`, `payment_intent.succeeded`.
    - Paid in part, it stays incomplete: `customer_cash_balance_transaction.created`,
      `payment_intent.partially_funded`.
    - The intent of an invoice takes its full amount, whatever `amount` says. The events of
      `invoice_settlement.succeeded` follow.

    Faults: the table REFUSALS, in its order. The payment method type is checked before the status [obs
    aat-stripe].
    """
    intent = world.payment_intents.find(intent_id, "intent", assumption="apply-unknown-intent")
    checkout_settlement.refuse_open(world, intent, "applying cash to")
    if intent.invoice is not None:
        world.readings.rely_on("apply-invoice")
        amount = None
    attempt = Attempt(world, intent, amount, currency and amounts.lowered(world, currency))
    attempt.refuse()
    if intent.next_action is not None:
        raise Refused(
            f"applying cash to {intent_id}, which waits for a card's authentication, is not modelled: "
            "confirm it by bank transfer first"
        )
    customer = attempt.customer
    assert customer is not None, "unreachable because an intent without a customer is refused"
    attempt.note_assumptions(customer)
    return put_money(world, intent, customer, attempt.sum)


@dataclass(frozen=True)
class Attempt:
    """One call of apply_customer_balance, with the values that its refusals check."""

    world: World
    intent: PaymentIntent
    amount: int | None
    currency: str | None

    @property
    def customer(self) -> Customer | None:
        """The intent's customer, perhaps deleted; None if it has none."""
        return self.world.customers.get(self.intent.customer or "")

    @property
    def balance(self) -> int:
        """The customer's available cash in the intent's currency."""
        return self.world.ledger.balance(self.intent.customer or "", self.intent.currency)

    @property
    def wanted(self) -> int:
        """The requested amount: `amount`, or all that remains."""
        return self.intent.remaining if self.amount is None else self.amount

    @property
    def partial(self) -> bool:
        """Whether no amount was requested and the balance covers only a part. Never for an invoice."""
        if self.amount is not None or self.intent.invoice is not None:
            return False
        return 0 < self.balance < self.intent.remaining

    @property
    def sum(self) -> int:
        """The amount that moves if nothing is refused."""
        return self.balance if self.partial else self.wanted

    def refuse(self) -> None:
        """Raise the fault of the first broken rule."""
        broken = next((refusal for refusal in REFUSALS if refusal.broken(self)), None)
        if broken is None:
            return
        self.world.readings.rely_on("apply-refusal-texts")
        if broken.assumption is not None:
            self.world.readings.rely_on(broken.assumption)
        raise broken.fault(self)

    def note_assumptions(self, customer: Customer) -> None:
        """Note the assumptions that this success relies on."""
        rely_on = self.world.readings.rely_on
        if self.partial:
            rely_on("apply-without-amount-short")
        if self.intent.payment_method is None:
            rely_on("apply-never-confirmed")
        if self.intent.status == "requires_confirmation":
            rely_on("apply-after-update")
        if self.world.reconciliation_mode(customer) == "automatic":
            rely_on("apply-automatic-customer")


@dataclass(frozen=True)
class Refusal:
    """One rule: when it is broken, its fault, and the assumption if nobody has seen that fault."""

    broken: Callable[[Attempt], bool]
    fault: Callable[[Attempt], Fault]
    assumption: str | None = None


def _wrong_status(attempt: Attempt) -> bool:
    intent, readings = attempt.intent, attempt.world.readings
    if intent.status == "requires_confirmation" and intent.amount_updated:
        return readings.reading("apply-after-update") == "confirm-first"
    return intent.status not in APPLICABLE


def _status_fault(attempt: Attempt) -> Fault:
    if attempt.intent.status == "requires_confirmation" and attempt.intent.amount_updated:
        attempt.world.readings.rely_on("apply-after-update")
    message = (
        "You cannot apply the customer balance to this PaymentIntent because it has a status of "
        f"{attempt.intent.status}. Only a PaymentIntent with one of the following statuses may be "
        f"applied to: {', '.join(APPLICABLE)}."
    )
    return faults.unexpected_state(message, attempt.intent)


def _above_balance(attempt: Attempt) -> bool:
    if attempt.partial:
        return attempt.world.readings.reading("apply-without-amount-short") == "refused"
    return attempt.wanted > attempt.balance


def _balance_fault(attempt: Attempt) -> Fault:
    if attempt.partial:
        attempt.world.readings.rely_on("apply-without-amount-short")
    currency = attempt.intent.currency
    message = (
        "The customer's cash balance is not enough: "
        f"{amounts.written(attempt.wanted, currency)} {currency} was to be applied, "
        f"{amounts.written(attempt.balance, currency)} {currency} is available."
    )
    match attempt.world.readings.reading("apply-above-balance"):
        case "balance_insufficient":
            return Fault(message, code="balance_insufficient")
        case "card_error":
            return Fault(message, status=402, type="card_error", code="insufficient_funds")
        case _:
            return Fault(message)


def _above(most: str, amount: int, currency: str) -> Fault:
    """Make the fault for too large an amount; it has no code and no param [obs aat-stripe]."""
    return Fault(f"The amount is above {most}, which is {amounts.written(amount, currency)} {currency}.")


def _uncollectible(attempt: Attempt) -> bool:
    intent = attempt.intent
    if intent.invoice is None:
        return False
    return invoice_settlement.invoice_of(attempt.world, intent).status == "uncollectible"


REFUSALS = (
    Refusal(
        lambda attempt: "customer_balance" not in attempt.intent.payment_method_types,
        lambda _: Fault("This PaymentIntent does not accept the payment method type customer_balance."),
    ),
    Refusal(
        lambda attempt: attempt.customer is None or attempt.customer.deleted,
        lambda _: faults.missing_parameter("customer"),
        "apply-no-customer",
    ),
    Refusal(_wrong_status, _status_fault),
    Refusal(
        _uncollectible,
        lambda attempt: faults.unexpected_state(
            "You cannot apply the customer balance to this PaymentIntent because its invoice "
            f"{attempt.intent.invoice} is uncollectible. Only an open invoice may be applied to.",
            attempt.intent,
        ),
        "apply-invoice-uncollectible",
    ),
    Refusal(
        lambda attempt: attempt.currency not in (None, attempt.intent.currency),
        lambda attempt: Fault(
            f"The currency {attempt.currency} is not the currency of this PaymentIntent, "
            f"{attempt.intent.currency}."
        ),
    ),
    Refusal(
        lambda attempt: (attempt.amount or 0) > attempt.intent.amount,
        lambda attempt: _above("the PaymentIntent's", attempt.intent.amount, attempt.intent.currency),
    ),
    Refusal(
        lambda attempt: attempt.wanted > attempt.intent.remaining,
        lambda attempt: _above(
            "what remains of the PaymentIntent", attempt.intent.remaining, attempt.intent.currency
        ),
    ),
    Refusal(_above_balance, _balance_fault, "apply-above-balance"),
)
