"""Every endpoint at every API version that is modelled, and each dated change on its own."""

import pytest
import stripe
from majors import as_dict, v1

from pytest_stripe_balance.api import routes, versions
from pytest_stripe_balance.engine import events
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.fixtures.arguments import BANK_TRANSFERS
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.resources import modelled_versions, newest_api_version


def of_account(api_version):
    """Make an API version the account's default."""
    return pytest.mark.stripe_balance(api_version=api_version)


@pytest.mark.parametrize(
    "api_version",
    [
        *(pytest.param(one, marks=of_account(one), id=f"{one} account") for one in modelled_versions()),
        *(pytest.param(one, id=f"{one} request") for one in modelled_versions()),
    ],
)
def test_what_the_fake_returns_fits_the_schema_of_its_version(api_version, tour, _stripe_session):
    """Each endpoint that a version has answers in its shape: there is no finding of any level."""
    trip = tour(api_version)
    trip.go()
    assert all(trip.answers[row] for row in routes.ENDPOINTS if row.since <= api_version)
    for row, answers in trip.answers.items():
        assert {answer.headers["Stripe-Version"] for answer in answers} == {api_version}
        assert any(answer.status == 200 for answer in answers), row
    noted = {
        (finding.kind, finding.object, finding.path, finding.value)
        for _, _, finding in _stripe_session.watch.warnings
    }
    assert noted == set()


@pytest.mark.parametrize("api_version", modelled_versions())
@pytest.mark.parametrize("given", ["ten", "NaN", "Infinity", "1e3", "٣"])
def test_a_decimal_is_one_at_every_version(given, api_version, tour):
    """SDKs older than dahlia's type it as any text; money is made of digits all the same."""
    trip = tour(api_version)
    customer = trip.ask("POST", "/v1/customers")["id"]
    item = {"customer": customer, "currency": "usd", "unit_amount_decimal": given}
    answer = trip.answer("POST", "/v1/invoiceitems", **item)
    assert (answer.status, answer.body["error"]["param"]) == (400, "unit_amount_decimal")


class Shop:
    """Asks through StripeClients of several versions in one world."""

    def __init__(self, balance):
        self.balance = balance
        self.customer = balance.customer(email="ada@example.com").id

    def at(self, api_version):
        return v1(stripe.StripeClient("sk_test_1", stripe_version=api_version))

    def intent(self, currency="usd"):
        return self.balance.bank_transfer_intent(self.customer, 1000, currency).id

    def invoice(self, *, paid=False):
        invoice = self.balance.bank_transfer_invoice(self.customer, 1000)
        if paid:
            self.balance.fund(self.customer, 1000, reference=invoice.number)
        return invoice.id

    def paid_intent(self):
        intent = self.intent()
        self.balance.fund(self.customer, 1000)
        return intent


@pytest.fixture
def shop(stripe_balance):
    return Shop(stripe_balance)


def invoice_at(shop, version):
    return as_dict(shop.at(version).invoices.retrieve(shop.invoice(paid=True)))


def line_at(shop, version):
    return invoice_at(shop, version)["lines"]["data"][0]


def item_at(shop, version):
    shop.invoice()
    return as_dict(shop.at(version).invoice_items.list())["data"][0]


def intent_at(shop, version):
    return as_dict(shop.at(version).payment_intents.retrieve(shop.paid_intent()))


def charge_at(shop, version):
    shop.paid_intent()
    return as_dict(shop.at(version).charges.list())["data"][0]


def customer_at(shop, version):
    return as_dict(shop.at(version).customers.retrieve(shop.customer))


def networks_at(shop, version):
    intent = shop.at(version).payment_intents.retrieve(shop.intent("gbp"))
    told = intent.next_action.display_bank_transfer_instructions.financial_addresses
    return dict.fromkeys(told[0].supported_networks)


def instructed_networks_at(shop, version):
    customers, transfer = shop.at(version).customers, BANK_TRANSFERS["gbp"]
    params = {"currency": "gbp", "funding_type": "bank_transfer", "bank_transfer": transfer}
    told = customers.funding_instructions.create(shop.customer, params).bank_transfer
    return dict.fromkeys(told.financial_addresses[0].supported_networks)


