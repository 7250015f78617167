"""The exact keys of every object in every state, against one table; and against real captures.

Most keys are nullable in the SDK's types, so a schema can't see one that went missing.
"""

import json
import os
from pathlib import Path

import pytest
import stripe
import yaml
from majors import as_dict, v1

from pytest_stripe_balance.api import routes
from pytest_stripe_balance.api.rendering.render import render
from pytest_stripe_balance.comparison.newer import document_without_newer
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.fixtures.arguments import BANK_TRANSFERS
from pytest_stripe_balance.resources import modelled_versions

TABLE = yaml.safe_load((Path(__file__).parent / "rendered_keys.yaml").read_text("utf-8"))
VALUES = yaml.safe_load((Path(__file__).parent / "rendered_values.yaml").read_text("utf-8"))
REAL_DATA = Path(os.environ.get("STRIPE_REAL_DATA", "../shared/real"))
MAPS = {"available", "metadata"}  # where they are hashes


def paths(value, path=""):
    """Name every key of a document by its path; items of an array share one path."""
    if isinstance(value, list):
        return set().union(*(paths(inner, f"{path}[]") for inner in value), set())
    if not isinstance(value, dict):
        return set()
    found = set()
    for key, inner in value.items():
        here = f"{path}.{key}" if path else key
        is_map = key in MAPS and isinstance(inner, dict)
        found |= {here} | (set() if is_map else paths(inner, here))
    return found


def plain(inner):
    """Make JSON of what the SDK makes objects of: hashes, and decimal strings."""
    return as_dict(inner) if isinstance(inner, stripe.StripeObject) else str(inner)


def intent_in(stripe_balance, status):
    customer = stripe_balance.customer(reconciliation="manual")
    if status == "requires_payment_method":
        params = {"customer": customer.id, "amount": 1000, "currency": "usd"}
        return stripe.PaymentIntent.create(**params)
    confirm = status != "requires_confirmation"
    intent = stripe_balance.bank_transfer_intent(customer, 1000, confirm=confirm)
    if status == "canceled":
        return stripe.PaymentIntent.cancel(intent.id)
    if status == "succeeded":
        stripe_balance.fund(customer, 1000)
        return stripe.PaymentIntent.apply_customer_balance(intent.id)
    return stripe.PaymentIntent.retrieve(intent.id)


def failed_intent(stripe_balance):
    customer = stripe_balance.customer(reconciliation="manual").id
    method = {"type": "customer_balance"}
    intent = stripe.PaymentIntent.create(
        customer=customer, amount=1000, currency="usd", payment_method_data=method
    )
    with pytest.raises(stripe.InvalidRequestError, match="insufficient to complete the payment"):
        stripe.PaymentIntent.confirm(intent.id)
    return stripe.PaymentIntent.retrieve(intent.id)


def paid_by_card(stripe_balance, method="pm_card_visa"):
    return stripe.PaymentIntent.create(
        customer=stripe_balance.customer().id,
        amount=1000,
        currency="usd",
        payment_method=method,
        allowed_payment_method_types=["card"],
        confirm=True,
    )


def declined_card(stripe_balance):
    """Give the error of a declined card."""
    with pytest.raises(stripe.CardError) as caught:
        paid_by_card(stripe_balance, "pm_card_visa_chargeDeclinedInsufficientFunds")
    return caught.value.json_body["error"]


def intent_of(stripe_balance, currency):
    customer = stripe_balance.customer(reconciliation="manual")
    return stripe_balance.bank_transfer_intent(customer, 1000, currency)


def instructions_of(stripe_balance, currency):
    return stripe.Customer.create_funding_instructions(
        stripe_balance.customer().id,
        currency=currency,
        funding_type="bank_transfer",
        bank_transfer=BANK_TRANSFERS[currency],
    )


