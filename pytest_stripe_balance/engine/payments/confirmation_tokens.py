"""Confirmation tokens: made as by a page, read, and used to confirm an intent (docs/stripe.md 1.19)."""

from __future__ import annotations

from typing import Any, Literal, TypedDict, TypeVar

from pytest_stripe_balance.engine.money import payment_methods
from pytest_stripe_balance.engine.money.payment_methods import PaymentMethodData
from pytest_stripe_balance.engine.payments.payment_method_options import PaymentMethodParams
from pytest_stripe_balance.engine.state import faults
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.records.hashes import Hash
from pytest_stripe_balance.engine.state.records.payments import PaymentIntent, PaymentMethod
from pytest_stripe_balance.engine.state.records.sessions import ConfirmationToken
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.refused import Refused

LASTS = 12 * 60 * 60  # seconds [doc]


class TokenShipping(TypedDict, total=False):
    """Where to ship to, as a page collects it."""

    address: dict[str, Any]
    name: str
    phone: str | None


def create(
    world: World,
    *,
    payment_method: str | None = None,
    payment_method_data: PaymentMethodData | None = None,
    return_url: str | None = None,
    setup_future_usage: Literal["off_session", "on_session"] | None = None,
    shipping: TokenShipping | None = None,
) -> ConfirmationToken:
    """Make a token, as a page does. It lasts for 12 hours [doc], and has no event.

    `payment_method_data` takes precedence over `payment_method` [sdk]. The name of a ready-made card
    makes a new method of it.
    """
    world.readings.rely_on("confirmation-token-shape")
    method = None
    if payment_method_data is not None:
        preview = _preview_of_data(world, payment_method_data)
    elif payment_method is not None:
        method = payment_methods.found(world, payment_method, in_path=False)
        preview = _preview(method)
    else:
        world.readings.rely_on("confirmation-token-refusals")
        message = "You must specify either `payment_method` or `payment_method_data`."
        raise Fault(message)
    return world.confirmation_tokens.put(
        ConfirmationToken(
            id=world.ids.mint("ctoken_", 24),
            created=world.clock.now,
            expires_at=world.clock.now + LASTS,
            preview=preview,
            payment_method=method and method.id,
            return_url=return_url,
            setup_future_usage=setup_future_usage,
            shipping=shipping,
        )
    )


def retrieve(world: World, token_id: str) -> ConfirmationToken:
    """Find a token; 404 with param `confirmation_token`."""
    return world.confirmation_tokens.find(
        token_id, "confirmation_token", assumption="confirmation-token-refusals"
    )


def _preview_of_data(world: World, data: PaymentMethodData) -> Hash:
    """Give what a method of this data will be; nothing is stored."""
    if data.get("type") == "card":
        raise Refused(
            "payment_method_data of type card is not modelled for a confirmation token: make it with "
            "payment_method='pm_card_visa' in its place"
        )
    return _preview(payment_methods.drafted(world, data)) | {"metadata": data.get("metadata")}


def _preview(method: PaymentMethod) -> dict[str, Any]:
    return {
        "allow_redisplay": method.allow_redisplay,
        "billing_details": method.billing_details,
        "card": method.card,
        "customer": method.customer,
        "type": method.type,
    }


P = TypeVar("P", bound=PaymentMethodParams)


def filled(world: World, token_id: str, params: P) -> P:
    """Give the parameters of a confirm with what its token has; those of the request stay [sdk].

    400 with param `confirmation_token` for one that is unknown, was used or has expired.
    """
    token = _usable(world, token_id)
    own: dict[str, Any] = {**params}
    given = {"payment_method", "payment_method_data"} & own.keys()
    if given and world.readings.rely_on("confirmation-token-precedence") == "refused":
        raise faults.one_of("confirmation_token", min(given))
    if not given:
        own |= _method_of(token)
    if token.return_url is not None:
        own.setdefault("return_url", token.return_url)
    if token.setup_future_usage is not None:
        own.setdefault("setup_future_usage", token.setup_future_usage)
    if token.shipping is not None:
        own.setdefault("shipping", token.shipping)
    return own  # type: ignore[return-value] # the same keys, and some more


def _method_of(token: ConfirmationToken) -> dict[str, Any]:
    """Give the payment method of a token, or what to make it of."""
    if token.payment_method is not None:
        return {"payment_method": token.payment_method}
    return {"payment_method_data": {name: value for name, value in token.preview.items() if value}}


def _usable(world: World, token_id: str) -> ConfirmationToken:
    name, assumption = "confirmation_token", "confirmation-token-refusals"
    token = world.confirmation_tokens.find(token_id, name, in_path=False, assumption=assumption)
    if token.payment_intent is not None:
        because = f"it was already used to confirm the PaymentIntent {token.payment_intent}"
    elif world.clock.now >= token.expires_at:
        because = f"it expired at {token.expires_at}"
    else:
        return token
    message = f"You cannot use the ConfirmationToken {token_id} because {because}. Collect a new one."
    raise Fault(message, param=name, assumption=assumption)


def use(world: World, token_id: str, intent: PaymentIntent) -> None:
    """Note which intent a token confirms; it is used up, whatever becomes of the payment."""
    world.readings.rely_on("confirmation-token-once")
    token = world.confirmation_tokens.find(token_id, "confirmation_token")
    world.confirmation_tokens.put(token._replace(payment_intent=intent.id))