# What is rendered, the version before a change and the one after, keys that only the older shape has,
# keys that only the newer one has.
DATED = {
    "chaps on an intent": (networks_at, "2026-03-25.dahlia", "2026-07-29.dahlia", "", "chaps"),
    "chaps in instructions": (
        *(instructed_networks_at, "2026-03-25.dahlia", "2026-07-29.dahlia"),
        *("", "chaps"),
    ),
    "an intent's invoice": (intent_at, "2025-02-24.acacia", "2025-03-31.basil", "invoice", ""),
    "a charge's invoice": (charge_at, "2025-02-24.acacia", "2025-03-31.basil", "invoice", ""),
    "an invoice's payment": (
        *(invoice_at, "2025-02-24.acacia", "2025-03-31.basil"),
        (
            "application_fee_amount charge discount paid paid_out_of_band payment_intent quote subscription "
            "subscription_details tax total_tax_amounts transfer_data"
        ),
        "",
    ),
    "a line's price": (
        *(line_at, "2025-02-24.acacia", "2025-03-31.basil"),
        (
            "amount_excluding_tax invoice_item plan price proration proration_details subscription "
            "tax_amounts tax_rates type unit_amount_excluding_tax"
        ),
        "",
    ),
    "an item's price": (
        *(item_at, "2025-02-24.acacia", "2025-03-31.basil"),
        "plan price subscription unit_amount unit_amount_decimal",
        "",
    ),
    "rendering options": (invoice_at, "2023-10-16", "2024-04-10", "rendering_options", ""),
    "an intent's charges": (intent_at, "2022-08-01", "2022-11-15", "charges", ""),
    "a charge's refunds": (charge_at, "2022-08-01", "2022-11-15", "refunds", ""),
    "a customer's default currency": (customer_at, "2020-08-27", "2022-08-01", "default_currency", ""),
}


@pytest.mark.parametrize(("render", "before", "since", "gone", "came"), DATED.values(), ids=DATED)
def test_a_change_shows_from_its_date_on(render, before, since, gone, came, shop):
    """One version earlier an object has the older keys, and else the same ones."""
    older, newer = render(shop, before), render(shop, since)
    assert set(older) - set(newer) == set(gone.split())
    assert set(newer) - set(older) == set(came.split())


def test_before_basil_an_invoice_names_what_paid_it(shop):
    """The intent, its charge, and each other; `paid` and `paid_out_of_band` say how."""
    old = shop.at("2024-06-20")
    invoice = shop.invoice()
    unpaid = old.invoices.retrieve(invoice)
    assert (unpaid.paid, unpaid.charge) == (False, None)
    shop.balance.fund(shop.customer, 1000)
    paid = old.invoices.retrieve(invoice, {"expand": ["payment_intent.latest_charge", "charge"]})
    assert (paid.paid, paid.paid_out_of_band) == (True, False)
    assert paid.payment_intent.invoice == paid.charge.invoice == invoice
    assert paid.payment_intent.latest_charge.id == paid.charge.id
    other = shop.invoice()
    old.invoices.pay(other, {"paid_out_of_band": True})
    told = old.invoices.retrieve(other)
    assert (told.paid, told.paid_out_of_band, told.charge) == (True, True, None)


def test_before_basil_an_item_has_its_price(shop):
    """Unit amount and currency stand in the price that was made for the item."""
    old = shop.at("2024-06-20")
    item = old.invoice_items.create(
        {"customer": shop.customer, "unit_amount_decimal": "2.5", "quantity": 4, "currency": "usd"}
    )
    assert (item.amount, item.unit_amount, str(item.unit_amount_decimal)) == (10, None, "2.5")
    assert (item.price.currency, str(item.price.unit_amount_decimal)) == ("usd", "2.5")
    whole = old.invoice_items.create({"customer": shop.customer, "amount": 700, "currency": "usd"})
    assert (whole.unit_amount, whole.price.unit_amount) == (700, 700)