def rows_of(stripe_balance, currency="usd"):
    """Write one ledger row of each type that is modelled."""
    customer = stripe_balance.customer(reconciliation="manual")
    intent = stripe_balance.bank_transfer_intent(customer, 1000, currency)
    stripe_balance.fund(customer, 600, currency)
    stripe.PaymentIntent.apply_customer_balance(intent.id)
    stripe.PaymentIntent.cancel(intent.id)
    return {row.type: row for row in stripe_balance.ledger(customer)}


def refund_in(stripe_balance, status, **origin):
    """Refund 400 of a payment of 1000, or of the cash balance, up to a status."""
    customer = stripe_balance.customer(reconciliation="manual", email="ada@example.com")
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_balance.fund(customer, 1400)
    stripe.PaymentIntent.apply_customer_balance(intent.id)
    if status == "to the cash balance":
        return stripe_balance.refund_to_cash_balance(intent, 400)
    of = (
        {**origin, "customer": customer.id, "currency": "usd"}
        if origin
        else {"payment_intent": intent.id}
    )
    refund = stripe.Refund.create(amount=400, **of)
    if status == "canceled":
        return stripe.Refund.cancel(refund.id)
    if status in ("pending", "succeeded", "failed"):
        stripe_balance.provide_bank_details(refund)
    if status == "succeeded":
        stripe_balance.settle_refund(refund)
    if status == "failed":
        stripe_balance.bounce_refund(refund)
        stripe.Refund.TestHelpers.expire(refund.id)
    return stripe.Refund.retrieve(refund.id)


def refund_row(stripe_balance, entry_type):
    """Find the row that a refund leaves in the ledger."""
    to_cash = refund_in(stripe_balance, "to the cash balance")
    if entry_type == "refunded_from_payment":
        intent = stripe.PaymentIntent.retrieve(to_cash.payment_intent)
        customer = intent.customer
    else:
        customer = refund_in(stripe_balance, "canceled", origin="customer_balance").customer
    return {row.type: row for row in stripe_balance.ledger(customer)}[entry_type]


def refund_event(stripe_balance, event_type):
    refund_in(stripe_balance, "failed")
    return stripe_balance.events(event_type)[-1]


def invoice_in(stripe_balance, status):
    """Bill 1000 by bank transfer, up to a status; its payments and secret are asked for."""
    customer = stripe_balance.customer(email="ada@example.com")
    draft = stripe_balance.bank_transfer_invoice(customer, 1000, finalize=False)
    if status == "deleted":
        return stripe.Invoice.delete(draft.id)
    if status not in ("plain", "draft"):
        stripe.Invoice.finalize_invoice(draft.id)
    if status == "paid":
        stripe_balance.fund(customer, 1000)
    if status == "paid out of band":
        stripe.Invoice.pay(draft.id, paid_out_of_band=True)
    if status == "void":
        stripe.Invoice.void_invoice(draft.id)
    expand = [] if status == "plain" else ["payments", "confirmation_secret"]
    return stripe.Invoice.retrieve(draft.id, expand=expand)


def item_of(stripe_balance, **params):
    customer = stripe_balance.customer().id
    return stripe.InvoiceItem.create(customer=customer, amount=1000, currency="usd", **params)


def invoice_event(stripe_balance, event_type):
    invoice_in(stripe_balance, "paid")
    return stripe_balance.events(event_type)[-1]


def events_of(stripe_balance, event_type):
    intent_in(stripe_balance, "succeeded")
    customer = stripe_balance.customer(name="Ada")
    stripe.Customer.modify(customer.id, name="Grace")
    return stripe_balance.events(event_type)[0]


def endpoint_in(_):
    return stripe.WebhookEndpoint.create(url="https://example.com/stripe", enabled_events=["*"])


def error_of(stripe_balance, **params):
    intent = intent_in(stripe_balance, "canceled")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.PaymentIntent.apply_customer_balance(intent.id, **params)
    return caught.value.json_body


