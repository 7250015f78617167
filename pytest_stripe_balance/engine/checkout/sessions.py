"""Checkout Sessions in mode payment: create, retrieve, list, update, expire (docs/stripe.md 1.14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from pytest_stripe_balance.engine.checkout import line_items, method_types, pages, parameters
from pytest_stripe_balance.engine.checkout.method_types import BANK_TRANSFER
from pytest_stripe_balance.engine.checkout.parameters import IntentData, SessionParams
from pytest_stripe_balance.engine.money import checkout_settlement
from pytest_stripe_balance.engine.payments import payment_intents, sharing
from pytest_stripe_balance.engine.payments.method_types import refuse_descriptor
from pytest_stripe_balance.engine.state import faults, fields, parents
from pytest_stripe_balance.engine.state.determinism import DAY
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.records.checkout import CheckoutLine, CheckoutSession
from pytest_stripe_balance.engine.state.records.hashes import NOTHING
from pytest_stripe_balance.engine.state.table import Cursors, ListParams, Table
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
    from pytest_stripe_balance.engine.state.table import Page
    from pytest_stripe_balance.engine.state.world import World

SOONEST = 30 * 60  # seconds after its creation, when a session may expire [doc]
RECOVERABLE = 30 * DAY  # for how long an expired session can be recovered [doc]
INTENT_AT_ONCE_UNTIL = "2022-08-01"
ASYNC_CAPTURE_SINCE = "2024-04-10"
TOO_EARLY = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
TOO_LATE = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."


class DetailsFilter(TypedDict, total=False):
    """customer_details of a list."""

    email: str


class SessionIntentData(TypedDict, total=False):
    """payment_intent_data of an update."""

    description: str | None
    metadata: dict[str, str] | None
    statement_descriptor: str | None
    statement_descriptor_suffix: str | None


def create(world: World, **params: Unpack[SessionParams]) -> CheckoutSession:
    """Create a session; no event [sdk: there is no type for one].

    Its intent is made when the customer submits the page; before 2022-08-01 it is made at once [doc].
    Faults: docs/stripe.md 1.14.
    """
    _check_mode(params)
    ui_mode = pages.mode_of(params)
    pages.check(world, ui_mode, params)
    email = _email(world, params)
    expires_at = _expiry(world, params.get("expires_at"))
    lines = line_items.make(world, params.get("line_items", []))
    currency = line_items.currency_of(world, lines, params.get("currency"))
    line_items.check_total(sum(line.amount for line in lines), currency)
    methods = method_types.of(world, currency, params)
    data = params.get("payment_intent_data", {})
    _check_shares(world, data, sum(line.amount for line in lines))
    _check_descriptor(world, data, methods.types)
    session_id = _mint(world, promoted=params.get("allow_promotion_codes", False))
    session = CheckoutSession(
        id=session_id,
        created=world.clock.now,
        expires_at=expires_at,
        currency=currency,
        lines=lines,
        payment_method_types=methods.types,
        options=methods.options,
        intent_params=_intent_params(world, params),
        shown=_shown(params, ui_mode),
        ui_mode=ui_mode,
        customer=params.get("customer"),
        customer_creation=_customer_creation(params),
        customer_email=params.get("customer_email"),
        customer_update=params.get("customer_update", NOTHING),
        email=email,
        configuration=methods.configuration,
        metadata=fields.merged_metadata({}, params.get("metadata")),
        **pages.of_new(world, session_id, ui_mode),
    )
    world.readings.rely_on("checkout-shape")
    world.checkout_sessions.put(session)
    return _with_intent(world, session) if world.asked_version < INTENT_AT_ONCE_UNTIL else session


def retrieve(world: World, session_id: str) -> CheckoutSession:
    """Find a session; 404 without param, in words of its own [obs onetimesecret/onetimesecret]."""
    session = world.checkout_sessions.get(session_id)
    if session is None:
        fault = Fault(f"No such checkout.session: {session_id}", status=404, code="resource_missing")
        fault.missing = session_id
        raise fault
    return session


def list_(
    world: World,
    *,
    customer: str | None = None,
    customer_details: DetailsFilter | None = None,
    payment_intent: str | None = None,
    payment_link: str | None = None,
    status: Literal["complete", "expired", "open"] | None = None,
    subscription: str | None = None,
    **params: Unpack[ListParams],
) -> Page[CheckoutSession]:
    """List sessions, newest first: those of a customer, an e-mail address, an intent or a status.

    The fake has no payment links and no subscriptions, so each is unknown.
    """
    parents.check(world, customer=customer, payment_intent=payment_intent)
    for name, there in (("payment_link", payment_link), ("subscription", subscription)):
        if there is not None:
            assumption = "list-unknown-customer"
            raise faults.missing_object(name, there, name, in_path=False, assumption=assumption)
    return world.checkout_sessions.page(
        customer=customer,
        email=(customer_details or {}).get("email"),
        payment_intent=payment_intent,
        status=status,
        **params,
    )


def list_line_items(world: World, session_id: str, **cursors: Unpack[Cursors]) -> Page[CheckoutLine]:
    """List a session's lines, in their order."""
    lines: Table[CheckoutLine] = Table("item")
    for line in reversed(retrieve(world, session_id).lines):
        lines.put(line)
    return lines.page(**cursors)


