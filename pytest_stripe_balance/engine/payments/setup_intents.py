"""Setup intents: a ready-made card is saved without a payment (docs/stripe.md 1.24)."""

from __future__ import annotations

from typing import Any, Literal, TypedDict, Unpack

from pytest_stripe_balance.engine.money import payment_methods, saved_methods
from pytest_stripe_balance.engine.money.ready_made import READY_MADE
from pytest_stripe_balance.engine.payments import card_payments, confirmation, method_types
from pytest_stripe_balance.engine.payments.payment_method_options import AutomaticPaymentMethods
from pytest_stripe_balance.engine.state import faults, fields, parents
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.records.payments import PaymentMethod
from pytest_stripe_balance.engine.state.records.setup_intents import SetupIntent
from pytest_stripe_balance.engine.state.table import ListParams, Page
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.refused import Refused

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
# Why a setup intent in one of the other statuses can't be canceled, in Stripe's words, `it it` too
# [obs antiwork/gumroad].
_NOT_CANCELABLE = {
    "succeeded": "has a status of succeeded. Only a SetupIntent with one of the following statuses may "
    "be canceled: `requires_payment_method`, `requires_confirmation`, or `requires_action`",
    "canceled": "it already canceled",
}


class SetupParams(TypedDict, total=False):
    """Parameters of create and of update."""

    description: str | None
    metadata: dict[str, str] | None


def create(
    world: World,
    *,
    allowed_payment_method_types: list[str] | None = None,
    automatic_payment_methods: AutomaticPaymentMethods | None = None,
    confirm: bool = False,
    customer: str | None = None,
    payment_method: str | None = None,
    payment_method_types: list[str] | None = None,
    return_url: str | None = None,
    usage: Literal["off_session", "on_session"] = "off_session",
    **params: Unpack[SetupParams],
) -> SetupIntent:
    """Make a setup intent, and confirm it at once if `confirm` is set; `setup_intent.created`.

    Without types automatic payment methods are on since 2023-08-16 [doc]; before it is `["card"]` [obs].
    """
    if customer is not None:
        world.customer(customer, in_path=False)
    automatic = automatic_payment_methods
    if automatic and payment_method_types:
        raise faults.one_of("automatic_payment_methods", "payment_method_types")
    types = tuple(kind for kind in allowed_payment_method_types or () if kind != "customer_balance")
    types = types or tuple(payment_method_types or ())
    if not (types or automatic):
        automatic = {"enabled": True}
    _check_types(types)
    intent_id = world.ids.mint("seti_", 24)
    intent = SetupIntent(
        id=intent_id,
        created=world.clock.now,
        client_secret=f"{intent_id}_secret_{world.ids.secret(intent_id, 31)}",
        payment_method_types=types or ("card",),
        allowed_payment_method_types=tuple(allowed_payment_method_types or ()) or None,
        usage=usage,
        automatic_payment_methods=automatic and {"allow_redirects": "always", **automatic},
        payment_method_configuration=(
            "pmc_" + world.ids.secret("configuration", 24) if automatic else None
        ),
        customer=customer,
        description=params.get("description"),
        metadata=fields.merged_metadata({}, params.get("metadata")),
    )
    if payment_method is not None:
        intent = _with_method(world, intent, payment_method)
    if confirm:
        _check_confirm(world, intent, return_url)
    world.record_event("setup_intent.created", world.setup_intents.put(intent))
    return _carry_out(world, intent, return_url) if confirm else intent


def _check_types(types: tuple[str, ...]) -> None:
    method_types.check_known(types)
    if "customer_balance" in types:
        raise Refused(
            "payment_method_types with customer_balance on a setup intent are not modelled: a bank "
            "transfer can't be saved for later"
        )


def retrieve(world: World, intent_id: str) -> SetupIntent:
    """Find a setup intent; 404 with param `intent`."""
    return world.setup_intents.find(intent_id, "intent", assumption="setup-intent-refusals")


def list_(
    world: World,
    *,
    customer: str | None = None,
    payment_method: str | None = None,
    **params: Unpack[ListParams],
) -> Page[SetupIntent]:
    """List setup intents, newest first; with `customer` or `payment_method` only those of it."""
    parents.check(world, customer=customer)
    return world.setup_intents.page(customer=customer, payment_method=payment_method, **params)


def update(
    world: World,
    intent_id: str,
    *,
    customer: str | None = None,
    payment_method: str | None = None,
    **params: Unpack[SetupParams],
) -> SetupIntent:
    """Change a setup intent; it has no event. A new payment method is to be confirmed."""
    intent = retrieve(world, intent_id)
    if customer is not None and customer != intent.customer:
        world.customer(customer, in_path=False)
        if intent.customer is not None or intent.payment_method is not None:
            raise Refused(f"giving {intent_id} another customer is not modelled: create it with one")
        intent = intent._replace(customer=customer)
    if "description" in params:
        intent = intent._replace(description=params["description"])
    if "metadata" in params:
        merged = fields.merged_metadata(intent.metadata, params["metadata"])
        intent = intent._replace(metadata=merged)
    if payment_method is not None:
        if intent.status not in OPEN:
            raise Refused(f"a new payment method on {intent_id}, {intent.status}, is not modelled")
        intent = _with_method(world, intent, payment_method)
    return world.setup_intents.put(intent)