def whole_product(_, **at):
    """Make a product whose hashes and lists have something in them."""
    product = stripe.Product.create(
        name="Hat",
        marketing_features=[{"name": "Warm"}],
        package_dimensions={"height": 1, "length": 2, "weight": 3, "width": 4.5},
        tax_code="txcd_99999999",
    )
    return stripe.Product.retrieve(product.id, **at)


def price_of(_, recurring=None, **params):
    more = {} if recurring is None else {"recurring": recurring}
    price = stripe.Price.create(product_data={"name": "Hat"}, currency="usd", unit_amount=1000, **more)
    return stripe.Price.retrieve(price.id, **params)


def token_of(stripe_balance, **params):
    data = {"payment_method_data": {"type": "customer_balance"}, **params}
    tokens = v1(stripe_balance.client).test_helpers.confirmation_tokens
    return tokens.create(data)


def setup_by(card):
    allowed = ["card"]
    return stripe.SetupIntent.create(
        payment_method=card, confirm=True, allowed_payment_method_types=allowed, metadata={"a": "b"}
    )


def session_of(stripe_balance, *components):
    return stripe.CustomerSession.create(
        customer=stripe_balance.customer().id,
        components={name: {"enabled": True} for name in components},
    )


SHOP = "acct_1ShopShopShopShp"


def shared_charge(stripe_balance, part=0):
    """Pay 1000 of which a shop gets all but a fee of 100; refund a part, with its shares."""
    customer = stripe_balance.customer(email="ada@example.com")
    shared = {"transfer_data": {"destination": SHOP}, "application_fee_amount": 100}
    intent = stripe_balance.bank_transfer_intent(customer, 1000, **shared)
    stripe_balance.fund(customer, 1000)
    if part:
        both = {"reverse_transfer": True, "refund_application_fee": True}
        stripe.Refund.create(payment_intent=intent.id, amount=part, **both)
    found = stripe.PaymentIntent.retrieve(intent.id).latest_charge
    return stripe.Charge.retrieve(found)


def transfer_of(stripe_balance, part=0):
    return stripe.Transfer.retrieve(shared_charge(stripe_balance, part).transfer)


def fee_of(stripe_balance, part=0):
    return stripe.ApplicationFee.retrieve(shared_charge(stripe_balance, part).application_fee)


def checkout_of(_, **params):
    """Make a Checkout Session whose types Stripe chooses."""
    cost = {"currency": "usd", "unit_amount": 1000, "product_data": {"name": "Hat"}}
    return stripe.checkout.Session.create(
        mode="payment",
        success_url="https://example.com/thanks",
        line_items=[{"price_data": cost, "quantity": 1}],
        **params,
    )


