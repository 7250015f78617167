"""The parameters of payment intents, and what of them only describes an intent.

Source: docs/stripe.md 1.5, 3.1, 3.2, 3.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pytest_stripe_balance.engine.payments.confirmation import HowToConfirm
from pytest_stripe_balance.engine.payments.payment_method_options import PaymentMethodParams
from pytest_stripe_balance.engine.payments.sharing import SharingParams, TransferDataAmount
from pytest_stripe_balance.engine.state import faults, fields
from pytest_stripe_balance.engine.state.records.hashes import NOTHING
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
    from pytest_stripe_balance.engine.state.world import World

UNSET_DETAILS: Hash = {"customer_reference": None, "order_reference": None}


class IntentParams(PaymentMethodParams, total=False):
    """Parameters of create and of update. None clears a field."""

    description: str | None
    hooks: dict[str, Any] | None
    metadata: dict[str, str] | None
    payment_details: dict[str, Any] | None
    receipt_email: str | None
    shipping: dict[str, Any] | None
    statement_descriptor: str | None
    statement_descriptor_suffix: str | None
    transfer_group: str | None


class CreateParams(IntentParams, HowToConfirm, SharingParams, total=False):
    """Parameters of create that need no keyword of their own."""

    confirmation_method: Literal["automatic", "manual"]
    payment_method_configuration: str


class IntentChanges(IntentParams, total=False):
    """Parameters of update that need no keyword of their own."""

    application_fee_amount: int | None
    capture_method: Literal["automatic", "automatic_async"]
    transfer_data: TransferDataAmount


class ConfirmParams(PaymentMethodParams, HowToConfirm, total=False):
    """Parameters of confirm."""

    capture_method: Literal["automatic", "automatic_async"]
    hooks: dict[str, Any] | None
    payment_details: dict[str, Any] | None
    receipt_email: str | None
    shipping: dict[str, Any] | None


NO_EFFECT = frozenset(HowToConfirm.__annotations__) - {"confirmation_token", "error_on_requires_action"}
DESCRIPTIVE = (
    frozenset(IntentParams.__annotations__) - frozenset(PaymentMethodParams.__annotations__)
) | {"capture_method", "confirmation_method"}


def described(intent: PaymentIntent, params: IntentParams | ConfirmParams) -> PaymentIntent:
    """Change the fields that only describe an intent."""
    changes = descriptive(intent.metadata, params)
    return intent._replace(**changes) if changes else intent


def descriptive(metadata: Hash, params: IntentParams | ConfirmParams) -> dict[str, Any]:
    """Give the new values of fields that only describe an intent. `metadata` is its present one."""
    changes: dict[str, Any] = {}
    for name, value in params.items():
        if name == "metadata":
            changes[name] = fields.merged_metadata(metadata, value)  # type: ignore[arg-type] # a TypedDict's items are objects
        elif name == "shipping":
            changes[name] = fields.shipping(value)  # type: ignore[arg-type] # as above
        elif name == "payment_details":
            changes[name] = value and {**UNSET_DETAILS, **value}  # type: ignore[dict-item] # as above
        elif name == "hooks":
            changes[name] = _hooks(params["hooks"])
        elif name in DESCRIPTIVE:
            changes[name] = value
    return changes


def _hooks(hooks: Hash | None) -> Hash | None:
    """Give an intent's hooks; without a tax calculation it has none."""
    tax = ((hooks or NOTHING).get("inputs") or NOTHING).get("tax") or NOTHING
    return hooks if tax.get("calculation") else None


def refuse_for_confirm(params: CreateParams) -> None:
    """Refuse what belongs to a confirm on a create without one, in words that others noted."""
    for name in ("error_on_requires_action", "mandate_data", "off_session", "return_url"):
        if params.get(name, False) is not False:
            raise faults.Fault(
                f"The parameter `{name}` cannot be passed when creating a PaymentIntent unless "
                "`confirm` is set to true.",
                code="payment_intent_invalid_parameter",
                param=name,
                assumption="only-with-confirm",
            )


def configured(world: World, typed: Hash, params: CreateParams) -> dict[str, Any]:
    """Give the configuration that a request names for the automatic payment methods of a new intent."""
    if "payment_method_configuration" not in params:
        return {}
    if "payment_method_configuration" not in typed:
        raise Refused(
            "payment_method_configuration beside a payment method or its types is not modelled. Send "
            "one of them"
        )
    world.readings.rely_on("shown-as-sent")
    return {"payment_method_configuration": params["payment_method_configuration"]}


def note_no_effect(world: World, params: CreateParams | ConfirmParams) -> None:
    """Note what an answer relies on whose parameters change nothing, or are shown as they were sent."""
    if not NO_EFFECT.isdisjoint(params) or params.get("confirmation_method") == "manual":
        world.readings.rely_on("no-effect-on-transfers")
    if "hooks" in params or "payment_details" in params:
        world.readings.rely_on("shown-as-sent")