def confirm(
    world: World,
    intent_id: str,
    *,
    payment_method: str | None = None,
    return_url: str | None = None,
) -> SetupIntent:
    """Save the card of a setup intent, as `_carry_out` says."""
    intent = retrieve(world, intent_id)
    if payment_method is not None and intent.status in OPEN:
        intent = _with_method(world, intent, payment_method)
    _check_confirm(world, intent, return_url)
    return _carry_out(world, world.setup_intents.put(intent), return_url)


def cancel(
    world: World,
    intent_id: str,
    *,
    cancellation_reason: Literal["abandoned", "duplicate", "requested_by_customer"] | None = None,
) -> SetupIntent:
    """Cancel a setup intent that isn't done; event `setup_intent.canceled` [doc]."""
    intent = retrieve(world, intent_id)
    if intent.status not in OPEN:
        raise _unexpected(intent, f"cancel this SetupIntent because it {_NOT_CANCELABLE[intent.status]}")
    canceled = world.setup_intents.put(
        intent._replace(status="canceled", cancellation_reason=cancellation_reason, next_action=None)
    )
    world.record_event("setup_intent.canceled", canceled)
    return canceled


def _with_method(world: World, intent: SetupIntent, method_id: str) -> SetupIntent:
    """Give the intent a card, which has to be confirmed."""
    method = payment_methods.found(world, method_id, in_path=False)
    if method.card is None or "card" not in intent.payment_method_types:
        raise Refused(
            f"a setup intent with a {method.type} method is not modelled where it takes "
            f"{', '.join(intent.payment_method_types)}: let it take a card, and send pm_card_visa"
        )
    if method.is_spent:
        raise Fault(saved_methods.SPENT)
    if method.customer not in (None, intent.customer):
        raise Refused(f"{method.id} belongs to {method.customer}: a setup intent of another is refused")
    return intent._replace(payment_method=method.id, status="requires_confirmation", next_action=None)


def _check_confirm(world: World, intent: SetupIntent, return_url: str | None) -> None:
    """Refuse a confirm that isn't possible, before any change."""
    if intent.status not in OPEN:
        raise _unexpected(intent, f"confirm this SetupIntent because it has a status of {intent.status}")
    if intent.payment_method is None:
        raise _unexpected(intent, "confirm this SetupIntent because it's missing a payment method")
    automatic = intent.automatic_payment_methods
    if automatic and return_url is None and automatic["allow_redirects"] == "always":
        world.readings.rely_on("setup-intent-refusals")
        raise Fault(confirmation.NEEDS_RETURN_URL.replace("PaymentIntent", "SetupIntent", 1))


def _unexpected(intent: SetupIntent, because: str) -> Fault:
    code = "setup_intent_unexpected_state"
    fault = Fault(f"You cannot {because}.", code=code, assumption="setup-intent-refusals")
    fault.setup_intent = intent
    return fault


def _carry_out(world: World, intent: SetupIntent, return_url: str | None) -> SetupIntent:
    """Carry out a checked confirm.

    - It succeeds: `setup_intent.succeeded`, and then `payment_method.attached` if it has a customer.
    - A card that declines when it is attached is a 402: `setup_intent.setup_failed`.
    - A card that must be authenticated waits: `setup_intent.requires_action`.
    """
    world.readings.rely_on("setup-intent-events")
    method = world.payment_methods.find(intent.payment_method or "", "payment_method")
    intent = intent._replace(latest_attempt=world.ids.mint("setatt_", 24), last_setup_error=None)
    ready = READY_MADE[method.ready_made]
    if ready.decline is not None and not ready.attaches:
        raise _failed(world, intent, method)
    if ready.authenticates:
        action = card_payments.next_action(world, intent.id, return_url)
        waiting = world.setup_intents.put(intent._replace(status="requires_action", next_action=action))
        world.record_event("setup_intent.requires_action", waiting)
        return waiting
    done = world.setup_intents.put(intent._replace(status="succeeded", next_action=None))
    world.record_event("setup_intent.succeeded", done)
    if method.customer is None and intent.customer is not None:
        saved_methods.save(world, method, intent.customer)
    else:
        world.payment_methods.put(payment_methods.checked(method))
    return done


def _failed(world: World, intent: SetupIntent, method: PaymentMethod) -> Fault:
    """Record a declined card on the intent, and make the fault that keeps it there."""
    decline = READY_MADE[method.ready_made].decline
    assert decline is not None, "unreachable because only a decline fails"
    error: dict[str, Any] = {**card_payments.error(decline, method), "payment_method": method}
    failed = world.setup_intents.put(
        intent._replace(
            status="requires_payment_method",
            payment_method=None,
            last_setup_error=dict(sorted(error.items())),
            next_action=None,
        )
    )
    world.record_event("setup_intent.setup_failed", failed)
    fault = saved_methods.declined(decline, keeps_changes=True)
    fault.setup_intent, fault.method = failed, method
    fault.more = {**fault.more, "payment_method_type": method.type}
    return fault