STATES = {
    "customer": {
        "new": lambda b: b.customer(),
        "deleted": lambda b: stripe.Customer.delete(b.customer().id),
        "with invoice settings": lambda b: b.customer(
            invoice_settings={"rendering_options": {"amount_tax_display": "exclude_tax"}}
        ),
        "with tax expanded": lambda b: stripe.Customer.retrieve(b.customer().id, expand=["tax"]),
        "with lists expanded": lambda b: stripe.Customer.retrieve(
            b.customer().id, expand=["sources", "subscriptions", "tax_ids"]
        ),
        "with cash_balance expanded": lambda b: stripe.Customer.retrieve(
            b.customer().id, expand=["cash_balance"]
        ),
        "with address, shipping and names": lambda b: b.customer(
            address={"city": "x"},
            shipping={"name": "x", "address": {"city": "x"}},
            business_name="x",
            individual_name="x",
        ),
    },
    "cash_balance": {
        "any": lambda b: stripe.Customer.retrieve_cash_balance(b.customer().id),
    },
    "customer_cash_balance_transaction": {
        "funded us": lambda b: rows_of(b)["funded"],
        "funded eu": lambda b: rows_of(b, "eur")["funded"],
        "funded gb": lambda b: rows_of(b, "gbp")["funded"],
        "funded jp": lambda b: rows_of(b, "jpy")["funded"],
        "funded mx": lambda b: rows_of(b, "mxn")["funded"],
        "applied_to_payment": lambda b: rows_of(b)["applied_to_payment"],
        "unapplied_from_payment": lambda b: rows_of(b)["unapplied_from_payment"],
        "refunded_from_payment": lambda b: refund_row(b, "refunded_from_payment"),
        "return_initiated": lambda b: refund_row(b, "return_initiated"),
        "return_canceled": lambda b: refund_row(b, "return_canceled"),
    },
    "funding_instructions": {
        "us": lambda b: instructions_of(b, "usd"),
        "eu": lambda b: instructions_of(b, "eur"),
        "gb": lambda b: instructions_of(b, "gbp"),
        "jp": lambda b: instructions_of(b, "jpy"),
        "mx": lambda b: instructions_of(b, "mxn"),
    },
    "payment_intent": {
        "requires_payment_method": lambda b: intent_in(b, "requires_payment_method"),
        "requires_confirmation with details": lambda b: b.bank_transfer_intent(
            b.customer(),
            1000,
            confirm=False,
            hooks={"inputs": {"tax": {"calculation": "x"}}},
            payment_details={"customer_reference": "x"},
        ),
        "requires_payment_method after a failure": failed_intent,
        "requires_confirmation": lambda b: intent_in(b, "requires_confirmation"),
        "requires_action us": lambda b: intent_in(b, "requires_action"),
        "requires_action eu": lambda b: intent_of(b, "eur"),
        "requires_action gb": lambda b: intent_of(b, "gbp"),
        "requires_action jp": lambda b: intent_of(b, "jpy"),
        "requires_action mx": lambda b: intent_of(b, "mxn"),
        "succeeded": lambda b: intent_in(b, "succeeded"),
        "canceled": lambda b: intent_in(b, "canceled"),
    },
    "payment_method": {
        "any": lambda b: (
            stripe.PaymentIntent.retrieve(
                intent_in(b, "requires_action").id, expand=["payment_method"]
            ).payment_method
        ),
    },
    "payment_method that is a card": {
        "attached": lambda b: stripe.PaymentMethod.attach("pm_card_visa", customer=b.customer().id),
        "never used": lambda _: stripe.PaymentMethod.retrieve("pm_card_visa"),
    },
    "payment_intent by card": {
        "succeeded": lambda b: paid_by_card(b),
        "requires_payment_method after a decline": lambda b: declined_card(b)["payment_intent"],
        "requires_action": lambda b: paid_by_card(b, "pm_card_authenticationRequired"),
    },
    "charge of a card": {
        "succeeded": lambda b: stripe.Charge.retrieve(paid_by_card(b).latest_charge),
        "failed": lambda b: stripe.Charge.retrieve(declined_card(b)["charge"]),
    },
    "confirmation_token": {
        "new": token_of,
        "used": lambda b: (
            b.bank_transfer_intent(b.customer(), 1000, confirmation_token=(one := token_of(b)).id),
            stripe.ConfirmationToken.retrieve(one.id),
        )[1],
        "with shipping": lambda b: token_of(b, shipping={"name": "x", "address": {"city": "x"}}),
    },
    "confirmation_token of a card": {
        "new": lambda _: stripe.ConfirmationToken.TestHelpers.create(payment_method="pm_card_visa"),
    },
    "setup_intent": {
        "requires_payment_method": lambda _: stripe.SetupIntent.create(),
        "requires_action": lambda _: setup_by("pm_card_authenticationRequired"),
        "succeeded": lambda _: setup_by("pm_card_visa"),
    },
    "customer_session": {
        "of a plain component": lambda b: session_of(b, "pricing_table"),
        "of all elements": lambda b: session_of(
            b, "payment_element", "mobile_payment_element", "customer_sheet"
        ),
    },
    "charge": {
        "succeeded": lambda b: stripe.Charge.retrieve(intent_in(b, "succeeded").latest_charge),
        "refunded": lambda b: stripe.Charge.retrieve(refund_in(b, "succeeded").charge),
    },
    "refund of a card": {
        "any": lambda b: stripe.Refund.create(payment_intent=paid_by_card(b).id),
    },
    "refund": {
        "requires_action": lambda b: refund_in(b, "requires_action"),
        "pending": lambda b: refund_in(b, "pending"),
        "succeeded": lambda b: refund_in(b, "succeeded"),
        "canceled": lambda b: refund_in(b, "canceled"),
        "failed after a bounce": lambda b: refund_in(b, "failed"),
        "to the cash balance": lambda b: refund_in(b, "to the cash balance"),
        "of the cash balance": lambda b: refund_in(b, "requires_action", origin="customer_balance"),
    },
    "balance": {
        "empty": lambda _: stripe.Balance.retrieve(),
        "with a payment": lambda b: (intent_in(b, "succeeded"), stripe.Balance.retrieve())[1],
    },
    "balance_transaction": {
        "of a charge": lambda b: (
            stripe.Charge.retrieve(
                intent_in(b, "succeeded").latest_charge, expand=["balance_transaction"]
            ).balance_transaction
        ),
        "of a refund": lambda b: stripe.BalanceTransaction.retrieve(
            refund_in(b, "succeeded").balance_transaction
        ),
    },
    "invoice": {
        "nothing asked for": lambda b: invoice_in(b, "plain"),
        "with what is only shown": lambda b: b.bank_transfer_invoice(
            b.customer(email="ada@example.com"),
            1000,
            finalize=False,
            custom_fields=[{"name": "x", "value": "x"}],
            shipping_details={"name": "x", "address": {"city": "x"}},
        ),
        "draft": lambda b: invoice_in(b, "draft"),
        "open": lambda b: invoice_in(b, "open"),
        "paid": lambda b: invoice_in(b, "paid"),
        "paid out of band": lambda b: invoice_in(b, "paid out of band"),
        "void": lambda b: invoice_in(b, "void"),
    },
    "deleted invoice": {"any": lambda b: invoice_in(b, "deleted")},
    "invoiceitem": {
        "pending": item_of,
        "without discounts": lambda b: item_of(b, discountable=False),
        "on a draft": lambda b: (invoice_in(b, "draft"), stripe.InvoiceItem.list().data[0])[1],
    },
    "line_item": {
        "any": lambda b: stripe.Invoice.list_lines(invoice_in(b, "open").id).data[0],
    },
    "invoice_payment": {
        "open": lambda b: invoice_in(b, "open").payments.data[0],
        "paid": lambda b: invoice_in(b, "paid").payments.data[0],
    },
    "product": {
        "just a name": lambda _: stripe.Product.create(name="Hat"),
        "with all": whole_product,
        "before 2024-04-10": lambda b: whole_product(b, stripe_version="2023-10-16"),
        "deleted": lambda _: stripe.Product.delete(stripe.Product.create(name="Hat").id),
    },
    "price": {
        "one_time": price_of,
        "recurring": lambda b: price_of(b, recurring={"interval": "month"}),
        "recurring before basil": lambda b: price_of(
            b, recurring={"interval": "month"}, stripe_version="2024-06-20"
        ),
        "with currency_options expanded": lambda b: price_of(b, expand=["currency_options"]),
    },
    "charge that is shared": {"any": shared_charge},
    "destination payment": {
        "any": lambda b: stripe.Charge.retrieve(transfer_of(b).destination_payment, stripe_account=SHOP),
    },
    "destination payment's refund": {
        "any": lambda b: stripe.Refund.retrieve(
            transfer_of(b, 400).reversals.data[0].destination_payment_refund, stripe_account=SHOP
        ),
    },
    "transfer": {
        "new": transfer_of,
        "reversed in part": lambda b: transfer_of(b, 400),
    },
    "transfer_reversal": {"any": lambda b: transfer_of(b, 400).reversals.data[0]},
    "application_fee": {
        "new": fee_of,
        "refunded in part": lambda b: fee_of(b, 400),
    },
    "fee_refund": {"any": lambda b: fee_of(b, 400).refunds.data[0]},
    "checkout.session": {
        "open": lambda b: b.checkout_session(b.customer(), 1000),
        "open with a choice": lambda b: checkout_of(b, customer=b.customer().id),
        "open of a guest": checkout_of,
        "waiting for money": lambda b: b.complete_checkout(b.checkout_session(b.customer(), 1000)),
        "expired": lambda b: stripe.checkout.Session.expire(checkout_of(b).id),
        "with line_items expanded": lambda b: stripe.checkout.Session.retrieve(
            checkout_of(b).id, expand=["line_items"]
        ),
        "before basil": lambda b: stripe.checkout.Session.retrieve(
            checkout_of(b).id, stripe_version="2024-06-20"
        ),
    },
    "item": {
        "any": lambda b: stripe.checkout.Session.list_line_items(checkout_of(b).id).data[0],
    },
    "event": {
        "cash_balance.funds_available": lambda b: events_of(b, "cash_balance.funds_available"),
        "customer.updated": lambda b: events_of(b, "customer.updated"),
        "refund.failed": lambda b: refund_event(b, "refund.failed"),
        "charge.refunded": lambda b: refund_event(b, "charge.refunded"),
        "invoice.paid": lambda b: invoice_event(b, "invoice.paid"),
        "invoice.updated": lambda b: invoice_event(b, "invoice.updated"),
        "invoice_payment.paid": lambda b: invoice_event(b, "invoice_payment.paid"),
    },
    "webhook_endpoint": {
        "just made": endpoint_in,
        "enabled": lambda b: stripe.WebhookEndpoint.retrieve(endpoint_in(b).id),
        "disabled": lambda b: stripe.WebhookEndpoint.modify(endpoint_in(b).id, disabled=True),
        "deleted": lambda b: stripe.WebhookEndpoint.delete(endpoint_in(b).id),
    },
    "list": {"empty": lambda _: stripe.Customer.list()},
    "search_result": {
        "empty": lambda _: stripe.Customer.search(query="email:'ada@example.com'"),
        "counted": lambda _: stripe.Customer.search(
            query="email:'ada@example.com'", expand=["total_count"]
        ),
    },
    "error": {
        "of a state": error_of,
        "of a parameter": lambda b: error_of(b, amount=0),
        "without a code": lambda b: error_of(b, expand=["amount"]),
    },
}


