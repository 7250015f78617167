"""The paths of `expand`: answered where the data is, refused out loud where it isn't; 400 is Stripe's."""

import os
from functools import cache
from pathlib import Path

import pytest
import stripe
from majors import as_dict

from pytest_stripe_balance.api import expand, routes
from pytest_stripe_balance.contract import annotations, derive
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.contract.sdk import Sdk
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.resources import modelled_versions

ALL_VERSIONS = pytest.mark.parametrize("version", modelled_versions())
BASIL, CLOVER = "2025-08-27.basil", "2026-02-25.clover"
MADE_BY = ("customers", "payment_intents", "payment_methods", "invoices", "invoiceitems", "refunds")
LEVELS = 4


def releases():
    """Give the installed release, and those in the folder that STRIPE_SDK_RELEASES names."""
    others = os.environ.get("STRIPE_SDK_RELEASES")
    found = [derive.installed_sdk(), *(sorted(Path(others).glob("*/stripe")) if others else ())]
    by_version = {Sdk(sdk).api_version: sdk for sdk in reversed(found)}
    return [pytest.param(sdk, id=version) for version, sdk in sorted(by_version.items())]


class Types:
    """What a release's types mark as expandable, read off the annotations alone."""

    def __init__(self, sdk):
        self.sdk = Sdk(sdk)
        self.paths = cache(self._paths)

    def _paths(self, of, levels):
        """Give every path to an expandable field of a class, through all that lies between."""
        if not levels:
            return frozenset()
        fields = of.fields.items()
        return frozenset(
            (name, *rest) for name, kind in fields for rest in self._below(kind, levels - 1)
        )

    def _below(self, kind, levels):
        match kind:
            case annotations.Expandable(of):
                yield ()
                yield from self._below(of, levels)
            case annotations.Instance(of):
                yield from self.paths(of, levels)
            case annotations.ListObject(_, of) if levels:
                yield from (("data", *rest) for rest in self._below(of, levels - 1))
            case annotations.Items(of) | annotations.Absent(of):
                yield from self._below(of, levels)
            case annotations.OneOf(of):
                for one in of:
                    yield from self._below(one, levels)


@pytest.mark.parametrize("sdk", releases())
def test_no_field_that_the_types_call_expandable_is_a_400(sdk, tour_alone):
    """Retrieved, listed, searched and made: each path is answered, with no id left, or refused."""
    types, trip = Types(sdk), tour_alone(Sdk(sdk).api_version)
    expandables = contract(trip.api_version).expandables
    for row in trip.asked:
        of = types.sdk.object_class(row.returns)
        listed = row.listed or row.searched
        for path in types.paths(of, LEVELS - listed):
            expand.check([".".join(path)], row.returns, listed=False, expandables=expandables)
        if row.method == "GET" or row.path.removeprefix("/v1/") in MADE_BY:
            deepest = LEVELS - 1 if row.path.endswith("}") else 2
            for path in sorted(types.paths(of, deepest)):
                _expands(trip, row, ("data", *path) if listed else path)


def _expands(trip, row, parts):
    path, params = trip.asked[row][-1]
    name = ".".join(parts)
    refused = None
    try:
        answer = trip.answer(row.method, path, **{**params, "expand": [name]})
    except Refused as refusal:
        refused = refusal.message
    if refused is not None:
        assert refused.startswith(f"{row}: expand[]={name}: ")
        return
    if row.method == "GET":
        assert answer.status == 200, (str(row), answer.body)
    if answer.status == 200:
        assert not _ids_at(answer.body, parts), (str(row), name)
    else:
        assert "expand" not in answer.body["error"]["message"]


def _ids_at(value, parts):
    """List the ids that a path ends at."""
    if isinstance(value, list):
        return [found for one in value for found in _ids_at(one, parts)]
    if not parts:
        return [value] if isinstance(value, str) else []
    return _ids_at(value.get(parts[0]), parts[1:]) if isinstance(value, dict) else []


