"""The parameters of a Checkout Session in mode payment, and what those without a meaning show.

What moves no cent is taken, and shown as Stripe shows it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Required, TypedDict

from pytest_stripe_balance.engine.catalog.products import PriceInterval, TaxDetails
from pytest_stripe_balance.engine.payments.sharing import SharingParams
from pytest_stripe_balance.engine.state import fields
from pytest_stripe_balance.engine.state.world import BUSINESS_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_stripe_balance.engine.state.records.hashes import Hash


class NotEnabled(TypedDict, total=False):
    """A hash that may say that something is off."""

    enabled: Required[Literal[False]]


class Recovery(TypedDict, total=False):
    """after_expiration[recovery]: whether an expired session gets a URL that makes a copy of it."""

    allow_promotion_codes: bool
    enabled: Required[bool]


class AfterExpiration(TypedDict, total=False):
    """What happens after the expiration."""

    recovery: Recovery


class InlineProduct(TypedDict, total=False):
    """price_data[product_data]: the product of a price of one line."""

    description: str
    images: list[str]
    metadata: dict[str, str]
    name: Required[str]
    tax_code: str
    tax_details: TaxDetails
    unit_label: str


class InlinePrice(TypedDict, total=False):
    """price_data: the price of one line."""

    currency: Required[str]
    product: str
    product_data: InlineProduct
    recurring: PriceInterval
    tax_behavior: Literal["exclusive", "inclusive", "unspecified"]
    unit_amount: int
    unit_amount_decimal: Decimal


class LineParams(TypedDict, total=False):
    """A line of a session, by `price` or by `price_data`."""

    adjustable_quantity: dict[str, Any]
    metadata: dict[str, str]
    price: str
    price_data: InlinePrice
    quantity: int


class IntentData(SharingParams, total=False):
    """payment_intent_data: what the session's intent is made with."""

    capture_method: Literal["automatic", "automatic_async"]
    description: str
    metadata: dict[str, str]
    receipt_email: str
    setup_future_usage: Literal["off_session", "on_session"]
    shipping: dict[str, Any]
    statement_descriptor: str
    statement_descriptor_suffix: str
    transfer_group: str


class Shown(TypedDict, total=False):
    """The parameters that move no cent."""

    adaptive_pricing: dict[str, bool]
    after_expiration: AfterExpiration
    allow_promotion_codes: bool
    automatic_tax: NotEnabled
    billing_address_collection: str
    branding_settings: dict[str, Any]
    cancel_url: str
    client_reference_id: str
    consent_collection: dict[str, Any]
    custom_fields: list[dict[str, Any]]
    custom_text: dict[str, Any]
    integration_identifier: str
    invoice_creation: NotEnabled
    locale: str
    managed_payments: NotEnabled
    name_collection: dict[str, Any]
    origin_context: str
    permissions: dict[str, Any]
    phone_number_collection: dict[str, bool]
    redirect_on_completion: str
    return_url: str
    saved_payment_method_options: dict[str, Any]
    shipping_address_collection: dict[str, Any]
    submit_type: str
    success_url: str
    tax_id_collection: dict[str, Any]
    wallet_options: dict[str, Any]


class SessionParams(Shown, total=False):
    """The parameters of create. Not modelled are discounts, shipping costs and invoices."""

    allowed_payment_method_types: list[str]
    currency: str
    customer: str
    customer_creation: Literal["always", "if_required"]
    customer_email: str
    customer_update: dict[str, str]
    excluded_payment_method_types: list[str]
    expires_at: int
    line_items: list[LineParams]
    metadata: dict[str, str]
    mode: Literal["payment", "setup", "subscription"]
    payment_intent_data: IntentData
    payment_method_configuration: str
    payment_method_data: dict[str, str]
    payment_method_options: dict[str, Any]
    payment_method_types: list[str]
    ui_mode: str


# What a session shows where nothing was sent [obs].
UNSET: Hash = {
    "adaptive_pricing": {"enabled": True},
    "after_expiration": None,
    "allow_promotion_codes": None,
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "billing_address_collection": None,
    "branding_settings": {
        "background_color": "#ffffff",
        "border_style": "rounded",
        "button_color": "#0074d4",
        "display_name": BUSINESS_NAME,
        "font_family": "default",
        "icon": None,
        "logo": None,
    },
    "cancel_url": None,
    "client_reference_id": None,
    "consent_collection": None,
    "custom_fields": [],
    "custom_text": dict.fromkeys(
        ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    ),
    "integration_identifier": None,
    "invoice_creation": {
        "enabled": False,
        "invoice_data": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": None,
            "metadata": {},
            "rendering_options": None,
        },
    },
    "locale": None,
    "managed_payments": {"enabled": False},
    "origin_context": None,
    "permissions": None,
    "phone_number_collection": {"enabled": False},
    "shipping_address_collection": None,
    "submit_type": None,
    "success_url": None,
    "wallet_options": None,
}
SAVED_METHODS: Hash = {
    "allow_redisplay_filters": ["always"],
    "payment_method_remove": "disabled",
    "payment_method_save": None,
}
# The other keys of hashes that are null, or absent, where they weren't sent [sdk].
_WHOLE: Hash = {
    "after_expiration": {"recovery": None},
    "consent_collection": {
        "payment_method_reuse_agreement": None,
        "promotions": "none",
        "terms_of_service": "none",
    },
    "permissions": {"update_shipping_details": None},
    "tax_id_collection": {"required": "never"},
}
_RECOVERY: Hash = {"allow_promotion_codes": False, "expires_at": None, "url": None}
_FIELD_KINDS: Mapping[str, Hash] = {
    "dropdown": {"default_value": None, "options": [], "value": None},
    "numeric": {"default_value": None, "maximum_length": None, "minimum_length": None, "value": None},
    "text": {"default_value": None, "maximum_length": None, "minimum_length": None, "value": None},
}


def shown(params: SessionParams, *, has_customer: bool) -> dict[str, Any]:
    """Give what a session shows of the parameters that move no cent, with all the keys."""
    values: dict[str, Any] = {**UNSET}
    values["saved_payment_method_options"] = SAVED_METHODS if has_customer else None
    for name in Shown.__annotations__.keys() & params.keys():
        given = params[name]  # type: ignore[literal-required] # it is one of Shown
        if name == "custom_fields":
            values[name] = [_field(field) for field in given]
        elif name == "name_collection":
            values[name] = {kind: {"optional": False, **asked} for kind, asked in given.items()}
        elif isinstance(given, dict):
            whole = values.get(name) or _WHOLE.get(name) or {}
            set_ones = {key: value for key, value in given.items() if value is not None}
            values[name] = fields.merged(whole, set_ones)
        else:
            values[name] = given
    if (after := values["after_expiration"]) is not None and after["recovery"] is not None:
        values["after_expiration"] = {"recovery": {**_RECOVERY, **after["recovery"]}}
    return values


def _field(params: Mapping[str, Any]) -> dict[str, Any]:
    """Give a custom field with all the keys of its kind; nobody has filled it in [doc]."""
    kind = params["type"]
    own = {**_FIELD_KINDS[kind], **params.get(kind, {})}
    return {
        "key": params["key"],
        kind: own,
        "label": params["label"],
        "optional": params.get("optional", False),
        "type": kind,
    }