EVERY_STATE = pytest.mark.parametrize(
    ("name", "state"), [(name, state) for name, states in STATES.items() for state in states]
)


def rendered_in(name, state, stripe_balance):
    """Give an object in a state as JSON, without the other objects inside it."""
    rendered = STATES[name][state](stripe_balance)
    document = rendered if isinstance(rendered, dict) else as_dict(rendered)
    document = json.loads(json.dumps(document, default=plain))
    if name in ("event", "error"):
        (document.get("data") or {}).pop("object", None)
        if "payment_intent" in document.get("error", {}):
            document["error"]["payment_intent"] = {}
    return document


@EVERY_STATE
def test_exactly_the_keys_of_the_table_are_rendered(name, state, stripe_balance):
    """Each object has in each state the keys that the table names, no more and no fewer."""
    document = rendered_in(name, state, stripe_balance)
    row = TABLE[name]
    assert paths(document) == {*row["always"].split(), *row["states"][state].get("also", "").split()}


def test_the_table_has_no_row_without_a_state():
    """Every row of the table is compared with a rendered object, and says where it is known from."""
    assert {name: set(row["states"]) for name, row in TABLE.items()} == {
        name: set(states) for name, states in STATES.items()
    }
    assert all(state["known"] for row in TABLE.values() for state in row["states"].values())