SEEN = (  # applications asked so, and were answered: in recordings, or in stripe/stripe-python#316
    ("charges", "refunds", ""),
    ("charges", "refunds.data.balance_transaction", ""),
    ("charges", "application_fee.balance_transaction", ""),
    ("charges", "dispute", ""),
    ("charges", "order", ""),
    ("charges", "transfer", ""),
    ("charges", "invoice.total_tax_amounts.tax_rate", "acacia"),
    ("charges", "invoice.total_discount_amounts.discount", "acacia"),
    ("payment_intents", "latest_charge.refunds.data.balance_transaction", ""),
    ("invoices", "discounts", ""),
    ("invoices", "account_tax_ids", ""),
    ("invoices", "lines", ""),
    ("invoices", "lines.data", ""),
    ("invoices", "total_discount_amounts.discount.source.coupon", "clover"),
    ("invoices", "total_taxes.tax_rate_details.tax_rate", ""),
    ("invoice_payments", "invoice.total_discount_amounts.discount", "basil"),
)


@pytest.mark.parametrize(("kind", "path", "release"), SEEN)
def test_a_path_that_stripe_was_seen_to_answer_is_answered(toured, kind, path, release):
    """Retrieved and listed, at each version that has it: the whole object, and never a 400."""
    since = {"clover": CLOVER, "basil": BASIL}.get(release, "")
    until = "2025-03" if release == "acacia" else "9"
    for version in modelled_versions():
        if not since <= version < until:
            continue
        trip = toured(version)
        listed = trip.answer("GET", f"/v1/{kind}")
        assert listed.body["data"]
        alone = trip.answer("GET", f"/v1/{kind}/{listed.body['data'][0]['id']}", expand=[path])
        assert alone.status == 200
        if path.count(".") < LEVELS - 1:
            answer = trip.answer("GET", f"/v1/{kind}", expand=[f"data.{path}"])
            assert (answer.status, len(answer.body["data"])) == (200, len(listed.body["data"]))


def test_a_destination_that_a_charge_lacks_stays_null(toured):
    """Stripe was seen to answer it; an account, where there is one, is refused by name."""
    trip = toured(BASIL)
    charges = trip.answer("GET", "/v1/charges", limit=100).body["data"]
    charge = next(one for one in charges if one["destination"] is None)
    answer = trip.answer("GET", f"/v1/charges/{charge['id']}", expand=["destination"])
    assert (answer.status, answer.body["destination"]) == (200, None)


EVERY_PATH = {
    kind: {path for version in modelled_versions() for path in contract(version).expandables(kind)}
    for kind in sorted({row.returns for row in routes.ENDPOINTS} | {"line_item"})
}


def _is_rendered(value, parts):
    """Tell whether an answer has the key that a path ends at, or nothing to look for it in."""
    if isinstance(value, list):
        return not value or any(_is_rendered(one, parts) for one in value)
    if not parts or not isinstance(value, dict):
        return True
    return parts[0] in value and _is_rendered(value[parts[0]], parts[1:])


def _objects_in(value):
    """Walk the objects of an answer that have a kind of their own."""
    if isinstance(value, list):
        for one in value:
            yield from _objects_in(one)
    elif isinstance(value, dict):
        if str(value.get("object")) in EVERY_PATH and not value.get("deleted"):
            yield value
        for inner in value.values():
            yield from _objects_in(inner)


@ALL_VERSIONS
def test_what_is_rendered_and_expands_at_some_version_expands_where_it_is_rendered(toured, version):
    """A key that the calendar brings to a version is no 400 there, whichever types know it."""
    trip = toured(version)
    expandables = contract(version).expandables
    seen = set()
    for answers in trip.answers.values():
        for found in _objects_in([answer.body for answer in answers if answer.status == 200]):
            kind = found["object"]
            for path in EVERY_PATH[kind]:
                if _is_rendered(found, path.split(".")):
                    seen.add((kind, path))
                    expand.check([path], kind, listed=False, expandables=expandables)
    assert {
        ("invoice", "total_taxes.tax_rate_details.tax_rate"),
        ("line_item", "pricing.price_details.price"),
        ("invoiceitem", "pricing.price_details.price"),
        ("charge", "dispute"),
    } <= seen


