"""How an intent is paid: its payment method types, its payment method, and the options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

from pytest_stripe_balance.engine.bank_transfers import regions
from pytest_stripe_balance.engine.bank_transfers.regions import CustomerBalanceOptions
from pytest_stripe_balance.engine.money.payment_methods import PaymentMethodData, known, make
from pytest_stripe_balance.engine.state import faults
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
    from pytest_stripe_balance.engine.state.world import World

UNSET_CARD_OPTIONS: Hash = {
    "installments": None,
    "mandate_options": None,
    "network": None,
    "request_three_d_secure": "automatic",
}


class PaymentMethodOptions(TypedDict, total=False):
    """payment_method_options of a request."""

    customer_balance: CustomerBalanceOptions | None


class PaymentMethodParams(TypedDict, total=False):
    """Parameters that create, update and confirm share."""

    allowed_payment_method_types: list[Literal["card", "customer_balance"]]
    payment_method: str
    payment_method_data: PaymentMethodData
    payment_method_options: PaymentMethodOptions | None
    payment_method_types: list[Literal["card", "customer_balance"]]
    setup_future_usage: Literal["off_session", "on_session"]


class AutomaticPaymentMethods(TypedDict, total=False):
    """The automatic_payment_methods hash of a request."""

    enabled: Literal[True]
    allow_redirects: Literal["always", "never"]


def has_payment_method(params: PaymentMethodParams) -> bool:
    """Tell whether a request has a payment method, by id or by its data."""
    return "payment_method" in params or "payment_method_data" in params


def of_new(
    world: World,
    customer: str | None,
    currency: str,
    params: PaymentMethodParams,
    automatic: AutomaticPaymentMethods | None,
) -> dict[str, Any]:
    """Decide which payment method types a new intent takes; give the intent's fields for them.

    A payment method without types stands for its own type. Without both, Stripe's automatic payment
    methods are on, and Stripe fills in the options of customer_balance [obs spree/spree_stripe]. An
    unknown payment method is the first error [obs].
    """
    if "payment_method" in params:
        known(world, params["payment_method"], in_path=False)
    if types := _types(world, customer, currency, params):
        return {**_fields(types), **_allowed(params)}
    world.readings.rely_on("payment-method-given-types")
    if has_payment_method(params) and automatic is None:
        need_customer(world, customer)
        return _fields(("customer_balance",))
    fields = _fields(("card", "customer_balance") if _fits(customer, currency) else ("card",))
    if _fits(customer, currency):
        payer = world.customer(customer or "", in_path=False)
        filled = {"customer_balance": regions.options_of(world, payer, currency)}
        fields["payment_method_options"] = {**fields["payment_method_options"], **filled}
    return {
        **fields,
        "automatic_payment_methods": {
            "allow_redirects": "always",
            "enabled": True,
            **(automatic or {}),
        },
        "payment_method_configuration": "pmc_" + world.ids.secret("configuration", 24),
    }


def retyped(world: World, intent: PaymentIntent, params: PaymentMethodParams) -> PaymentIntent:
    """Change an intent's types to those of an update or a confirm; its money stays."""
    types = _types(world, intent.customer, intent.currency, params)
    if not types or set(types) == set(intent.payment_method_types):
        return intent._replace(**allowed) if (allowed := _allowed(params)) else intent
    if intent.payment_method is not None or intent.applied:
        raise Refused(
            f"other payment method types on {intent.id}, which has a payment method or holds money, "
            "are not modelled"
        )
    fields = _fields(types)
    options = {**fields["payment_method_options"], **intent.payment_method_options}
    fields["payment_method_options"] = {kind: options[kind] for kind in fields["payment_method_options"]}
    return intent._replace(**fields, **_allowed(params))


def _allowed(params: PaymentMethodParams) -> dict[str, Any]:
    """Give the field with the types that a request allows, in its own order."""
    allowed = params.get("allowed_payment_method_types")
    return {"allowed_payment_method_types": tuple(allowed)} if allowed else {}


