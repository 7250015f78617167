"""The types of payment methods that an intent can take, and the options that Stripe shows of each.

Source: docs/stripe.md 1.23 [obs spree/spree_stripe, pay-rails/pay].
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from pytest_stripe_balance.engine.bank_transfers import regions
from pytest_stripe_balance.engine.bank_transfers.regions import CustomerBalanceOptions
from pytest_stripe_balance.engine.state import faults
from pytest_stripe_balance.engine.state.records.hashes import NOTHING, Hash
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.world import World

# Options of a type that nothing is paid by here: they are only shown as they were sent.
Echoed: TypeAlias = dict[str, Any] | None


class CardOptions(TypedDict, total=False):
    """The hash payment_method_options[card] of a request."""

    request_three_d_secure: Literal["automatic"]
    setup_future_usage: Literal["none", "off_session", "on_session"]


class PaymentMethodOptions(TypedDict, total=False):
    """payment_method_options of a request: a hash for each type that Stripe documents."""

    acss_debit: Echoed
    affirm: Echoed
    afterpay_clearpay: Echoed
    alipay: Echoed
    alma: Echoed
    amazon_pay: Echoed
    au_becs_debit: Echoed
    bacs_debit: Echoed
    bancontact: Echoed
    billie: Echoed
    bizum: Echoed
    blik: Echoed
    boleto: Echoed
    card: CardOptions | None
    card_present: Echoed
    cashapp: Echoed
    crypto: Echoed
    customer_balance: CustomerBalanceOptions | None
    eps: Echoed
    fpx: Echoed
    giropay: Echoed
    grabpay: Echoed
    ideal: Echoed
    interac_present: Echoed
    kakao_pay: Echoed
    klarna: Echoed
    konbini: Echoed
    kr_card: Echoed
    link: Echoed
    mb_way: Echoed
    mobilepay: Echoed
    multibanco: Echoed
    naver_pay: Echoed
    nz_bank_account: Echoed
    oxxo: Echoed
    p24: Echoed
    pay_by_bank: Echoed
    payco: Echoed
    paynow: Echoed
    paypal: Echoed
    paypay: Echoed
    payto: Echoed
    pix: Echoed
    promptpay: Echoed
    revolut_pay: Echoed
    samsung_pay: Echoed
    satispay: Echoed
    scalapay: Echoed
    sepa_debit: Echoed
    sequra: Echoed
    sofort: Echoed
    sunbit: Echoed
    swish: Echoed
    twint: Echoed
    upi: Echoed
    us_bank_account: Echoed
    wechat_pay: Echoed
    zip: Echoed


TYPES = frozenset(PaymentMethodOptions.__annotations__)
UNSET: Mapping[str, Hash] = {
    "acss_debit": {"verification_method": "automatic"},
    "afterpay_clearpay": {"reference": None},
    "amazon_pay": {"express_checkout_element_session_id": None},
    "bancontact": {"preferred_language": "en"},
    "card": {
        "installments": None,
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "automatic",
    },
    "klarna": {"preferred_locale": None},
    "link": {"persistent_token": None},
    "us_bank_account": {
        "financial_connections": {"permissions": ["payment_method"], "prefetch": []},
        "mandate_options": {},
        "transaction_purpose": "unspecified",
        "verification_method": "automatic",
    },
    "wechat_pay": {"app_id": None, "client": None},
}
# The types whose options were recorded (docs/stripe.md 1.23 [obs]); without a row above they were empty.
SEEN = frozenset({*UNSET, "alipay", "cashapp", "customer_balance", "sepa_debit"})
# The types that Stripe documents for certain currencies alone.
CURRENCIES: Mapping[str, tuple[str, ...]] = {
    "acss_debit": ("cad", "usd"),
    "au_becs_debit": ("aud",),
    "bacs_debit": ("gbp",),
    "bancontact": ("eur",),
    "blik": ("pln",),
    "boleto": ("brl",),
    "cashapp": ("usd",),
    "customer_balance": tuple(regions.REGIONS),
    "eps": ("eur",),
    "fpx": ("myr",),
    "giropay": ("eur",),
    "ideal": ("eur",),
    "konbini": ("jpy",),
    "multibanco": ("eur",),
    "nz_bank_account": ("nzd",),
    "oxxo": ("mxn",),
    "p24": ("eur", "pln"),
    "paynow": ("sgd",),
    "payto": ("aud",),
    "pix": ("brl",),
    "promptpay": ("thb",),
    "sepa_debit": ("eur",),
    "sofort": ("eur",),
    "swish": ("sek",),
    "twint": ("chf",),
    "upi": ("inr",),
    "us_bank_account": ("usd",),
}


def fits(kind: str, currency: str, customer: str | None) -> bool:
    """Tell whether an intent of a currency can have a type; customer_balance needs a customer [doc]."""
    if kind == "customer_balance" and customer is None:
        return False
    known = CURRENCIES.get(kind)
    return known is None or currency in known


def check_known(types: Iterable[str]) -> None:
    """Refuse words that are no types."""
    for kind in types:
        if kind not in TYPES:
            raise Refused(f"payment_method_types: {kind!r} is no type that Stripe documents")


def check_named(types: Iterable[str], currency: str) -> None:
    """Refuse words that are no types, and types that their currency excludes: the texts are unknown."""
    check_known(types)
    for kind in types:
        if currency not in CURRENCIES.get(kind, (currency,)):
            known = ", ".join(CURRENCIES[kind])
            raise Refused(
                f"payment_method_types={list(types)} in {currency} are not modelled: Stripe documents "
                f"{kind} for {known} alone. Leave it out, or take allowed_payment_method_types"
            )


def refuse_descriptor(world: World, types: Iterable[str], param: str = "statement_descriptor") -> None:
    """Refuse a statement descriptor on what takes cards, in words that others met since 2024.

    `param` is where the request has it.
    """
    if "card" not in types or world.readings.rely_on("card-statement-descriptor") == "taken":
        return
    raise faults.Fault(
        "The statement_descriptor parameter is not supported for the payment_method_type `card`. To "
        "continue supporting payment_method_type `card`, please pass in `statement_descriptor_suffix` "
        "or remove the `statement_descriptor` parameter altogether. Please see "
        "https://support.stripe.com/questions/use-of-the-statement-descriptor-parameter-on-"
        "paymentintents-for-card-charges for additional details.",
        param=param,
    )


def options(types: Iterable[str], given: Mapping[str, Any] = NOTHING) -> dict[str, Hash]:
    """Give the options that an intent shows: a hash for each of its types, in alphabetical order."""
    return {kind: {**UNSET.get(kind, NOTHING), **(given.get(kind) or NOTHING)} for kind in sorted(types)}