OF_BASIL = (
    "parent.subscription_details.subscription",
    "total_pretax_credit_amounts.credit_balance_transaction",
    "total_pretax_credit_amounts.discount",
    "total_taxes.tax_rate_details.tax_rate",
    "lines.data.pretax_credit_amounts.discount",
)


@ALL_VERSIONS
def test_what_basil_brought_to_invoices_expands_at_every_version(stripe_balance, version):
    """Retrieved, listed and created; the price of an item is the whole price, a hash is refused."""
    customer = stripe_balance.customer(email="ada@example.com")
    made = stripe_balance.bank_transfer_invoice(customer, 1000)
    at = {"stripe_version": version}
    for path in OF_BASIL:
        assert stripe.Invoice.retrieve(made.id, expand=[path], **at).id == made.id
        if path.count(".") < LEVELS - 1:
            assert stripe.Invoice.list(expand=[f"data.{path}"], **at).data[-1].id == made.id
        bill = {"collection_method": "send_invoice", "days_until_due": 1}
        apart = {"pending_invoice_items_behavior": "exclude"}
        new = stripe.Invoice.create(customer=customer.id, **bill, **apart, expand=[path], **at)
        assert new.object == "invoice"
    for path in ("lines.data.pricing", "lines.data.pricing.price_details"):
        with stripe_balance.refused(match=rf"expand\[\]={path}: .* is a hash, which is not modelled"):
            stripe.Invoice.retrieve(made.id, expand=[path], **at)
    item = stripe.InvoiceItem.list(**at).data[0].id
    path = "pricing.price_details.price"
    one = stripe.InvoiceItem.retrieve(item, expand=[path], **at)
    (listed,) = stripe.InvoiceItem.list(expand=[f"data.{path}"], **at).data
    made = stripe.InvoiceItem.create(
        customer=customer.id, amount=100, currency="usd", expand=[path], **at
    )
    for found in (one, listed, made):
        assert found.pricing.price_details.price.object == "price"


def paid(stripe_balance, amount=2000):
    """Give a paid intent."""
    customer = stripe_balance.customer("manual", email="ada@example.com")
    intent = stripe_balance.bank_transfer_intent(customer, amount)
    stripe_balance.fund(customer, amount)
    return stripe.PaymentIntent.apply_customer_balance(intent.id)


@ALL_VERSIONS
def test_a_charge_lists_its_refunds_newest_first(stripe_balance, version):
    """Its own refunds alone, with their count, whichever object the path begins at."""
    at = {"stripe_version": version}
    intent, other = paid(stripe_balance), paid(stripe_balance)
    plain = stripe.Charge.retrieve(intent.latest_charge, **at)
    assert ("refunds" in as_dict(plain)) == (version < "2022-11-15")
    empty = stripe.Charge.retrieve(intent.latest_charge, expand=["refunds"], **at).refunds
    assert (empty.object, empty.data, empty.has_more, empty.total_count) == ("list", [], False, 0)
    stripe.Refund.create(payment_intent=other.id, amount=1)
    made = [stripe.Refund.create(payment_intent=intent.id, amount=amount) for amount in (500, 300)]
    newest_first = [as_dict(stripe.Refund.retrieve(one.id, **at)) for one in reversed(made)]
    whole = {
        "object": "list",
        "data": newest_first,
        "has_more": False,
        "total_count": 2,
        "url": f"/v1/charges/{intent.latest_charge}/refunds",
    }
    charge = stripe.Charge.retrieve(intent.latest_charge, expand=["refunds"], **at)
    assert as_dict(charge)["refunds"] == whole
    _, listed = stripe.Charge.list(expand=["data.refunds"], **at).data
    assert as_dict(listed)["refunds"] == whole
    found = stripe.PaymentIntent.retrieve(intent.id, expand=["latest_charge.refunds.data.charge"], **at)
    assert [one.charge.id for one in found.latest_charge.refunds.data] == [intent.latest_charge] * 2


