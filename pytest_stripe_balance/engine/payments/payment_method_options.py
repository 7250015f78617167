"""How an intent is paid: its payment method types, its payment method, and the options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

from pytest_stripe_balance.engine.bank_transfers import regions
from pytest_stripe_balance.engine.bank_transfers.regions import CustomerBalanceOptions
from pytest_stripe_balance.engine.money.payment_methods import PaymentMethodData, found, make
from pytest_stripe_balance.engine.money.saved_methods import SPENT
from pytest_stripe_balance.engine.payments import method_types
from pytest_stripe_balance.engine.payments.method_types import PaymentMethodOptions
from pytest_stripe_balance.engine.state import faults, fields
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.records.hashes import NOTHING
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.records.payments import PaymentIntent, PaymentMethod
    from pytest_stripe_balance.engine.state.world import World

UNSET_CARD_OPTIONS = method_types.UNSET["card"]


class PaymentMethodParams(TypedDict, total=False):
    """Parameters that create, update and confirm share."""

    allowed_payment_method_types: list[str]
    excluded_payment_method_types: list[str]
    payment_method: str
    payment_method_data: PaymentMethodData
    payment_method_options: PaymentMethodOptions | None
    payment_method_types: list[str]
    setup_future_usage: Literal["off_session", "on_session"]


class AutomaticPaymentMethods(TypedDict, total=False):
    """The automatic_payment_methods hash of a request."""

    enabled: Literal[True]
    allow_redirects: Literal["always", "never"]


def has_payment_method(params: PaymentMethodParams) -> bool:
    """Tell whether a request has a payment method, by id or by its data."""
    return "payment_method" in params or "payment_method_data" in params


def resolve(world: World, params: PaymentMethodParams) -> PaymentMethod | None:
    """Find the payment method that a request names, and let it name it by its id.

    A ready-made card's name, or its data, makes a new one. None stands for customer_balance by data,
    which `take` makes, and for no method. An unknown one is a fault with param `payment_method` [obs].
    """
    if "payment_method" in params:
        method = found(world, params["payment_method"], in_path=False)
    elif params.get("payment_method_data", NOTHING).get("type") == "card":
        method = make(world, params.pop("payment_method_data"))
    else:
        return None
    params["payment_method"] = method.id
    return method


def of_new(
    world: World,
    customer: str | None,
    currency: str,
    params: PaymentMethodParams,
    method: PaymentMethod | None,
    automatic: AutomaticPaymentMethods | None,
) -> dict[str, Any]:
    """Decide which payment method types a new intent takes; give the intent's fields for them.

    customer_balance without types stands for its own type. Otherwise Stripe's automatic payment methods
    are on, for a card too [obs], and Stripe fills in the options of customer_balance [obs
    spree/spree_stripe].
    """
    if automatic is not None and "confirmation_method" in params:
        raise faults.one_of("automatic_payment_methods", "confirmation_method")  # [obs]
    by_transfer = "payment_method_data" in params or (method is not None and method.card is None)
    if types := _types(world, customer, currency, params):
        if "allowed_payment_method_types" in params:
            types = _kept(world, types, params, by_transfer=by_transfer)
        return {**_fields(types), **_allowed(params)}
    world.readings.rely_on("payment-method-given-types")
    if by_transfer and automatic is None:
        need_customer(world, customer)
        return _fields(("customer_balance",))
    excluded = params.get("excluded_payment_method_types") or ()
    both = ("card", "customer_balance")
    fitting = tuple(kind for kind in both if method_types.fits(kind, currency, customer))
    types = tuple(
        kind for kind in _kept(world, fitting, params, by_transfer=by_transfer) if kind not in excluded
    )
    if not types:
        raise Refused(f"excluded_payment_method_types={list(excluded)} leave no type that is modelled")
    fields = _fields(types)
    if "customer_balance" in types:
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
        "excluded_payment_method_types": tuple(excluded) or None,
        "payment_method_configuration": "pmc_" + world.ids.secret("configuration", 24),
    }


def _kept(
    world: World, types: tuple[str, ...], params: PaymentMethodParams, *, by_transfer: bool
) -> tuple[str, ...]:
    """Leave out customer_balance where Stripe filters the types and the method is to be kept [doc]."""
    if by_transfer or "setup_future_usage" not in params or "customer_balance" not in types:
        return types
    world.readings.rely_on("setup-future-usage-filters")
    if types == ("customer_balance",):
        raise Refused(
            "setup_future_usage on an intent that allows customer_balance alone isn't modelled"
        )
    return tuple(kind for kind in types if kind != "customer_balance")


def retyped(world: World, intent: PaymentIntent, params: PaymentMethodParams) -> PaymentIntent:
    """Change an intent's types to those of an update or a confirm; its money stays."""
    types = _types(world, intent.customer, intent.currency, params)
    if not types or set(types) == set(intent.payment_method_types):
        return intent._replace(**allowed) if (allowed := _allowed(params)) else intent
    if intent.invoice is not None:
        raise Refused(
            f"other payment method types on {intent.id}, which pays the invoice {intent.invoice}, are "
            "not modelled: give the invoice payment_settings[payment_method_types]"
        )
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
    if allowed := params.get("allowed_payment_method_types"):
        types = tuple(kind for kind in allowed if method_types.fits(kind, currency, customer))
        if not types:
            need_customer(world, customer)
            raise Refused(f"none of allowed_payment_method_types={list(allowed)} fits the intent")
        return types
    types = tuple(params.get("payment_method_types") or ())
    if types:
        if "customer_balance" in types:
            need_customer(world, customer)
        method_types.check_named(types, currency)
    return types


