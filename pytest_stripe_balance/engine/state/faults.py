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

    `identified` is False for the answers that carry neither Request-Id nor Stripe-Version (401), and
    `logged` for those that name no log of the request;
    `assumed` names the assumption that the answer relies on, if any; `noted` says that what was
    written before it stays, as a failed payment does.
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
        identified: bool = True,
        assumed: str | None = None,
        noted: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.type = type
        self.code = code
        self.param = param
        self.intent = intent
        self.identified = identified
        self.logged = identified
        self.assumed = assumed
        self.noted = noted


def missing_object(
    noun: str, given: str, param: str, *, in_path: bool, assumed: str | None = None
) -> Fault:
    """No such object: 404 where the path names it, 400 where a parameter does (docs/stripe.md 5.3)."""
    return Fault(
        f"No such {noun}: '{given}'{_BEHIND.get(noun, '')}",
        status=404 if in_path else 400,
        code="resource_missing",
        param=param,
        assumed=assumed,
    )


def missing_parameter(param: str) -> Fault:
    """A required parameter isn't there (docs/stripe.md 5.4)."""
    return Fault(f"Missing required param: {param}.", code="parameter_missing", param=param)


def unexpected_state(message: str, intent: PaymentIntent, param: str | None = None) -> Fault:
    """An intent in a status that doesn't allow it; the body embeds the intent (docs/stripe.md 5.5)."""
    return Fault(message, code="payment_intent_unexpected_state", param=param, intent=intent)
