"""The regions of bank transfers: what fits which currency, and where to send money (FACTS 1.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from pytest_stripe_balance.engine import faults
from pytest_stripe_balance.engine.records import Instructions
from pytest_stripe_balance.engine.world import BUSINESS_NAME
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.records import Customer, Hash, PaymentIntent
    from pytest_stripe_balance.engine.world import World

EU_COUNTRIES = ("BE", "DE", "ES", "FR", "IE", "NL")
DEFAULT_EU_COUNTRY = "IE"


@dataclass(frozen=True)
class Region:
    """One kind of bank transfer: its type, its currency, and what a test transfer comes from."""

    type: str
    currency: str
    sender: Hash | None


REGIONS = {
    region.currency: region
    for region in (
        Region("us_bank_transfer", "usd", {"network": "ach", "sender_name": "John Doe"}),
        Region(
            "eu_bank_transfer",
            "eur",
            {"bic": "DABAIE2D", "iban_last4": "3000", "sender_name": "Sample Business GmbH"},
        ),
        Region("gb_bank_transfer", "gbp", None),
        Region("jp_bank_transfer", "jpy", None),
        Region("mx_bank_transfer", "mxn", None),
    )
}


class EuBankTransferParams(TypedDict, total=False):
    """The eu_bank_transfer hash of a request."""

    country: str


class BankTransferParams(TypedDict, total=False):
    """The bank_transfer hash of payment_method_options[customer_balance]."""

    type: str
    eu_bank_transfer: EuBankTransferParams
    requested_address_types: list[str]


class CustomerBalanceOptions(TypedDict, total=False):
    """payment_method_options[customer_balance], as a request gives it."""

    funding_type: Literal["bank_transfer"]
    bank_transfer: BankTransferParams


def fundable(world: World, currency: str) -> Region:
    """Find the region of a currency; a fault where Stripe has none, refused where we have none."""
    region = REGIONS.get(lowered(world, currency))
    if region is None:
        world.readings.rest("fund-other-currency")
        known = ", ".join(REGIONS)
        message = f"Invalid currency: {currency}. Cash balances can be funded in {known}."
        raise faults.Fault(message, param="currency")
    if region.sender is None:
        raise Refused(f"{region.type} ({region.currency}) is not modelled yet; usd and eur are")
    return region


def lowered(world: World, currency: str) -> str:
    """Lower a currency as Stripe does with capitals."""
    if currency != currency.lower():
        world.readings.rest("capital-currency")
    return currency.lower()


def check_options(world: World, options: CustomerBalanceOptions, currency: str) -> None:
    """Hold a request's bank transfer options against the currency (FACTS 5.7)."""
    path = "payment_method_options[customer_balance]"
    transfer = options.get("bank_transfer") or {}
    if not options:
        return
    if "type" not in transfer:
        raise faults.missing_parameter(f"{path}[bank_transfer][type]")
    region = REGIONS.get(currency)
    if region is None or region.type != transfer["type"]:
        world.readings.rest("bank-transfer-currency")
        message = f"The bank transfer type {transfer['type']} cannot be used with {currency}."
        raise faults.Fault(message, param=f"{path}[bank_transfer][type]")
    fundable(world, currency)
    if transfer["type"] != "eu_bank_transfer" and "eu_bank_transfer" in transfer:
        raise Refused(f"{path}[bank_transfer]: eu_bank_transfer in a {transfer['type']} is not modelled")
    _check_address_types(transfer)
    country = (transfer.get("eu_bank_transfer") or {}).get("country")
    if country is not None and country not in EU_COUNTRIES:
        world.readings.rest("bank-transfer-country")
        message = f"Invalid country: must be one of {', '.join(EU_COUNTRIES)}"
        raise faults.Fault(message, param=f"{path}[bank_transfer][eu_bank_transfer][country]")


def instructions(world: World, intent: PaymentIntent, customer: Customer) -> Instructions:
    """Say where the customer is to send an intent's money; its reference stays what it was."""
    if intent.confirmed_at is not None:
        world.readings.rest("instructions-per-intent")
    transfer = intent.customer_balance_options["bank_transfer"]
    link = world.ids.secret(f"{intent.id} instructions", 48)
    return Instructions(
        type=transfer["type"],
        reference=world.ids.code(f"{intent.id} reference", 12),
        hosted_instructions_url=(f"https://payments.stripe.com/bank_transfers/instructions/test_{link}"),
        financial_addresses=_financial_addresses(world, customer, transfer),
    )