def _fields(types: tuple[str, ...]) -> dict[str, Any]:
    return {"payment_method_types": types, "payment_method_options": method_types.options(types)}


def need_customer(world: World, customer: str | None) -> str:
    """Give the id of an intent's customer; a fault if it has none."""
    if customer is None:
        world.readings.rely_on("customer-balance-needs-customer")
        raise faults.missing_parameter("customer")
    return customer


def check(
    world: World, intent: PaymentIntent, params: PaymentMethodParams, method: PaymentMethod | None
) -> None:
    """Refuse a payment method, or options, that the intent can't take, before any change."""
    given_options = params.get("payment_method_options") or NOTHING
    if method is not None and method.card is not None:
        _check_card(intent, method)
    elif has_payment_method(params):
        need_customer(world, intent.customer)
    if has_payment_method(params):
        _check_type(world, intent, method.type if method else "customer_balance")
    if params.get("setup_future_usage"):
        _refuse_setup(world, intent, params)
    if intent.statement_descriptor is not None and intent.invoice is None:
        method_types.refuse_descriptor(world, intent.payment_method_types)
    for kind, given in given_options.items():
        is_taken = kind in intent.payment_method_types or _is_dropped(intent, kind)
        if is_taken or fields.is_cleared(given):
            continue
        raise Refused(
            f"payment_method_options[{kind}] on an intent that takes only "
            f"{', '.join(intent.payment_method_types)} is not modelled; let the intent take it, by "
            f"payment_method_types=['{kind}'] (since 2026-09-30.endive: "
            "allowed_payment_method_types)"
        )
    if options := _transfer_options(params):
        own = {} if clears_options(params) else intent.customer_balance_options
        merged = CustomerBalanceOptions(**{**own, **options})  # type: ignore[typeddict-item] # a merge of two of them
        regions.check_options(world, merged, intent.currency)
    _refuse_manual(intent)


def _refuse_manual(intent: PaymentIntent) -> None:
    """Refuse to capture later what isn't paid by card alone, or what is shared by Connect."""
    if intent.capture_method != "manual":
        return
    if "customer_balance" in intent.payment_method_types:
        raise Refused("capture_method=manual with customer_balance among the types is not modelled")
    if intent.transfer_data is not None or intent.application_fee_amount is not None:
        raise Refused(
            "capture_method=manual with transfer_data or application_fee_amount is not modelled"
        )


