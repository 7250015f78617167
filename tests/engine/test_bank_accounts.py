"""The accounts to pay into: values that were seen, and forms and check digits that hold."""

import re

import pytest

COUNTRIES = ("BE", "DE", "ES", "FR", "IE", "NL")


def test_the_gb_account_is_the_one_that_was_seen(desk):
    """Test mode's sort code, account and addresses are those of the public capture."""
    (address,) = desk.told("gbp")
    assert address["sort_code"] == {
        "account_holder_address": {
            "city": "London",
            "country": "GB",
            "line1": "9th Floor, 107 Cheapside",
            "line2": None,
            "postal_code": "EC2V6DN",
            "state": "London",
        },
        "account_holder_name": "Acme",
        "account_number": "19866865",
        "bank_address": {
            "city": "London",
            "country": "GB",
            "line1": "1 CHURCHILL PLACE",
            "line2": None,
            "postal_code": "E14 5HP",
            "state": "England",
        },
        "sort_code": "108800",
    }


@pytest.mark.stripe_balance(assume={"gb-networks": "without-chaps"})
def test_gb_can_be_without_chaps(desk):
    """With gb-networks=without-chaps the networks are those of the public capture."""
    assert desk.told("gbp")[0]["supported_networks"] == ["bacs", "fps"]


def test_a_zengin_account_has_the_documented_form(desk):
    """A bank code of 4 digits, a branch code of 3, an account of 7; a name for each."""
    (address,) = desk.told("jpy")
    account = address["zengin"]
    assert re.fullmatch(r"\d{4}", account["bank_code"])
    assert re.fullmatch(r"\d{3}", account["branch_code"])
    assert re.fullmatch(r"\d{7}", account["account_number"])
    assert account["account_type"] == "futsu"
    assert all(account[name] for name in ("bank_name", "branch_name", "account_holder_name"))


# How each country writes an account, and what the digits in it must satisfy.
FORMS = {
    "BE": r"BE\d{14}",
    "DE": r"DE\d{20}",
    "ES": r"ES\d{22}",
    "FR": r"FR\d{12}[0-9A-Z]{11}\d{2}",
    "IE": r"IE\d{2}[A-Z]{4}\d{14}",
    "NL": r"NL\d{2}[A-Z]{4}\d{10}",
}
# The letters of a French account, as its key counts them.
FRENCH = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")
SPANISH = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)


def spanish(digits, check):
    left = sum(map(int.__mul__, map(int, digits), SPANISH)) % 11
    return int(check) == {0: 0, 1: 1}.get(left, 11 - left)


def account_holds(country, account):
    """Check the digits inside an account by the sums that its country publishes, where it has some."""
    if country == "BE":
        return (int(account[:10]) - int(account[10:])) % 97 == 0 < int(account[10:]) <= 97
    if country == "ES":
        return spanish("00" + account[:8], account[8]) and spanish(account[10:], account[9])
    if country == "FR":
        return int(account.translate(FRENCH)) % 97 == 0
    return True


def iban_holds(iban):
    """Check an IBAN as a bank would: its form, its own two digits and its account's."""
    turned = int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4]))
    formed = bool(re.fullmatch(FORMS[iban[:2]], iban))
    return formed and turned % 97 == 1 and account_holds(iban[:2], iban[4:])


PUBLISHED = (
    "BE68539007547034",
    "DE89370400440532013000",
    "ES9121000418450200051332",
    "FR1420041010050500013M02606",
    "IE29AIBK93115212345678",
    "NL91ABNA0417164300",
)


def changed(text):
    """Change each digit of a text in turn."""
    for at, sign in enumerate(text):
        if sign.isdecimal():
            yield f"{text[:at]}{(int(sign) + 1) % 10}{text[at + 1 :]}"


@pytest.mark.parametrize("iban", PUBLISHED)
def test_the_check_of_ibans_knows_right_from_wrong(iban):
    """The check takes the published example of each country, and none with a digit changed."""
    assert iban_holds(iban)
    assert not any(map(iban_holds, changed(iban)))
    if iban[:2] in ("BE", "ES", "FR"):
        assert not any(account_holds(iban[:2], account) for account in changed(iban[4:]))


@pytest.mark.parametrize("country", COUNTRIES)
def test_an_iban_checks_out(desk, country):
    """Each country's IBANs have its length and form, and every check digit in them holds."""
    for _ in range(20):
        given = desk.instructions("eur", desk.another(), eu_bank_transfer={"country": country})
        assert given["bank_transfer"]["country"] == country
        (address,) = given["bank_transfer"]["financial_addresses"]
        account = address["iban"]
        assert iban_holds(account["iban"]), account["iban"]
        assert account["country"] == account["iban"][:2] == account["bic"][4:6] == country
        assert re.fullmatch(r"[A-Z]{6}[A-Z0-9]{5}", account["bic"])


def test_each_country_has_an_account_of_its_own(desk):
    """One customer's IBANs in two countries share no account number."""
    ibans = [
        desk.listed("eur", eu_bank_transfer={"country": country})[0]["iban"]["iban"]
        for country in COUNTRIES
    ]
    assert len({iban[-7:] for iban in ibans}) == len(COUNTRIES)


def clabe_holds(clabe):
    """Check a CLABE: the 17 products with 3 7 1, each mod 10, and the last digit sum to tens."""
    products = [int(digit) * weight % 10 for digit, weight in zip(clabe, [3, 7, 1] * 6, strict=True)]
    return bool(re.fullmatch(r"\d{18}", clabe)) and (sum(products[:17]) + int(clabe[17])) % 10 == 0


@pytest.mark.parametrize("clabe", ["002180650612345670", "032180000118359719"])
def test_the_check_of_clabes_knows_right_from_wrong(clabe):
    """The check below takes published CLABEs, and none with another last digit."""
    assert [clabe_holds(clabe[:17] + digit) for digit in "0123456789"].count(True) == 1
    assert clabe_holds(clabe)


def test_a_clabe_checks_out(desk):
    """A CLABE has 18 digits, begins with its bank's code, and its last digit holds."""
    for _ in range(20):
        (address,) = desk.listed("mxn", desk.another())
        account = address["spei"]
        assert clabe_holds(account["clabe"]), account["clabe"]
        assert account["clabe"].startswith(account["bank_code"])
        assert (account["bank_code"], account["bank_name"]) == ("002", "BANAMEX")


RESTS = (
    ("gb-networks", "gbp", {}),
    ("jp-test-values", "jpy", {}),
    ("mx-test-values", "mxn", {}),
    ("eu-test-values", "eur", {}),
    ("eu-default-country", "eur", {"eu_bank_transfer": {}}),
    ("sepa-address-type", "eur", {"requested_address_types": ["sepa"]}),
)


@pytest.mark.parametrize(("assumption", "currency", "transfer"), RESTS, ids=[row[0] for row in RESTS])
def test_instructions_name_what_they_rest_on(desk, assumption, currency, transfer, _stripe_session):
    """Addresses that nobody has seen say so, in each answer that tells them."""
    for _ in range(2):
        _stripe_session._readings.used.clear()
        desk.told(currency, **transfer)
        assert assumption in _stripe_session.assumptions


def test_us_instructions_rest_on_nothing(desk, _stripe_session):
    """The US addresses were seen: funding instructions of usd rest on no assumption."""
    _stripe_session._readings.used.clear()
    desk.instructions("usd")
    assert not _stripe_session.assumptions
