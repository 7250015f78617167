"""Stripe's error answers, as the engine raises them: status, type, code, param and message.

Texts seen from Stripe are exact (docs/stripe.md 5). Where none is on record, the caller names the
assumption that it relies on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_stripe_balance.engine.state.records.hashes import NOTHING

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.records.payments import PaymentIntent, PaymentMethod
    from pytest_stripe_balance.engine.state.records.setup_intents import SetupIntent


# What follows the text about a missing object, by its noun [obs, 2026-08-26.dahlia].
_BEHIND = {"Invoice Item": "(livemode=false)"}


class Fault(Exception):  # noqa: N818 - Stripe answers it; it is no failure of this package
    """An error answer. `intent`, `method` and `setup_intent` are what the body embeds, if any.

    A draft of an intent, which has no id yet, isn't embedded: it was refused before it was created.

    `more` are other keys of the error, as those of a declined card.

    `has_request_id` is False for answers without Request-Id and Stripe-Version (401). `logged` is False
    for answers without `request_log_url`. `assumption` names the assumption that the answer relies on.
    With `keeps_changes` the changes that were made before it stay, as those of a failed payment do.
    `executed` is False for answers from before the execution, which no idempotency key keeps. `missing`
    is the id of an object that there isn't.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",  # noqa: A002 - Stripe's own name for it
        code: str | None = None,
        param: str | None = None,
        intent: PaymentIntent | None = None,
        has_request_id: bool = True,
        assumption: str | None = None,
        keeps_changes: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.type = type
        self.code = code
        self.param = param
        self.intent = intent if intent is not None and intent.id else None
        self.has_request_id = has_request_id
        self.logged = has_request_id
        self.assumption = assumption
        self.keeps_changes = keeps_changes
        self.executed = True
        self.missing: str | None = None
        self.method: PaymentMethod | None = None
        self.setup_intent: SetupIntent | None = None
        self.more: Hash = NOTHING


def missing_object(
    noun: str, record_id: str, param: str, *, in_path: bool, assumption: str | None = None
) -> Fault:
    """Make the fault for an unknown object (docs/stripe.md 5.3).

    404 if the id is in the path, 400 if it is a parameter.
    """
    fault = Fault(
        f"No such {noun}: '{record_id}'{_BEHIND.get(noun, '')}",
        status=404 if in_path else 400,
        code="resource_missing",
        param=param,
        assumption=assumption,
    )
    fault.missing = record_id
    return fault


def missing_parameter(param: str) -> Fault:
    """Make the fault for a missing required parameter (docs/stripe.md 5.4)."""
    return Fault(f"Missing required param: {param}.", code="parameter_missing", param=param)


def nothing_to_invoice() -> Fault:
    """Make the fault for an invoice that requires pending items, of a customer who has none.

    Message and param are those of a body in pinax/pinax-stripe-light #324, which is older than the
    documented code.
    """
    message, code = "Nothing to invoice for customer", "invoice_no_customer_line_items"
    return Fault(message, code=code, param="customer")


def unexpected_state(message: str, intent: PaymentIntent, param: str | None = None) -> Fault:
    """Make the fault for an intent whose status forbids the call (docs/stripe.md 5.5).

    The body embeds the intent.
    """
    return Fault(message, code="payment_intent_unexpected_state", param=param, intent=intent)


def one_of(first: str, second: str, *, assumption: str | None = None) -> Fault:
    """Make the fault for parameters that exclude each other; its param is the first [obs]."""
    message = f"You may only specify one of these parameters: {first}, {second}."
    return Fault(message, param=first, assumption=assumption)


def setup_with_bank_transfer() -> Fault:
    """Make the fault for setup_future_usage beside customer_balance [obs thebiggive/matchbot]."""
    return Fault(
        "`setup_future_usage` cannot be used with one or more of the values you specified in "
        "`payment_method_types`. Please remove `setup_future_usage` or remove these types from "
        '`payment_method_types`: ["customer_balance"].'
    )