@of_account("2024-06-20")
def test_events_are_at_the_account_s_version_whoever_asks(shop):
    """An event carries the account's default version, and its object has the shape of that."""
    shop.invoice(paid=True)
    for version in ("2024-06-20", newest_api_version()):
        (paid,) = shop.at(version).events.list({"type": "invoice.paid"}).data
        assert paid.api_version == "2024-06-20"
        assert paid.data.object.paid is True
        updated = as_dict(shop.at(version).events.list({"type": "invoice.updated"}).data[0])
        told = updated["data"]["previous_attributes"]
        assert (told["paid"], told["charge"], told["status"]) == (False, None, "open")


def refund_events(shop):
    intent = shop.paid_intent()
    refund = stripe.Refund.create(payment_intent=intent, amount=100)
    stripe.Refund.cancel(refund.id)
    failed = stripe.Refund.create(payment_intent=intent, amount=100)
    stripe.Refund.TestHelpers.expire(failed.id)
    shop.balance.fund(shop.customer, 300)
    params = {"origin": "customer_balance", "customer": shop.customer}
    stripe.Refund.create(amount=300, currency="usd", **params)
    types = [event.type for event in shop.balance.events()]
    return [one for one in types if "refund" in one]


@pytest.mark.parametrize("api_version", modelled_versions())
def test_a_list_by_type_has_what_a_walk_along_all_events_finds(api_version, toured):
    """By each type that the version has and by each beginning, in whatever way older events are found."""
    world = toured(api_version).session.world
    called = [events.type_at(world, event, api_version) for event in world.events]
    names = {name for name in called if name is not None} | {"refund.created", "charge.refund.updated"}
    for pattern in (*names, *(f"{name.partition('.')[0]}.*" for name in names), "*"):
        found = [
            event
            for event, name in zip(world.events, called, strict=True)
            if name is not None and events.matches(name, pattern)
        ]
        assert events.list_(world, type=pattern, limit=100).data == found[-100:][::-1]


@of_account("2024-06-20")
def test_before_acacia_refunds_of_charges_had_one_event_of_their_own(shop):
    """charge.refund.updated stood for refund.created, refund.updated and refund.failed."""
    of_charges = ["charge.refunded", "charge.refund.updated"] * 2
    assert refund_events(shop) == [*of_charges, "refund.created"]


@of_account("2024-10-28.acacia")
def test_since_acacia_all_refunds_have_the_same_events(shop):
    """refund.created, refund.updated and refund.failed tell of refunds of charges too."""
    assert refund_events(shop) == [
        *("refund.created", "charge.refunded", "refund.updated"),
        *("refund.created", "charge.refunded", "refund.updated", "refund.failed"),
        "refund.created",
    ]


@pytest.mark.parametrize(
    ("version", "told"),
    [
        pytest.param("2025-04-30.basil", 0, marks=of_account("2025-04-30.basil")),
        pytest.param("2025-05-28.basil", 1, marks=of_account("2025-05-28.basil")),
    ],
)
def test_invoice_payments_have_events_since_may_2025(version, told, shop):
    """invoice_payment.paid came with 2025-05-28.basil."""
    shop.invoice(paid=True)
    assert len(shop.at(version).events.list({"type": "invoice_payment.paid"}).data) == told


@pytest.mark.parametrize(
    ("version", "method"), [("2023-10-16", "automatic"), ("2024-04-10", "automatic_async")]
)
def test_the_default_of_capture_method_is_that_of_the_request_s_version(version, method, shop):
    """It is settled when the intent is made, and no other version sees another one."""
    intent = shop.at(version).payment_intents.create({"amount": 100, "currency": "usd"})
    assert intent.capture_method == method
    assert stripe.PaymentIntent.retrieve(intent.id).capture_method == method


OLD, NEW = "2026-08-26.dahlia", "2026-09-30.endive"
TYPES = {"payment_method_types": ["customer_balance"]}


