"""Stripe's own error answers, as the engine raises them: status, type, code, param and message.

Where a text was seen from Stripe it is exact (docs/stripe.md 5); where nothing is on record the caller
has named the assumption that it relies on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records import PaymentIntent


# What the text about one missing object of a kind has behind it [obs, 2026-08-26.dahlia].
_BEHIND = {"Invoice Item": "(livemode=false)"}


class Fault(Exception):  # noqa: N818 - it is an answer of Stripe's, not a failure of ours
    """An error answer. `intent` is the PaymentIntent that the body embeds, as state errors do.

    `has_request_id` is False for answers without Request-Id and Stripe-Version (401). `logged` is False
    for answers without `request_log_url`. `assumption` names the assumption that the answer relies on.
    With `keeps_changes` the changes that were made before it stay, as those of a failed payment do.
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
        self.intent = intent
        self.has_request_id = has_request_id
        self.logged = has_request_id
        self.assumption = assumption
        self.keeps_changes = keeps_changes


def missing_object(
    noun: str, record_id: str, param: str, *, in_path: bool, assumption: str | None = None
) -> Fault:
    """No such object: 404 where the path names it, 400 where a parameter does (docs/stripe.md 5.3)."""
    return Fault(
        f"No such {noun}: '{record_id}'{_BEHIND.get(noun, '')}",
        status=404 if in_path else 400,
        code="resource_missing",
        param=param,
        assumption=assumption,
    )


def missing_parameter(param: str) -> Fault:
    """A required parameter isn't there (docs/stripe.md 5.4)."""
    return Fault(f"Missing required param: {param}.", code="parameter_missing", param=param)


def unexpected_state(message: str, intent: PaymentIntent, param: str | None = None) -> Fault:
    """An intent in a status that doesn't allow it; the body embeds the intent (docs/stripe.md 5.5)."""
    return Fault(message, code="payment_intent_unexpected_state", param=param, intent=intent)
