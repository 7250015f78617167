"""The bank accounts to pay into in test mode, by country (docs/stripe.md 1.4).

They are derived from the customer's id, so a customer always has the same ones [doc].
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_stripe_balance.engine.state.world import BUSINESS_NAME

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.customers import Customer
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.world import World

# The number of a made-up bank is nines, or TEST where a country's banks have letters.
_BANK_CITIES = {
    "BE": ("Brussels", "1000"),
    "DE": ("Berlin", "10115"),
    "ES": ("Madrid", "28001"),
    "FR": ("Paris", "75001"),
    "IE": ("Dublin", "D02 H210"),
    "NL": ("Amsterdam", "1012 AB"),
}
_JP_HOLDER = "ストライプジャパン（カ　シュウノウダイコウ"  # noqa: RUF001 - the documented holder's own characters
_MX_BANK, _MX_PLAZA = "002", "180"
# The assumption about a country's accounts; countries of eu_bank_transfer have one of their own.
_RELIES_ON = {"GB": "gb-networks", "JP": "jp-test-values", "MX": "mx-test-values"}


def of(world: World, customer: Customer, country: str) -> tuple[Hash, ...]:
    """Give a customer's accounts in US, GB, JP, MX or a country of eu_bank_transfer.

    They are made once and shared, because copies would be a sixth of an intent's memory.
    """
    if country != "US":
        world.readings.rely_on(_RELIES_ON.get(country, "eu-test-values"))
    place = customer.id, country
    if place not in world.accounts:
        world.accounts[place] = _made(world, customer, country)
    return world.accounts[place]


def _made(world: World, customer: Customer, country: str) -> tuple[Hash, ...]:
    match country:
        case "US":
            return _aba_and_swift(world, customer)
        case "GB":
            return (_sort_code(world),)
        case "JP":
            return (_zengin(world, customer),)
        case "MX":
            return (_spei(world, customer),)
        case _:
            return (_iban(world, customer, country),)


def _aba_and_swift(world: World, customer: Customer) -> tuple[Hash, ...]:
    """US test values, as recorded [obs]: one account with an aba and a swift address."""
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


def _sort_code(world: World) -> Hash:
    """GB test values, as recorded [obs]: all customers have the same account."""
    account = {
        "account_holder_address": _place(
            "London", "GB", "9th Floor, 107 Cheapside", "EC2V6DN", "London"
        ),
        "account_holder_name": BUSINESS_NAME,
        "account_number": "19866865",
        "bank_address": _place("London", "GB", "1 CHURCHILL PLACE", "E14 5HP", "England"),
        "sort_code": "108800",
    }
    newer = ["chaps"] if world.readings.reading("gb-networks") == "chaps" else []
    return {"sort_code": account, "supported_networks": ["bacs", "fps", *newer], "type": "sort_code"}


def _zengin(world: World, customer: Customer) -> Hash:
    """JP: bank and holder of the documented example; the account number is the customer's own."""
    account = {
        "account_holder_address": _place("Chiyoda-ku", "JP", "1 Test Street", "100-0005", "Tokyo"),
        "account_holder_name": _JP_HOLDER,
        "account_number": world.ids.digits(f"{customer.id} jp account", 7),
        "account_type": "futsu",
        "bank_address": _place("Chiyoda-ku", "JP", "1 Test Bank Street", "100-0005", "Tokyo"),
        "bank_code": "0009",
        "bank_name": "三井住友銀行",
        "branch_code": "950",
        "branch_name": "東京第二",
    }
    return {"supported_networks": ["zengin"], "type": "zengin", "zengin": account}


def _spei(world: World, customer: Customer) -> Hash:
    """MX: bank and plaza of the documented example; the CLABE is the customer's own."""
    clabe = _MX_BANK + _MX_PLAZA + world.ids.digits(f"{customer.id} mx account", 11)
    account = {
        "account_holder_address": _place("Ciudad de México", "MX", "1 Test Street", "06000", "CDMX"),
        "account_holder_name": BUSINESS_NAME,
        "bank_address": _place("Ciudad de México", "MX", "1 Test Bank Street", "06000", "CDMX"),
        "bank_code": _MX_BANK,
        "bank_name": "BANAMEX",
        "clabe": clabe + _clabe_digit(clabe),
    }
    return {"spei": account, "supported_networks": ["spei"], "type": "spei"}


def _clabe_digit(clabe: str) -> str:
    """Compute a CLABE's last digit from its first 17: weights 3 7 1, each product mod 10."""
    weighed = sum(int(digit) * (3, 7, 1)[at % 3] % 10 for at, digit in enumerate(clabe))
    return str(-weighed % 10)


def _iban(world: World, customer: Customer, country: str) -> Hash:
    """EU: a made-up IBAN with the country's length and valid check digits."""
    city, postal_code = _BANK_CITIES[country]
    bban = _bban(country, world.ids.digits(f"{customer.id} {country} account", 11))
    account = {
        "account_holder_address": _place("Dublin", "IE", "1 Grand Canal Street Lower", "D02 H210", None),
        "account_holder_name": BUSINESS_NAME,
        "bank_address": _place(city, country, "1 Test Bank Street", postal_code, None),
        "bic": f"TEST{country}2XXXX",
        "country": country,
        "iban": f"{country}{_iban_digits(country, bban)}{bban}",
    }
    return {"iban": account, "supported_networks": ["sepa"], "type": "iban"}


def _bban(country: str, number: str) -> str:
    """Write an account of up to 11 digits in the country's form, with the country's check digits."""
    match country:
        case "BE":
            body = f"999{number[:7]}"
            return f"{body}{int(body) % 97 or 97:02d}"
        case "DE":
            return f"99999999{number[:10]}"
        case "ES":
            bank, account = "99999999", number[:10]
            return f"{bank}{_spanish_digit('00' + bank)}{_spanish_digit(account)}{account}"
        case "FR":
            bank, branch, account = "99999", "99999", number
            key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97
            return f"{bank}{branch}{account}{key:02d}"
        case "IE":
            return f"TEST999999{number[:8]}"
        case _:
            assert country == "NL", f"unreachable because requests for {country} are answered before"
            return f"TEST{number[:10]}"


def _spanish_digit(digits: str) -> int:
    """Compute one of a Spanish account's two check digits: its weights are powers of 2, mod 11."""
    rest = 11 - sum(int(digit) * (1 << at) for at, digit in enumerate(digits)) % 11
    return {10: 1, 11: 0}.get(rest, rest)


def _iban_digits(country: str, bban: str) -> str:
    """Compute an IBAN's two check digits (ISO 7064, mod 97-10)."""
    number = "".join(str(int(sign, 36)) for sign in f"{bban}{country}00")
    return f"{98 - int(number) % 97:02d}"


def _place(city: str, country: str, line1: str, postal_code: str, state: str | None) -> Hash:
    return {
        "city": city,
        "country": country,
        "line1": line1,
        "line2": None,
        "postal_code": postal_code,
        "state": state,
    }
