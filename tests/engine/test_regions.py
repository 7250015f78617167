"""Bank transfers in every region: where to pay, what arrives, and what doesn't fit."""

from dataclasses import dataclass

import pytest
import stripe
from majors import as_dict

from pytest_stripe_balance.fixtures.arguments import BANK_TRANSFERS

OPTIONS = "payment_method_options[customer_balance][bank_transfer]"


@dataclass(frozen=True)
class Region:
    currency: str
    country: str
    networks: dict[str, list[str]]
    sender: dict[str, str]
    number: str  # what of the first address is the customer's own

    @property
    def type(self):
        return BANK_TRANSFERS[self.currency]["type"]

    def __str__(self):
        return self.currency


REGIONS = (
    Region("usd", "US", {"aba": ["ach", "domestic_wire_us"], "swift": ["swift"]},
           {"network": "ach", "sender_name": "John Doe"}, "account_number"),
    Region("eur", "IE", {"iban": ["sepa"]},
           {"bic": "DABAIE2D", "iban_last4": "3000", "sender_name": "Sample Business GmbH"}, "iban"),
    Region("gbp", "GB", {"sort_code": ["bacs", "fps", "chaps"]},
           {"account_number_last4": "1113", "sender_name": "John Doe", "sort_code": "108800"},
           "account_number"),
    Region("jpy", "JP", {"zengin": ["zengin"]},
           {"sender_bank": "新生銀行", "sender_branch": "京都", "sender_name": "John Doe"},
           "account_number"),
    Region("mxn", "MX", {"spei": ["spei"]},
           {"clabe_last4": "4567", "sender_bank": "Citi", "sender_name": "JOHN DOE"}, "clabe"),
)  # fmt: skip
in_every_region = pytest.mark.parametrize("region", REGIONS, ids=str)


@in_every_region
def test_a_transfer_goes_from_its_instructions_to_the_payment(desk, region):
    """A confirm tells where to pay, funding says who paid, and applying it pays the intent."""
    intent = desk.intent(region.currency)
    told = intent.next_action.display_bank_transfer_instructions
    assert (told.type, told.currency, told.amount_remaining) == (region.type, region.currency, 5000)

    row = desk.balance.fund(desk.customer, 5000, region.currency, reference="x")
    assert as_dict(row)["funded"] == {
        "bank_transfer": {"reference": "x", "type": region.type, region.type: region.sender}
    }
    assert stripe.PaymentIntent.apply_customer_balance(intent.id).status == "succeeded"
    assert desk.balance.available(desk.customer) == {region.currency: 0}


@in_every_region
def test_a_transfer_pays_by_itself_in_automatic_mode(desk, region):
    """Automatic reconciliation is the same everywhere: a fitting transfer pays the intent."""
    customer = desk.balance.customer().id
    intent = desk.intent(region.currency, customer=customer)
    desk.balance.fund(customer, 5000, region.currency)
    assert stripe.PaymentIntent.retrieve(intent.id).status == "succeeded"


@in_every_region
def test_funding_instructions_are_the_customers_addresses(desk, region):
    """The call gives the addresses that the customer's intents tell, each time the same."""
    given = desk.instructions(region.currency)
    addresses = given["bank_transfer"].pop("financial_addresses")
    assert given == {
        "object": "funding_instructions",
        "bank_transfer": {"country": region.country, "type": region.type},
        "currency": region.currency,
        "funding_type": "bank_transfer",
        "livemode": False,
    }
    assert {one["type"]: one["supported_networks"] for one in addresses} == region.networks
    assert addresses == desk.listed(region.currency) == desk.told(region.currency)
    assert desk.told(region.currency) == addresses


def test_funding_instructions_take_a_currency_in_capitals(desk):
    """A currency in capitals is lowered, as it is everywhere."""
    transfer = {"type": "jp_bank_transfer"}
    given = stripe.Customer.create_funding_instructions(
        desk.customer, currency="JPY", funding_type="bank_transfer", bank_transfer=transfer
    )
    assert as_dict(given) == desk.instructions("jpy")


IN_CAPITALS = {
    "bank_transfer_intent": lambda balance, payer: balance.bank_transfer_intent(payer, 1000, "EUR"),
    "bank_transfer_invoice": lambda balance, payer: balance.bank_transfer_invoice(payer, 1000, "EUR"),
    "fund": lambda balance, payer: balance.fund(payer, 1000, "EUR"),
}


@pytest.mark.parametrize("build", IN_CAPITALS.values(), ids=IN_CAPITALS)
def test_builders_take_a_currency_in_capitals(build, stripe_balance, _stripe_session):
    """They send it as it is given, for Stripe to lower, and the answer says that it rests on that."""
    payer = stripe_balance.customer(email="ada@example.com")
    assert build(stripe_balance, payer).currency == "eur"
    assert "capital-currency" in _stripe_session.assumptions
    assert any("currency=EUR" in asked.request.body for asked in stripe_balance.requests)