def test_a_charge_holds_the_ten_newest_of_its_refunds(stripe_balance):
    """What is documented of the list; has_more and total_count tell of the others."""
    intent = paid(stripe_balance)
    made = [stripe.Refund.create(payment_intent=intent.id, amount=1).id for _ in range(11)]
    refunds = stripe.Charge.retrieve(intent.latest_charge, expand=["refunds"]).refunds
    assert [one.id for one in refunds.data] == made[:0:-1]
    assert (refunds.has_more, refunds.total_count) == (True, 11)


@ALL_VERSIONS
def test_a_key_that_came_to_every_version_expands_at_every_version(stripe_balance, version):
    """A refund of a cash balance names its customer, at versions too whose types lack the key."""
    customer = stripe_balance.customer("manual", email="ada@example.com")
    stripe_balance.fund(customer, 100)
    of_cash = {"origin": "customer_balance", "customer": customer.id, "currency": "usd"}
    refund = stripe.Refund.create(amount=100, **of_cash)
    found = stripe.Refund.retrieve(refund.id, expand=["customer"], stripe_version=version)
    assert found.customer.email == "ada@example.com"


def test_a_path_goes_through_the_lists_inside_an_object(stripe_balance):
    """An item of a list is expanded by data, with its ids as with those of any object."""
    customer = stripe_balance.customer(email="ada@example.com")
    invoice = stripe_balance.bank_transfer_invoice(customer, 1000)
    paths = ["payments.data.payment.payment_intent", "payments.data.invoice", "lines.data.discounts"]
    found = stripe.Invoice.retrieve(invoice.id, expand=paths)
    (link,) = found.payments.data
    assert (link.payment.payment_intent.object, link.invoice.id) == ("payment_intent", invoice.id)
    assert found.lines.data[0].discounts == []
    plain = stripe.Invoice.retrieve(invoice.id, expand=["payments"]).payments.data[0]
    assert (plain.payment.payment_intent, plain.invoice) == (link.payment.payment_intent.id, invoice.id)


@pytest.mark.parametrize(
    ("version", "path", "kind"),
    [
        ("2025-02-24.acacia", "lines.data.price.tiers", "tiers"),
        (CLOVER, "customer.invoice_credit_balance", "invoice_credit_balance"),
        (CLOVER, "status_transitions", None),
        (CLOVER, "customer.invoice_settings", "invoice_settings"),
    ],
)
def test_what_the_fake_has_no_object_of_is_refused_out_loud(stripe_balance, version, path, kind):
    """What Stripe expands and the fake lacks is no 400; without something to expand it is a 400."""
    customer = stripe_balance.customer(email="ada@example.com")
    invoice = stripe_balance.bank_transfer_invoice(customer, 1000)
    at = {"stripe_version": version, "expand": [path]}
    if kind is None:
        with pytest.raises(stripe.InvalidRequestError, match=rf"cannot be expanded \({path}\)\.$"):
            stripe.Invoice.retrieve(invoice.id, **at)
        return
    call = r"GET /v1/invoices/\{invoice\}: "
    with stripe_balance.refused(match=rf"^{call}expand\[\]={path}: .*\b{kind}\b.* not modelled"):
        stripe.Invoice.retrieve(invoice.id, **at)


@pytest.mark.parametrize("version", ["2025-05-28.basil", CLOVER])
def test_the_price_of_an_item_is_an_id_that_expands_since_basil(stripe_balance, version):
    """Before it was the price itself, which says the same."""
    stripe_balance.bank_transfer_invoice(stripe_balance.customer(email="ada@example.com"), 1000)
    path, at = "data.pricing.price_details.price", {"stripe_version": version}
    (plain,) = stripe.InvoiceItem.list(**at).data
    (item,) = stripe.InvoiceItem.list(expand=[path], **at).data
    (before,) = stripe.InvoiceItem.list(stripe_version="2025-02-24.acacia").data
    assert as_dict(item.pricing.price_details.price) == as_dict(before.price)
    assert item.pricing.price_details.price.id == plain.pricing.price_details.price