@pytest.mark.parametrize("row", routes.ENDPOINTS, ids=str)
def test_each_object_that_a_row_returns_has_its_table_of_keys(row):
    """The whole answer's object too, where that is a list."""
    for name in (row.returns, row.response_object):
        assert name in TABLE, (
            f"{row} returns {name}: add its keys to tests/api/rendered_keys.yaml, their values to "
            "tests/api/rendered_values.yaml, and how to make it to STATES in tests/api/test_shapes.py"
        )


def leaves(value, path=""):
    """Name every leaf of a document by its path, with its value; a map, and what is empty, is one."""
    if isinstance(value, dict) and value and path.rpartition(".")[2] not in MAPS:
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        for inner in value:
            yield from leaves(inner, f"{path}[]")
    else:
        yield path, value


EMPTY = {"null": None, "false": False, "zero": 0, "empty list": [], "empty hash": {}}


def constants(name):
    """Read which value each leaf of an object has that isn't listed as one that varies."""
    row = VALUES[name]
    empty = {path: value for word, value in EMPTY.items() for path in row.get(word, "").split()}
    return {**empty, **row.get("values", {})}


def held_apart(name, document):
    """Give the leaves of a document with the row of VALUES that they are in: addresses are one row."""
    for path, value in leaves(document):
        before, _, inside = path.partition("financial_addresses[].")
        yield ("address", inside, value) if inside else (name, before, value)


