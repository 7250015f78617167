"""The regions of bank transfers: their currencies, their options, and the accounts to pay into.

Source: docs/stripe.md 1.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from pytest_stripe_balance.engine.bank_transfers import bank_accounts
from pytest_stripe_balance.engine.state import faults
from pytest_stripe_balance.engine.state.amounts import lowered
from pytest_stripe_balance.engine.state.records.payments import Instructions
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.customers import Customer
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
    from pytest_stripe_balance.engine.state.world import World

EU_COUNTRIES = ("BE", "DE", "ES", "FR", "IE", "NL")
DEFAULT_EU_COUNTRY = "IE"
OPTIONS = "payment_method_options[customer_balance]"


@dataclass(frozen=True)
class Region:
    """One kind of bank transfer.

    `country` is the country of its accounts, or None if the request chooses it. `addresses` are its
    types of address. `sender` is the sender of a test transfer.
    """

    type: str
    currency: str
    country: str | None
    addresses: frozenset[str]
    sender: Hash


# Senders outside us and eu come from the documented example rows.
REGIONS = {
    region.currency: region
    for region in (
        Region(
            "us_bank_transfer",
            "usd",
            "US",
            frozenset({"aba", "swift"}),
            {"network": "ach", "sender_name": "John Doe"},
        ),
        Region(
            "eu_bank_transfer",
            "eur",
            None,
            frozenset({"iban"}),
            {"bic": "DABAIE2D", "iban_last4": "3000", "sender_name": "Sample Business GmbH"},
        ),
        Region(
            "gb_bank_transfer",
            "gbp",
            "GB",
            frozenset({"sort_code"}),
            {"account_number_last4": "1113", "sender_name": "John Doe", "sort_code": "108800"},
        ),
        Region(
            "jp_bank_transfer",
            "jpy",
            "JP",
            frozenset({"zengin"}),
            {"sender_bank": "新生銀行", "sender_branch": "京都", "sender_name": "John Doe"},
        ),
        Region(
            "mx_bank_transfer",
            "mxn",
            "MX",
            frozenset({"spei"}),
            {"clabe_last4": "4567", "sender_bank": "Citi", "sender_name": "JOHN DOE"},
        ),
    )
}


class EuBankTransferParams(TypedDict, total=False):
    """The eu_bank_transfer hash of a request."""

    country: str


class BankTransferParams(TypedDict, total=False):
    """The bank_transfer hash of an intent's options, or of a request for funding instructions."""

    type: str
    eu_bank_transfer: EuBankTransferParams
    requested_address_types: list[Literal["aba", "iban", "sepa", "sort_code", "spei", "swift", "zengin"]]


class CustomerBalanceOptions(TypedDict, total=False):
    """The hash payment_method_options[customer_balance] of a request."""

    funding_type: Literal["bank_transfer"]
    bank_transfer: BankTransferParams


def fundable(world: World, currency: str) -> Region:
    """Find the region of a currency; a fault if Stripe has none."""
    region = REGIONS.get(lowered(world, currency))
    if region is None:
        world.readings.rely_on("fund-other-currency")
        known = ", ".join(REGIONS)
        message = f"Invalid currency: {currency}. Cash balances can be funded in {known}."
        raise faults.Fault(message, param="currency")
    return region


def check_options(
    world: World,
    options: CustomerBalanceOptions,
    currency: str,
    path: str = OPTIONS,
) -> None:
    """Refuse bank transfer options that don't fit the currency; `path` is their parameter.

    Source: docs/stripe.md 5.7.
    """
    if not options:
        return
    transfer = options.get("bank_transfer") or {}
    if "type" not in transfer:
        raise faults.missing_parameter(f"{path}[bank_transfer][type]")
    check_transfer(world, transfer, currency, f"{path}[bank_transfer]")


def check_transfer(world: World, transfer: BankTransferParams, currency: str, path: str) -> Region:
    """Check a bank transfer's type, addresses and country, and give the currency's region.

    `path` is its parameter. Faults (both assumed): another region's type, an unknown country.
    """
    region = REGIONS.get(currency)
    if region is None or region.type != transfer["type"]:
        world.readings.rely_on("bank-transfer-currency")
        message = f"The bank transfer type {transfer['type']} cannot be used with {currency}."
        raise faults.Fault(message, param=f"{path}[type]")
    if region.country and "eu_bank_transfer" in transfer:
        raise Refused(f"{path}: eu_bank_transfer in a {region.type} is not modelled")
    wanted = _wanted_addresses(world, transfer)
    if wanted is not None and not (wanted and wanted <= region.addresses):
        raise Refused(
            f"{path}[requested_address_types] of a {region.type} other than "
            f"{', '.join(sorted(region.addresses))} are not modelled"
        )
    country = (transfer.get("eu_bank_transfer") or {}).get("country")
    if country is not None and country not in EU_COUNTRIES:
        world.readings.rely_on("bank-transfer-country")
        message = f"Invalid country: must be one of {', '.join(EU_COUNTRIES)}"
        raise faults.Fault(message, param=f"{path}[eu_bank_transfer][country]")
    return region


def instructions(world: World, intent: PaymentIntent, customer: Customer) -> Instructions:
    """Make an intent's bank transfer instructions; a confirmed intent keeps its reference."""
    if intent.confirmed_at is not None:
        world.readings.rely_on("instructions-per-intent")
    transfer = intent.customer_balance_options["bank_transfer"]
    link = world.ids.secret(f"{intent.id} instructions", 48)
    _, found = where_to(world, REGIONS[intent.currency], customer, transfer)
    return Instructions(
        type=transfer["type"],
        reference=world.ids.code(f"{intent.id} reference", 12),
        hosted_instructions_url=(f"https://payments.stripe.com/bank_transfers/instructions/test_{link}"),
        financial_addresses=found,
    )


def where_to(
    world: World, region: Region, customer: Customer, transfer: BankTransferParams
) -> tuple[str, tuple[Hash, ...]]:
    """Give the country and the accounts to pay into. A customer's accounts never change [doc]."""
    country = region.country or _eu_country(world, customer, transfer)
    wanted = _wanted_addresses(world, transfer)
    found = bank_accounts.of(world, customer, country)
    return country, tuple(address for address in found if wanted is None or address["type"] in wanted)


def options_of(world: World, customer: Customer, currency: str) -> Hash:
    """Give the options that Stripe fills in when automatic payment methods include bank transfers.

    They have the currency's type and, in the EU, the country [obs spree/spree_stripe, 2023-10-16].
    """
    region = REGIONS[currency]
    transfer: dict[str, Any] = {"type": region.type}
    if region.country is None:
        transfer[region.type] = {"country": _eu_country(world, customer, {})}
    return {"bank_transfer": transfer, "funding_type": "bank_transfer"}


def _eu_country(world: World, customer: Customer, transfer: BankTransferParams) -> str:
    named = (transfer.get("eu_bank_transfer") or {}).get("country")
    if named is not None:
        return named
    world.readings.rely_on("eu-default-country")
    own = (customer.address or {}).get("country")
    return own if own in EU_COUNTRIES else DEFAULT_EU_COUNTRY


def _wanted_addresses(world: World, transfer: BankTransferParams) -> set[str] | None:
    """Read the requested types of address; None stands for all."""
    kinds = transfer.get("requested_address_types")
    if kinds is None:
        return None
    if "sepa" in kinds:
        world.readings.rely_on("sepa-address-type")
    return {"iban" if kind == "sepa" else kind for kind in kinds}