def test_an_id_of_what_the_fake_does_not_keep_is_refused_out_loud(stripe_balance, monkeypatch):
    """It is no 400 and stays no id; the refusal names the id, and where the object may be."""
    customer = stripe_balance.customer(email="ada@example.com")
    invoice = stripe_balance.bank_transfer_invoice(customer, 1000)
    monkeypatch.setattr(World, "record", lambda *_: None)
    told = rf"expand\[\]=customer: .*is '{customer.id}', no customer.* of this account: retrieve"
    with stripe_balance.refused(match=told):
        stripe.Invoice.retrieve(invoice.id, expand=["customer"])


def test_nothing_stays_nothing(stripe_balance):
    """A null, an empty list and a key that isn't there are left as they are, however long the path."""
    intent = stripe_balance.bank_transfer_intent(stripe_balance.customer(), 100)
    paths = ["latest_charge.application_fee.charge", "transfer_data", "transfer_data.destination"]
    found = stripe.PaymentIntent.retrieve(
        intent.id, expand=[*paths, "last_payment_error.payment_method"]
    )
    assert as_dict(found) == as_dict(stripe.PaymentIntent.retrieve(intent.id))
    assert stripe.Invoice.list(expand=["data.customer.sources"]).data == []


@pytest.mark.parametrize("path", ["customer.sources", "application_fee.balance_transaction", "refunds"])
def test_a_missing_object_is_said_before_what_cannot_be_expanded(stripe_balance, path):
    """Recorded: 404 for the id, with a path that the fake has nothing of."""
    with pytest.raises(stripe.InvalidRequestError, match="No such charge: 'nope'") as caught:
        stripe.Charge.retrieve("nope", expand=[path])
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


@pytest.mark.parametrize(
    ("path", "odd"),
    [
        ("customer.colour.of", "customer.colour"),
        ("colour.customer", "colour"),
        ("latest_charge.refunds.colour", "latest_charge.refunds.colour"),
        ("application.colour", "application.colour"),
        ("metadata", "metadata"),
    ],
)
def test_the_first_part_that_does_not_fit_is_named(stripe_balance, path, odd):
    """The path up to it, alone and in a list."""
    intent = stripe_balance.bank_transfer_intent(stripe_balance.customer(), 100)
    for ask, within in (
        (lambda **asked: stripe.PaymentIntent.retrieve(intent.id, **asked), ""),
        (stripe.PaymentIntent.list, "data."),
    ):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            ask(expand=[within + path])
        message = f"This property cannot be expanded ({within}{odd})."
        assert caught.value.json_body["error"]["message"] == message


def test_a_lists_count_is_unknown_since_basil(stripe_balance):
    """Until then it could be expanded; what a page's own data is, still can."""
    stripe_balance.customer()
    old = stripe.Customer.list(expand=["total_count", "data"], stripe_version="2025-02-24.acacia")
    assert old.total_count == len(old.data) == 1
    with pytest.raises(stripe.InvalidRequestError, match=r"cannot be expanded \(total_count\)"):
        stripe.Customer.list(expand=["total_count"], stripe_version=BASIL)
    assert len(stripe.Customer.list(expand=["data"]).data) == 1


def test_rows_that_list_or_give_one_are_swept():
    """Each object that can be expanded in is one of those that the sweep asks for."""
    assert {row.returns for row in routes.ENDPOINTS if row.method == "GET"} >= {
        "balance_transaction",
        "cash_balance",
        "charge",
        "customer",
        "customer_cash_balance_transaction",
        "event",
        "invoice",
        "invoice_payment",
        "invoiceitem",
        "payment_intent",
        "payment_method",
        "refund",
    }