def update(
    world: World,
    session_id: str,
    *,
    metadata: dict[str, str] | None = None,
    payment_intent_data: SessionIntentData | None = None,
) -> CheckoutSession:
    """Change a session's metadata, or what its intent will be made with; no event [sdk].

    Its lines can't be changed here: expire it, and make another one.
    """
    session = retrieve(world, session_id)
    changed = session
    if metadata is not None:
        changed = changed._replace(metadata=fields.merged_metadata(session.metadata, metadata))
    if payment_intent_data is not None:
        if session.status != "open" or session.payment_intent is not None:
            raise Refused(
                f"payment_intent_data of {session_id}, which has its payment intent, is not modelled: "
                "update the payment intent"
            )
        _check_descriptor(world, payment_intent_data, session.payment_method_types)
        changed = changed._replace(intent_params={**session.intent_params, **payment_intent_data})
    return world.checkout_sessions.put(changed)


def expire(world: World, session_id: str) -> CheckoutSession:
    """Expire an open session; event `checkout.session.expired`. The words of the fault were quoted."""
    session = retrieve(world, session_id)
    if session.status != "open":
        raise faults.Fault(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has '
            f"a status of `{session.status}`.",
            assumption="checkout-refusals",
        )
    shown = _with_recovery(world, session)
    expired = world.checkout_sessions.put(session._replace(status="expired", url=None, shown=shown))
    if session.payment_intent is not None:
        world.readings.rely_on("checkout-intent-at-once")
        intent = world.payment_intents.find(session.payment_intent, "intent")
        payment_intents.withdraw(world, intent, "expired")
    world.record_event("checkout.session.expired", expired)
    return expired


def _with_recovery(world: World, session: CheckoutSession) -> Hash:
    """Give an expired session's URL that makes a copy of it, if it is to have one [doc]."""
    recovery = (session.shown["after_expiration"] or NOTHING).get("recovery")
    if not (recovery and recovery["enabled"]):
        return session.shown
    world.readings.rely_on("checkout-shape")
    url = f"https://buy.stripe.com/r/test_{world.ids.secret(f'{session.id} recovery', 20)}"
    made = {**recovery, "expires_at": world.clock.now + RECOVERABLE, "url": url}
    return {**session.shown, "after_expiration": {"recovery": made}}


def fall_due(world: World, session: CheckoutSession) -> None:
    """Expire a session whose page was open for as long as it may be."""
    expire(world, session.id)


def _check_mode(params: SessionParams) -> None:
    mode = params.get("mode")
    if mode is None:
        raise faults.missing_parameter("mode")
    if mode == "payment":
        return
    if mode == "subscription" and "payment_intent_data" in params:
        message = "You can not pass `payment_intent_data` in `subscription` mode."
        raise faults.Fault(message, assumption="checkout-refusals")
    raise Refused(f"Checkout Sessions in mode {mode} are not modelled; in mode payment they are")