def test_payment_method_types_are_taken_before_endive(shop):
    """An intent takes the types that it is given, on create, update and confirm."""
    intents = shop.at(OLD).payment_intents
    made = {"amount": 1000, "currency": "usd", "customer": shop.customer}
    intent = intents.create({**made, **TYPES})
    assert intent.payment_method_types == ["customer_balance"]
    intent = intents.create({**made, "payment_method_types": ["card"]})
    assert intent.payment_method_types == ["card"]
    changed = intents.update(intent.id, TYPES)
    assert changed.payment_method_types == ["customer_balance"]
    assert as_dict(changed.payment_method_options) == {"customer_balance": {}}
    confirmed = intents.confirm(
        intents.create({**made, "payment_method_types": ["card"]}).id,
        {
            **TYPES,
            "payment_method_data": {"type": "customer_balance"},
            "payment_method_options": {
                "customer_balance": {
                    "funding_type": "bank_transfer",
                    "bank_transfer": BANK_TRANSFERS["usd"],
                }
            },
        },
    )
    assert (confirmed.status, confirmed.payment_method_types) == (
        "requires_action",
        ["customer_balance"],
    )


@pytest.mark.parametrize("verb", ["create", "update", "confirm"])
def test_payment_method_types_are_refused_since_endive(verb, shop):
    """Stripe's documented code, and nothing changes; they are still returned."""
    intents = shop.at(NEW).payment_intents
    intent = intents.create({"amount": 1000, "currency": "usd", "customer": shop.customer})
    call = {
        "create": lambda: intents.create({"amount": 1000, "currency": "usd", **TYPES}),
        "update": lambda: intents.update(intent.id, TYPES),
        "confirm": lambda: intents.confirm(intent.id, TYPES),
    }[verb]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call()
    assert caught.value.code == "payment_method_types_no_longer_supported"
    assert caught.value.param == "payment_method_types"
    assert len(intents.list().data) == 1
    assert intents.retrieve(intent.id).payment_method_types == ["card", "customer_balance"]


def test_allowed_payment_method_types_came_with_dahlia(shop):
    """A release earlier the parameter is unknown."""
    params = {"amount": 1000, "currency": "usd", "customer": shop.customer}
    allowed = {"allowed_payment_method_types": ["customer_balance"]}
    intent = shop.at(OLD).payment_intents.create({**params, **allowed})
    assert intent.payment_method_types == ["customer_balance"]
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter: allowed_") as caught:
        shop.at("2026-02-25.clover").payment_intents.create({**params, **allowed})
    assert caught.value.code == "parameter_unknown"


def test_what_was_allowed_is_shown_at_every_version(shop):
    """As it was named, at creation, by an update and by one that changes no types; else it is null."""
    params = {"amount": 1000, "currency": "usd", "customer": shop.customer}
    intents, old = shop.at(OLD).payment_intents, shop.at("2024-06-20").payment_intents

    def shown(intent):
        return as_dict(old.retrieve(intent.id))["allowed_payment_method_types"]

    intent = intents.create(params)
    assert shown(intent) is None
    for allowed in (["customer_balance"], ["card", "customer_balance"], ["customer_balance", "card"]):
        intents.update(intent.id, {"allowed_payment_method_types": allowed})
        assert shown(intent) == allowed
    made = intents.create({**params, "allowed_payment_method_types": ["card"]})
    assert shown(made) == ["card"]


def test_types_of_an_intent_that_is_under_way_stay(shop, stripe_balance):
    """Other types would need another payment method, which is refused out loud."""
    intent = shop.intent()
    with stripe_balance.refused(match="other payment method types"):
        shop.at(OLD).payment_intents.update(intent, {"payment_method_types": ["card"]})
    same = shop.at(OLD).payment_intents.update(intent, TYPES)
    assert same.status == "requires_action"


def test_a_call_that_a_version_lacks_is_refused(shop, stripe_balance):
    """How Stripe answers a call before it was there is not on record."""
    headers = {"Authorization": "Bearer sk_test_1", "Stripe-Version": "2024-06-20"}
    with stripe_balance.refused(match=r"since 2025-03-31.basil, and this request is at 2024-06-20"):
        stripe.RequestsClient().request(
            "get", "https://api.stripe.com/v1/invoice_payments", headers, None
        )


@of_account("2024-06-20")
def test_without_a_header_the_account_s_version_holds(stripe_balance):
    """A request that names no version is answered at the account's default."""
    headers = {"Authorization": "Bearer sk_test_1"}
    url = "https://api.stripe.com/v1/payment_intents"
    body, _, told = stripe.RequestsClient().request("post", url, headers, "amount=100&currency=usd")
    assert told["Stripe-Version"] == "2024-06-20"
    assert b'"invoice":null' in body