def _types(
    world: World, customer: str | None, currency: str, params: PaymentMethodParams
) -> tuple[str, ...]:
    """Read a request's types. Allowed types that don't fit are silently left out [doc]."""
    fits = _fits(customer, currency)
    if allowed := params.get("allowed_payment_method_types"):
        types = tuple(kind for kind in allowed if fits or kind != "customer_balance")
        if not types:
            need_customer(world, customer)
            raise Refused(f"none of allowed_payment_method_types={list(allowed)} fits the intent")
        return types
    types = tuple(params.get("payment_method_types") or ())
    if "customer_balance" in types and not fits:
        need_customer(world, customer)
        raise Refused(f"payment_method_types={list(types)} in {currency} are not modelled")
    return types


def _fits(customer: str | None, currency: str) -> bool:
    return customer is not None and currency in regions.REGIONS


def _fields(types: tuple[str, ...]) -> dict[str, Any]:
    options: dict[str, Hash] = {}
    if "card" in types:
        options["card"] = UNSET_CARD_OPTIONS
    if "customer_balance" in types:
        options["customer_balance"] = {}
    return {"payment_method_types": types, "payment_method_options": options}


def need_customer(world: World, customer: str | None) -> str:
    """Give the id of an intent's customer; a fault if it has none."""
    if customer is None:
        world.readings.rely_on("customer-balance-needs-customer")
        raise faults.missing_parameter("customer")
    return customer


def check(world: World, intent: PaymentIntent, params: PaymentMethodParams) -> None:
    """Refuse a payment method, or options, that the intent can't take, before any change."""
    if "payment_method" in params:
        known(world, params["payment_method"], in_path=False)
    if has_payment_method(params):
        need_customer(world, intent.customer)
    if params.get("setup_future_usage"):
        _refuse_setup(world, intent, params)
    options = _options(params)
    if (has_payment_method(params) or options) and "customer_balance" not in intent.payment_method_types:
        raise Refused(
            "a customer_balance payment method on an intent that takes only "
            f"{', '.join(intent.payment_method_types)} is not modelled; let the intent take it, by "
            "payment_method_types=['customer_balance'] (since 2026-09-30.endive: "
            "allowed_payment_method_types)"
        )
    own = {} if clears_options(params) else intent.customer_balance_options
    merged = CustomerBalanceOptions(**{**own, **options})  # type: ignore[typeddict-item] # a merge of two of them
    regions.check_options(world, merged, intent.currency)


def _refuse_setup(world: World, intent: PaymentIntent, params: PaymentMethodParams) -> None:
    """Refuse setup_future_usage with bank transfers: 400 [obs thebiggive/matchbot].

    It isn't modelled with allowed or automatic types, which Stripe filters, or with other types.
    """
    filtered = intent.automatic_payment_methods or "allowed_payment_method_types" in params
    if filtered or "customer_balance" not in intent.payment_method_types:
        raise Refused(
            "setup_future_usage is modelled only where Stripe refuses it: on an intent that is given "
            "the type customer_balance"
        )
    world.readings.rely_on("setup-future-usage")
    raise faults.setup_with_bank_transfer()


def clears_options(params: PaymentMethodParams) -> bool:
    """Tell whether a request clears the options of customer_balance, by an empty string."""
    options = params.get("payment_method_options") or PaymentMethodOptions()
    return options.get("customer_balance", ...) is None


def _options(params: PaymentMethodParams) -> CustomerBalanceOptions:
    return (params.get("payment_method_options") or {}).get("customer_balance") or {}


def take(
    world: World,
    intent: PaymentIntent,
    params: PaymentMethodParams,
    **changes: Any,  # noqa: ANN401 - fields of a record
) -> PaymentIntent:
    """Apply a checked request's payment method and options to the intent, with other `changes`."""
    if options := _options(params):
        merged = {**intent.customer_balance_options, **options}
        changes["payment_method_options"] = {**intent.payment_method_options, "customer_balance": merged}
    elif clears_options(params) and intent.customer_balance_options:
        changes["payment_method_options"] = {**intent.payment_method_options, "customer_balance": {}}
    if has_payment_method(params):
        method = (
            make(world, params["payment_method_data"])
            if "payment_method_data" in params
            else known(world, params["payment_method"], in_path=False)
        )
        changes["payment_method"] = method.id
        if intent.status == "requires_payment_method":
            changes["status"] = "requires_confirmation"
    return intent._replace(**changes) if changes else intent