@in_every_region
def test_funding_instructions_change_nothing(desk, region):
    """They make no event, no ledger row and no cash balance; the customer can still be deleted."""
    before = desk.balance.events()
    desk.instructions(region.currency)
    assert desk.balance.events() == before
    assert desk.balance.ledger(desk.customer) == []
    assert stripe.Customer.delete(desk.customer).deleted


@in_every_region
def test_addresses_are_a_customers_own(desk, region):
    """No two customers share an account, but in gb, where test mode has one for all [obs]."""
    kind = next(iter(region.networks))
    numbers = {desk.listed(region.currency, desk.another())[0][kind][region.number] for _ in range(20)}
    assert len(numbers) == (1 if region.currency == "gbp" else 20)


@pytest.mark.parametrize(("own", "used"), [("DE", "DE"), ("US", "IE"), (None, "IE")])
def test_without_a_country_the_customers_own_is_taken(desk, own, used):
    """eu_bank_transfer without a country goes by the customer's address, else to IE."""
    customer = desk.another(address={"country": own} if own else {"city": "x"})
    assert desk.told("eur", customer, eu_bank_transfer={})[0]["iban"]["country"] == used
    given = desk.instructions("eur", customer, eu_bank_transfer={})
    assert given["bank_transfer"]["country"] == used


FILTERS = (
    ("usd", ["swift"], ["swift"]),
    ("usd", ["aba"], ["aba"]),
    ("usd", ["swift", "aba"], ["aba", "swift"]),
    ("eur", ["iban"], ["iban"]),
    ("eur", ["sepa"], ["iban"]),
    ("gbp", ["sort_code"], ["sort_code"]),
    ("jpy", ["zengin"], ["zengin"]),
    ("mxn", ["spei"], ["spei"]),
)


@pytest.mark.parametrize(("currency", "asked", "told"), FILTERS)
def test_addresses_are_those_that_were_asked_for(desk, currency, asked, told):
    """requested_address_types narrows the instructions of an intent, in the region's own order."""
    addresses = desk.told(currency, requested_address_types=asked)
    assert [address["type"] for address in addresses] == told


@pytest.mark.parametrize(
    ("currency", "kind"), [("eur", "iban"), ("gbp", "sort_code"), ("jpy", "zengin"), ("mxn", "spei")]
)
def test_funding_instructions_can_ask_for_addresses_too(desk, currency, kind):
    """requested_address_types of funding instructions takes the region's own type."""
    (address,) = desk.listed(currency, requested_address_types=[kind])
    assert address["type"] == kind


ASKED = ("aba", "iban", "sepa", "sort_code", "spei", "swift", "zengin")
MISFITS = [
    pytest.param(region, kind, id=f"{region}-{kind}")
    for region in REGIONS
    for kind in ASKED
    if {"sepa": "iban"}.get(kind, kind) not in region.networks
]


@pytest.mark.parametrize(("region", "kind"), MISFITS)
def test_addresses_of_other_regions_are_refused(desk, region, kind):
    """What Stripe answers to another region's type of address is not on record: it is refused."""
    with desk.balance.refused(match="requested_address_types"):
        desk.intent(region.currency, requested_address_types=[kind])
    if kind in ("iban", "sort_code", "spei", "zengin"):
        with desk.balance.refused(match="requested_address_types"):
            desk.instructions(region.currency, requested_address_types=[kind])


def test_a_country_outside_the_eu_is_refused(desk):
    """eu_bank_transfer belongs to its own type; elsewhere it is a hole in the fake."""
    for call in (desk.intent, desk.instructions):
        with desk.balance.refused(match="eu_bank_transfer in a gb_bank_transfer"):
            call("gbp", eu_bank_transfer={"country": "IE"})


@pytest.mark.parametrize("other", REGIONS, ids=lambda other: other.type)
@in_every_region
def test_type_and_currency_must_fit(desk, region, other):
    """A bank transfer type works in its own currency, and in the others is refused by its path."""
    transfer = BANK_TRANSFERS[other.currency]
    for call, path in ((desk.intent, OPTIONS), (desk.instructions, "bank_transfer")):
        if other is region:
            call(region.currency, **transfer)
            continue
        with pytest.raises(stripe.InvalidRequestError) as caught:
            call(region.currency, **transfer)
        assert (caught.value.http_status, caught.value.param) == (400, f"{path}[type]")


def test_yen_have_no_decimals(desk):
    """Every amount in yen is whole: in errors, in the ledger's table and in the intents'."""
    with pytest.raises(stripe.InvalidRequestError, match="must be at least ¥50 jpy"):
        desk.intent("jpy", 49)
    intent = desk.intent("jpy", 123_456)
    with pytest.raises(stripe.InvalidRequestError, match=r"which is ¥123,456 jpy\.$"):
        stripe.PaymentIntent.apply_customer_balance(intent.id, amount=123_457)
    desk.balance.fund(desk.customer, 123_456, "jpy")
    paid = stripe.PaymentIntent.apply_customer_balance(intent.id, expand=["latest_charge"])
    assert paid.amount_received == paid.latest_charge.amount == 123_456
    assert " ¥123,456 " in desk.balance.report()
    assert " -¥123,456 " in desk.balance.report()