TAKEN = [
    *("2020-08-27", "2022-08-01", "2022-11-15", "2023-08-16"),
    *("2023-10-16", "2024-04-10", "2024-06-20", "2024-09-30.acacia", "2025-02-24.acacia"),
    *("2025-03-31.basil", "2026-02-25.clover", "2026-10-28.endive", "2026-11-25.endive"),
    *("2024-06-20; custom_beta=v1", "2025-02-24.acacia;a_beta=v1; b_beta=v2"),
]
NEVER = [
    "latest",
    "2021-08-27",
    "2022-11-15.acacia",
    "2024-06-21",
    "2024-06-20.acacia",
    "2025-03-31.acacia",
    "2025-03-31",
    "2024-09-30",
]
NOT_HERE = ["2020-03-02", "2026-11-25.preview", "2027-03-31.fjord", "2020-03-02; a_beta=v1"]


@pytest.mark.parametrize("version", TAKEN)
def test_every_month_of_a_release_is_taken(version):
    """Months of a named release are additive, so each of them will do."""
    versions.check(version)


@pytest.mark.parametrize("version", NEVER)
def test_what_never_was_a_version_is_stripe_s_own_400(version, shop):
    """A version that isn't one is an error answer, which names it."""
    with pytest.raises(
        stripe.InvalidRequestError, match=f"Invalid Stripe API version: {version}$"
    ) as caught:
        shop.at(version).customers.list()
    assert set(caught.value.json_body["error"]) == {"message", "type"}, "there is no log of it"


@pytest.mark.parametrize("version", NOT_HERE)
def test_a_version_that_the_fake_does_not_have_is_refused(version, shop, stripe_balance):
    """Older than what is modelled, newer than that, or a preview: no answer would be right."""
    with pytest.raises(Refused, match="is not modelled"):
        versions.check(version)
    with stripe_balance.refused(match="is not modelled: .* Set another by `stripe.api_version`"):
        shop.at(version).customers.list()


@pytest.mark.parametrize("betas", ["; feature_beta=v3", ";a_beta=v1; b_beta=v2", ";"])
@pytest.mark.parametrize("version", ["2023-10-16", "2025-02-24.acacia", newest_api_version()])
def test_a_version_with_betas_is_answered_as_what_stands_before_them(version, betas, shop):
    """Betas are read past: the keys are the base version's, and the answer names all that was sent."""
    invoice, (plain, beta) = shop.invoice(), (shop.at(one) for one in (version, version + betas))
    assert as_dict(beta.invoices.retrieve(invoice)) == as_dict(plain.invoices.retrieve(invoice))
    assert beta.customers.list().last_response.headers["Stripe-Version"] == version + betas


def test_only_a_version_with_betas_rests_on_what_betas_do(shop, _stripe_session):
    """A request without betas is answered from the contract alone."""
    rested = _stripe_session._readings.used
    for version, rests in (("2024-06-20", False), ("2024-06-20; feature_beta=v3", True)):
        rested.clear()
        shop.at(version).customers.list()
        assert ("beta-versions" in rested) == rests


@pytest.mark.stripe_balance(api_version="2024-06-20; feature_beta=v3")
def test_an_account_may_be_at_a_version_with_betas(shop, stripe_balance, _stripe_session):
    """What it is sent has the base version's shape, and its events name the betas too."""
    shop.intent()
    (event,) = stripe_balance.events("payment_intent.created")
    assert event.api_version == "2024-06-20; feature_beta=v3"
    assert "invoice" in event.data.object
    assert "beta-versions" in _stripe_session.assumptions
    assert [one for one in _stripe_session.watch.warnings if one[2].kind != "additive"] == []


def test_a_fault_of_a_version_rests_on_its_assumption():
    """Stripe's message is on record for what is no date."""
    faults = {}
    for version in ("2024-06-21", "latest"):
        with pytest.raises(Fault, match=f"^Invalid Stripe API version: {version}$") as caught:
            versions.check(version)
        faults[version] = caught.value.assumption
    assert faults == {"2024-06-21": "invalid-api-version", "latest": None}