BEFORE_BASIL = {
    "invoice before basil": lambda b: stripe.Invoice.retrieve(
        invoice_in(b, "paid").id, stripe_version="2024-06-20"
    ),
    "invoiceitem before basil": lambda b: (
        item_of(b),
        stripe.InvoiceItem.list(stripe_version="2024-06-20").data[0],
    )[1],
}
STATES_OF_VALUES = [(name, state) for name, states in STATES.items() for state in states]
STATES_OF_VALUES += [(name, "any") for name in BEFORE_BASIL]


@pytest.mark.parametrize(("name", "state"), STATES_OF_VALUES)
def test_what_never_varies_has_its_value(name, state, stripe_balance):
    """Each leaf of an object that isn't listed as one that varies is what the table says."""
    if name in BEFORE_BASIL:
        document = json.loads(json.dumps(as_dict(BEFORE_BASIL[name](stripe_balance)), default=plain))
    else:
        document = rendered_in(name, state, stripe_balance)
    for row, path, value in held_apart(name, document):
        if path not in VALUES[row]["varies"].split():
            assert (path, value) == (path, constants(row).get(path, "not in the table"))
            assert type(value) is type(constants(row)[path]), path


def test_every_leaf_is_in_the_table_of_values_once():
    """It has a value or it varies, and each key of the other table that holds no others is a leaf."""
    for name, row in TABLE.items():
        keys = {key for state in ({}, *row["states"].values()) for key in state.get("also", "").split()}
        keys |= set(row["always"].split())
        ends = {
            key for key in keys if not any(other.startswith((f"{key}.", f"{key}[]")) for other in keys)
        }
        told = [*constants(name), *VALUES[name]["varies"].split()]
        assert len(told) == len(set(told))
        apart = {key for key in ends if "financial_addresses[]." in key}
        assert ends - apart <= set(told) <= keys
        inside = {key.partition("financial_addresses[].")[2] for key in apart}
        assert inside <= {*constants("address"), *VALUES["address"]["varies"].split()}


# What a world remembers and no answer shows at the request's version.
NOT_SHOWN = {"events", "reconciliations", "deliveries", "now", "unclaimed", "returned"}


@EVERY_STATE
def test_no_state_is_odd_at_any_version(name, state, stripe_balance, _stripe_session, everything_in):
    """What a world holds in a state has no finding of any level; events are at the account's version."""
    STATES[name][state](stripe_balance)
    world = _stripe_session.world
    held = everything_in(world)
    records = [one for name in held.keys() - NOT_SHOWN for one in held[name]]
    for version in modelled_versions():
        told = [
            str(finding)
            for record in records
            for finding in contract(version).check(render(world, record, version))
        ]
        assert told == [], version