def _financial_addresses(world: World, customer: Customer, transfer: Hash) -> tuple[Hash, ...]:
    """The accounts to pay into, the same ones each time for one customer [doc]."""
    if transfer["type"] == "us_bank_transfer":
        addresses = _us_addresses(world, customer)
    else:
        addresses = (_eu_address(world, customer, _eu_country(world, customer, transfer)),)
    wanted = _wanted_addresses(transfer)
    return tuple(address for address in addresses if wanted is None or address["type"] in wanted)


def _eu_country(world: World, customer: Customer, transfer: Hash) -> str:
    given: str | None = (transfer.get("eu_bank_transfer") or {}).get("country")
    if given is not None:
        return given
    world.readings.rest("eu-default-country")
    own = (customer.address or {}).get("country")
    return own if own in EU_COUNTRIES else DEFAULT_EU_COUNTRY


def _wanted_addresses(transfer: Hash) -> set[str] | None:
    """Read which types of address are asked for; None for all of them."""
    kinds = transfer.get("requested_address_types")
    return None if kinds is None else {"iban" if kind == "sepa" else kind for kind in kinds}


def _check_address_types(transfer: BankTransferParams) -> None:
    """Refuse types of address that the fake doesn't have for the region."""
    there = {"us_bank_transfer": {"aba", "swift"}, "eu_bank_transfer": {"iban"}}[transfer["type"]]
    wanted = _wanted_addresses(transfer)
    if wanted is not None and not (wanted and wanted <= there):
        raise Refused(
            f"requested_address_types of a {transfer['type']} other than {', '.join(sorted(there))} "
            "are not modelled"
        )


def _us_addresses(world: World, customer: Customer) -> tuple[Hash, ...]:
    """US test values, as captured [obs]: one account under its aba and its swift address."""
    common: dict[str, Any] = {
        "account_holder_address": _place(
            "South San Francisco", "US", "354 Oyster Point Blvd", "94080", "CA"
        ),
        "account_holder_name": BUSINESS_NAME,
        "account_number": "1111" + world.ids.digits(f"{customer.id} us account", 13),
        "account_type": "checking",
        "bank_address": _place("San Francisco", "US", "420 Montgomery Street", "94104", "CA"),
        "bank_name": "US Test Bank",
    }
    return (
        {
            "aba": {**common, "routing_number": "999999999"},
            "supported_networks": ["ach", "domestic_wire_us"],
            "type": "aba",
        },
        {
            "supported_networks": ["swift"],
            "swift": {**common, "swift_code": "TESTUS99XXX"},
            "type": "swift",
        },
    )


def _eu_address(world: World, customer: Customer, country: str) -> Hash:
    """Make an IBAN with check digits that hold; its other values are made up."""
    world.readings.rest("eu-test-values")
    account = world.ids.digits(f"{customer.id} {country} account", 14)
    iban = {
        "account_holder_address": _place("Dublin", "IE", "1 Grand Canal Street Lower", "D02 H210", None),
        "account_holder_name": BUSINESS_NAME,
        "bank_address": _place("Amsterdam", "NL", "1 Test Bank Street", "1012 AB", None),
        "bic": f"TEST{country}2XXXX",
        "country": country,
        "iban": f"{country}{_check_digits(country, account)}{account}",
    }
    return {"iban": iban, "supported_networks": ["sepa"], "type": "iban"}


def _check_digits(country: str, account: str) -> str:
    """Compute an IBAN's two check digits (ISO 7064, mod 97-10)."""
    letters = "".join(str(ord(letter) - ord("A") + 10) for letter in country)
    return f"{98 - int(f'{account}{letters}00') % 97:02d}"


def _place(city: str, country: str, line1: str, postal_code: str, state: str | None) -> Hash:
    return {
        "city": city,
        "country": country,
        "line1": line1,
        "line2": None,
        "postal_code": postal_code,
        "state": state,
    }
