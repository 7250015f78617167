"""Parameters of an invoice that move no cent: it shows them as they were sent (docs/stripe.md 1.30)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

from pytest_stripe_balance.engine.state import fields

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.customers import Customer
    from pytest_stripe_balance.engine.state.world import World


class Pdf(TypedDict, total=False):
    """The pdf hash of a request's rendering."""

    page_size: str


class Rendering(TypedDict, total=False):
    """The rendering hash of a request."""

    amount_tax_display: str | None
    pdf: Pdf
    template: str
    template_version: int | None


class NoTax(TypedDict, total=False):
    """The automatic_tax hash of a request without automatic tax."""

    enabled: Literal[False]


class Issuer(TypedDict, total=False):
    """The issuer hash of a request: the account itself."""

    type: Literal["self"]


class SiblingOptions(TypedDict, total=False):
    """The options of the types beside customer_balance in payment_settings[payment_method_options]."""

    acss_debit: dict[str, Any] | None
    bancontact: dict[str, Any] | None
    billie: dict[str, Any] | None
    blik: dict[str, Any] | None
    card: dict[str, Any] | None
    konbini: dict[str, Any] | None
    payto: dict[str, Any] | None
    pix: dict[str, Any] | None
    sepa_debit: dict[str, Any] | None
    upi: dict[str, Any] | None
    us_bank_account: dict[str, Any] | None


class ShownParams(TypedDict, total=False):
    """Parameters whose keys show them as they were sent. None clears one."""

    account_tax_ids: list[str] | None
    custom_fields: list[dict[str, str]] | None
    footer: str | None
    shipping_details: dict[str, Any] | None


class EchoedParams(ShownParams, total=False):
    """All parameters that move no cent."""

    automatic_tax: NoTax
    effective_at: int | None
    issuer: Issuer
    rendering: Rendering | None


SHOWN = frozenset(ShownParams.__annotations__)
ASSUMED = frozenset({"account_tax_ids", "rendering", "shipping_details"})


def of_new(world: World, owner: Customer, params: EchoedParams) -> dict[str, Any]:
    """Give the fields of a new invoice that it shows as they were sent.

    The customer's invoice_settings stand for what wasn't sent, but for their payment method [obs].
    """
    fields.check_custom_fields(params.get("custom_fields"), "custom_fields")
    copied = {
        name: owner.invoice_settings[name]
        for name in ("custom_fields", "footer")
        if owner.invoice_settings[name] is not None
    }
    options = owner.invoice_settings["rendering_options"] or {}
    if copied or options:
        world.readings.rely_on("invoice-settings-copied")
    if ASSUMED & params.keys():
        world.readings.rely_on("shown-as-sent")
    shown = {name: value for name, value in params.items() if name in SHOWN}
    if "shipping_details" in shown:
        shown["shipping_details"] = fields.shipping(params["shipping_details"])
    return {
        "dated": params.get("effective_at"),
        "echoed": {**copied, **shown},
        "rendering": {**options, **(params.get("rendering") or {})},
    }