@pytest.fixture(scope="module")
def captured():
    """Read the one real US bank transfer intent in requires_action (API 2023-10-16)."""
    capture = REAL_DATA / "bank_transfer_intent.ruby-vcr.yml"
    if not capture.exists():
        pytest.skip("STRIPE_REAL_DATA names no folder with the real capture")
    tape = yaml.safe_load(capture.read_text("utf-8"))
    return json.loads(tape["http_interactions"][0]["response"]["body"]["string"])


# What that intent's own options hold, and ours needn't.
ITS_OWN = (
    "automatic_payment_methods.",
    "payment_method_configuration_details.",
    "payment_method_options.card",
    "payment_method_options.link",
    "payment_method_options.us_bank_account",
    "shipping.",
)


def test_a_us_intent_in_requires_action_has_the_keys_of_the_real_one(captured, stripe_balance):
    """At its API version and day ours is the same path by path, apart from that one's options."""
    customer = stripe_balance.customer(reconciliation="manual")
    intent = stripe_balance.bank_transfer_intent(customer, 4000)
    at = {"stripe_version": "2023-10-16", "expand": ["payment_method"]}
    ours = as_dict(stripe.PaymentIntent.retrieve(intent.id, **at))
    ours = document_without_newer(ours, captured, captured["created"])
    real = {path for path in paths(captured) if not path.startswith(ITS_OWN)}
    assert paths(ours) == real


def test_a_us_intent_in_requires_action_has_the_values_of_the_real_one(captured, stripe_balance):
    """What isn't the intent's own (ids, names, amounts, secrets) has the captured value."""
    customer = stripe_balance.customer(reconciliation="manual")
    intent = stripe_balance.bank_transfer_intent(customer, 4000)
    ours, real = as_dict(intent), captured
    told, was_told = (
        document["next_action"]["display_bank_transfer_instructions"] for document in (ours, real)
    )
    for mine, theirs in zip(told["financial_addresses"], was_told["financial_addresses"], strict=True):
        kind = mine["type"]
        own = {"account_holder_name": None, "account_number": None}
        assert {**mine[kind], **own} == {**theirs[kind], **own}
        assert mine["supported_networks"] == theirs["supported_networks"]
        assert mine[kind]["account_number"].startswith("1111")
        assert len(mine[kind]["account_number"]) == len(theirs[kind]["account_number"])
    assert len(told["reference"]) == len(was_told["reference"])
    assert (
        ours["payment_method_options"]["customer_balance"]
        == (real["payment_method_options"]["customer_balance"])
    )
    same = ("amount", "amount_received", "amount_details", "status", "latest_charge", "processing")
    assert [ours[key] for key in same] == [real[key] for key in same]


def real_refunds():
    """Read the real refunds, of cards, that were recorded since 2024."""
    found = []
    folders = (REAL_DATA / name for name in ("exchanges", "observed-2026"))
    for file in sorted(file for folder in folders for file in folder.glob("*.json")):
        for exchange in json.loads(file.read_text("utf-8")):
            body = exchange["response"]["body"]
            if isinstance(body, dict) and body.get("object") == "refund":
                found.append(body)
    return found


def test_a_settled_refund_has_the_keys_of_real_ones(stripe_balance):
    """What is omitted when unset, and what is null, is as in captures, at whatever day they are of."""
    real = real_refunds()
    if not real:
        pytest.skip("STRIPE_REAL_DATA names no folder with real refunds")
    ours = as_dict(refund_in(stripe_balance, "to the cash balance"))
    for one in real:
        assert set(one) == set(document_without_newer(ours, one, one["created"]))
    asked = set(as_dict(refund_in(stripe_balance, "succeeded")))
    assert asked - set(ours) == {"instructions_email"}
