"""The payment method types of a Checkout Session, and their options (docs/stripe.md 1.14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_stripe_balance.engine.bank_transfers import regions
from pytest_stripe_balance.engine.checkout.parameters import SessionParams
from pytest_stripe_balance.engine.payments import sharing
from pytest_stripe_balance.engine.state import faults
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.world import World

BANK_TRANSFER = "customer_balance"
OPTIONS = f"payment_method_options[{BANK_TRANSFER}]"
# What a type shows where nothing was sent; the others show nothing [obs].
_UNSET: Hash = {
    "card": {"request_three_d_secure": "automatic"},
    "us_bank_account": {
        "financial_connections": {"permissions": ["payment_method"], "prefetch": []},
        "verification_method": "automatic",
    },
    "wechat_pay": {"app_id": None, "client": "web"},
}


class Methods(NamedTuple):
    """How a session may be paid; with a `configuration` Stripe chose the types."""

    types: tuple[str, ...]
    options: dict[str, Any]
    configuration: str | None = None


def of(world: World, currency: str, params: SessionParams) -> Methods:
    """Decide how a new session may be paid.

    Explicit types are taken as they are, and customer_balance among them needs a customer. Of allowed
    types, and of those that Stripe chooses, it is left out without one [doc], with on_behalf_of, and
    where the method is to be kept.
    """
    data = params.get("payment_intent_data", {})
    fits = _fits(world, currency, params)
    options = params.get("payment_method_options", {})
    if given := tuple(params.get("payment_method_types", ())):
        if BANK_TRANSFER in given:
            _check_bank_transfer(world, currency, params)
        return Methods(given, _shown(given, options))
    if allowed := tuple(params.get("allowed_payment_method_types", ())):
        types = tuple(kind for kind in allowed if fits or kind != BANK_TRANSFER)
        if not types and "on_behalf_of" in data:
            sharing.refuse_behalf(world)
        if not types and data.get("setup_future_usage"):
            raise Refused(
                "payment_intent_data[setup_future_usage] on a Checkout Session that allows "
                "customer_balance alone is not modelled: leave it out, or allow card"
            )
        if not types:
            raise _needs_customer(world, "allowed_payment_method_types")
        if BANK_TRANSFER in types:
            _check_bank_transfer(world, currency, params)
        return Methods(types, _shown(types, options))
    return _chosen(world, currency, params, fits=fits)


def _fits(world: World, currency: str, params: SessionParams) -> bool:
    """Tell whether Stripe offers bank transfers on the page."""
    data = params.get("payment_intent_data", {})
    if "customer" not in params or currency not in regions.REGIONS or "on_behalf_of" in data:
        return False
    if data.get("setup_future_usage"):
        world.readings.rely_on("setup-future-usage-filters")
        return False
    return True


def _chosen(world: World, currency: str, params: SessionParams, *, fits: bool) -> Methods:
    """Give the types that Stripe's payment method configuration has: card and, where it fits, transfers.

    The options of customer_balance are filled in as on an intent [obs spree/spree_stripe].
    """
    world.readings.rely_on("payment-method-given-types")
    excluded = params.get("excluded_payment_method_types", ())
    offered = ("card", BANK_TRANSFER) if fits else ("card",)
    types = tuple(kind for kind in offered if kind not in excluded)
    if not types:
        raise Refused("a Checkout Session without payment method types is not modelled")
    options = _shown(types, params.get("payment_method_options", {}))
    if BANK_TRANSFER in types:
        payer = world.customer(params["customer"], in_path=False)
        filled = regions.options_of(world, payer, currency)
        options[BANK_TRANSFER] = {**filled, **options[BANK_TRANSFER]}
        regions.check_options(world, options[BANK_TRANSFER], currency)
    configuration = params.get("payment_method_configuration")
    return Methods(types, options, configuration or "pmc_" + world.ids.secret("configuration", 24))


def _check_bank_transfer(world: World, currency: str, params: SessionParams) -> None:
    """Refuse bank transfers that aren't possible: the conditions of the guide [doc]."""
    if "customer" not in params:
        raise _needs_customer(world, "payment_method_types")
    options = params.get("payment_method_options", {}).get(BANK_TRANSFER) or {}
    if "funding_type" not in options:
        name = f"{OPTIONS}[funding_type]"
        message, code = f"A value is required for {name}", "parameter_missing"
        raise faults.Fault(message, code=code, param=name, assumption="checkout-refusals")
    own = {key: value for key, value in options.items() if key != "setup_future_usage"}
    regions.check_options(world, own, currency)  # type: ignore[arg-type] # its hash
    data = params.get("payment_intent_data", {})
    if "on_behalf_of" in data:
        sharing.refuse_behalf(world)
    if data.get("setup_future_usage"):
        world.readings.rely_on("checkout-refusals")
        raise faults.setup_with_bank_transfer()


def _needs_customer(world: World, types: str) -> faults.Fault:
    """Make the fault for bank transfers without a customer (checkout-needs-customer)."""
    reading = world.readings.rely_on("checkout-needs-customer")
    return faults.Fault(
        "Payments by customer_balance need an existing customer: pass one as `customer`.",
        param="customer" if reading == "customer" else types,
    )


def _shown(types: tuple[str, ...], options: dict[str, Any]) -> dict[str, Any]:
    """Give each type's options: those that were sent, and those that are always there."""
    if (options.get("card") or {}).get("capture_method") is not None:
        raise Refused("payment_method_options[card][capture_method] is not modelled: leave it out")
    odd = options.keys() - set(types)
    if BANK_TRANSFER in odd and "card" not in types:
        raise Refused(f"{OPTIONS} without the type {BANK_TRANSFER} is not modelled: add the type")
    found: dict[str, Any] = {}
    for kind in types:
        own = {**_UNSET.get(kind, {}), **(options.get(kind) or {})}
        if own or kind == BANK_TRANSFER:
            found[kind] = own
    return found