def _is_dropped(intent: PaymentIntent, kind: str) -> bool:
    """Tell whether options are left out: automatic payment methods don't offer the type [obs]."""
    return intent.automatic_payment_methods is not None and kind != "customer_balance"


def _check_card(intent: PaymentIntent, method: PaymentMethod) -> None:
    """Refuse a card that is another customer's, or that can't be used again [obs]."""
    if method.is_spent:
        raise Fault(SPENT, intent=intent)
    if method.customer is None or method.customer == intent.customer:
        return
    if intent.customer is None:
        raise Fault(
            f"The `payment_method` parameter supplied {method.id} belongs to the Customer "
            f"{method.customer}. Please include the Customer in the `customer` parameter on the "
            "PaymentIntent.",
            code="parameter_missing",
            param="source",
            intent=intent,
        )
    raise Fault(
        f"The PaymentMethod {method.id} does not belong to the Customer you supplied {intent.customer}. "
        "Please use this PaymentMethod with the Customer that it belongs to instead.",
        param="payment_method",
        intent=intent,
    )


def _check_type(world: World, intent: PaymentIntent, kind: str) -> None:
    """Refuse a method of a type that the intent doesn't take."""
    if kind in intent.payment_method_types:
        return
    world.readings.rely_on("method-type-not-allowed")
    raise Fault(
        f"The PaymentMethod provided ({kind}) is not allowed for this PaymentIntent. Please attach a "
        "PaymentMethod of one of the following types: "
        f"{', '.join(intent.payment_method_types)}. Alternatively, update the allowed "
        f'payment_method_types for this PaymentIntent to include "{kind}"',
        code="payment_intent_incompatible_payment_method",
        intent=intent,
    )


def _refuse_setup(world: World, intent: PaymentIntent, params: PaymentMethodParams) -> None:
    """Refuse setup_future_usage with bank transfers: 400 [obs thebiggive/matchbot].

    With allowed or automatic types Stripe filters customer_balance out, which isn't modelled afterwards.
    """
    if "customer_balance" not in intent.payment_method_types:
        return
    if intent.automatic_payment_methods or "allowed_payment_method_types" in params:
        raise Refused(
            "setup_future_usage on an intent whose types Stripe chose, customer_balance among them, is "
            "not modelled later than its creation. Give it then, or send payment_method_options="
            "{'card': {'setup_future_usage': 'off_session'}}"
        )
    world.readings.rely_on("setup-future-usage")
    raise faults.setup_with_bank_transfer()


def clears_options(params: PaymentMethodParams) -> bool:
    """Tell whether a request clears the options of customer_balance, by an empty string."""
    options = params.get("payment_method_options") or PaymentMethodOptions()
    return options.get("customer_balance", ...) is None


def _transfer_options(params: PaymentMethodParams) -> CustomerBalanceOptions:
    return (params.get("payment_method_options") or {}).get("customer_balance") or {}


def take(
    world: World,
    intent: PaymentIntent,
    params: PaymentMethodParams,
    **changes: Any,  # noqa: ANN401 - fields of a record
) -> PaymentIntent:
    """Apply a checked request's payment method and options to the intent, with other `changes`."""
    if options := params.get("payment_method_options"):
        shown = dict(intent.payment_method_options)
        given: Hash | None
        for kind, given in options.items():  # type: ignore[assignment] # a hash for each type
            if kind not in intent.payment_method_types:
                continue
            merged = {} if given is None else {**shown.get(kind, NOTHING), **given}
            if None in merged.values():
                merged = {name: value for name, value in merged.items() if value is not None}
            shown[kind] = {**method_types.UNSET.get(kind, NOTHING), **merged}
        changes["payment_method_options"] = shown
    if "setup_future_usage" in params:
        changes["setup_future_usage"] = params["setup_future_usage"]
    if "payment_method_data" in params:
        changes["payment_method"] = make(world, params["payment_method_data"]).id
    elif "payment_method" in params:
        changes["payment_method"] = params["payment_method"]
    if "payment_method" in changes and intent.status == "requires_payment_method":
        changes["status"] = "requires_confirmation"
    return intent._replace(**changes) if changes else intent