def _email(world: World, params: SessionParams) -> str | None:
    """Give the e-mail address of a session, which is its customer's; refuse what excludes a customer."""
    if "customer" not in params:
        if "customer_update" in params:
            world.readings.rely_on("checkout-refusals")
            message = "`customer_update` can only be used with `customer`."
            raise faults.Fault(message, param="customer_update")
        return params.get("customer_email")
    for name in ("customer_email", "customer_creation"):
        if name in params:
            raise faults.one_of("customer", name, assumption="checkout-refusals")
    return world.customer(params["customer"], in_path=False).email


def _expiry(world: World, expires_at: int | None) -> int:
    """Give the moment of the expiration: a day after the creation, or what was sent."""
    now = world.clock.now
    if expires_at is None:
        return now + DAY
    if not now + SOONEST <= expires_at <= now + DAY:
        message = TOO_EARLY if expires_at < now + SOONEST else TOO_LATE
        raise faults.Fault(message, param="expires_at", assumption="checkout-refusals")
    return expires_at


def _check_shares(world: World, data: IntentData, total: int) -> None:
    """Refuse a fee or a transfer that the intent couldn't have; a fault names the parameter here."""
    try:
        sharing.of_new(world, data, total)
    except faults.Fault as fault:
        if fault.param is not None:
            first, bracket, rest = fault.param.partition("[")
            fault.param = f"payment_intent_data[{first}]{bracket}{rest}"
        raise


def _check_descriptor(
    world: World, data: IntentData | SessionIntentData, types: tuple[str, ...]
) -> None:
    if data.get("statement_descriptor") is not None:
        param = "payment_intent_data[statement_descriptor]"
        refuse_descriptor(world, types, param)


def _mint(world: World, *, promoted: bool) -> str:
    """Make an id: its first letter is b with promotion codes, and a without [obs]."""
    return world.ids.mint(f"cs_test_{'b' if promoted else 'a'}", 57)


def _customer_creation(params: SessionParams) -> str | None:
    """Tell whether a guest becomes a customer; an older version's default is among its params."""
    return None if "customer" in params else params.get("customer_creation", "if_required")


def _shown(params: SessionParams, ui_mode: str) -> dict[str, Any]:
    values = parameters.shown(params, has_customer="customer" in params)
    if ui_mode == pages.EMBEDDED:
        values.setdefault("redirect_on_completion", "always")
    for name in ("allowed_payment_method_types", "excluded_payment_method_types"):
        values[name] = params.get(name)
    return values


def _intent_params(world: World, params: SessionParams) -> dict[str, Any]:
    """Give what the intent is made with. Its capture method is that of the session's version."""
    is_new = world.asked_version >= ASYNC_CAPTURE_SINCE
    default = "automatic_async" if is_new else "automatic"
    return {"capture_method": default, **params.get("payment_intent_data", {})}


def _with_intent(world: World, session: CheckoutSession) -> CheckoutSession:
    """Make the intent of a session at once."""
    world.readings.rely_on("checkout-intent-at-once")
    return checkout_settlement.link(world, session, new_intent(world, session))


def new_intent(world: World, session: CheckoutSession, **paid: Any) -> PaymentIntent:  # noqa: ANN401 - parameters
    """Make the intent of a session; with `paid` also its parameters that confirm it."""
    given: dict[str, Any] = {**session.intent_params, **paid, "customer": session.customer}
    params: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    options: dict[str, Any] = {}
    if BANK_TRANSFER in session.payment_method_types:
        own = {**session.options[BANK_TRANSFER]}
        own.pop("setup_future_usage", None)
        options[BANK_TRANSFER] = own
    if kept := session.options.get("card", {}).get("setup_future_usage"):
        options["card"] = {"setup_future_usage": kept}
    if options:
        params["payment_method_options"] = options
    return payment_intents.create(
        world,
        amount=session.amount_total,
        currency=session.currency,
        payment_method_types=list(session.payment_method_types),
        **params,
    )
