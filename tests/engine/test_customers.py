import pytest
import stripe
from majors import as_dict


def test_a_customer_remembers_what_it_was_given(stripe_balance):
    """Created fields come back on retrieve, filled to the hashes that Stripe shows."""
    made = stripe_balance.customer(
        name="Ada",
        email="ada@example.com",
        metadata={"id": "7"},
        address={"city": "London", "country": "GB"},
        shipping={"name": "Ada", "address": {"line1": "1 Main Street"}},
    )
    customer = stripe.Customer.retrieve(made.id)
    assert (customer.name, customer.email) == ("Ada", "ada@example.com")
    assert as_dict(customer.metadata) == {"id": "7"}
    assert as_dict(customer.address) == {
        "city": "London",
        "country": "GB",
        "line1": None,
        "line2": None,
        "postal_code": None,
        "state": None,
    }
    assert customer.shipping.address.line1 == "1 Main Street"
    assert customer.shipping.carrier is None


def test_an_update_merges_metadata_and_clears_with_an_empty_string(stripe_balance):
    """Metadata keys merge, an empty value takes one out, an empty field clears."""
    made = stripe_balance.customer(name="Ada", metadata={"a": "1", "b": "2"})
    customer = stripe.Customer.modify(made.id, name="", metadata={"a": "", "c": "3"})
    assert customer.name is None
    assert as_dict(customer.metadata) == {"b": "2", "c": "3"}
    assert as_dict(stripe.Customer.modify(made.id, metadata="").metadata) == {}


def test_an_update_tells_the_previous_values(stripe_balance):
    """customer.updated names what changed, with what it was; nothing changed, no event."""
    made = stripe_balance.customer(name="Ada", metadata={"a": "1"})
    stripe.Customer.modify(made.id, name="Grace", metadata={"b": "2"})
    stripe.Customer.modify(made.id, name="Grace")
    (event,) = stripe_balance.events("customer.updated")
    assert event.data.object.name == "Grace"
    assert as_dict(event.data.previous_attributes) == {"name": "Ada", "metadata": {"b": None}}


def test_a_deleted_customer_is_a_stub(stripe_balance):
    """A deleted customer shows as a stub, is in no list and takes no update."""
    made = stripe_balance.customer()
    assert stripe.Customer.delete(made.id).deleted
    assert as_dict(stripe.Customer.retrieve(made.id)) == {
        "id": made.id,
        "object": "customer",
        "deleted": True,
    }
    assert stripe.Customer.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        stripe.Customer.modify(made.id, name="x")


EVER = pytest.mark.stripe_balance(assume={"delete-with-cash-balance": "ever-funded"})


def spend_all(stage):
    return stripe.PaymentIntent.apply_customer_balance(stage.intent(amount=500))


@pytest.mark.parametrize(
    "spend",
    [False, pytest.param(True, marks=EVER)],
    ids=["with cash", "spent to 0, by what is documented"],
)
def test_a_customer_with_cash_cannot_be_deleted(stage, spend):
    """Cash keeps a customer from being deleted, by the other reading a balance of 0 too."""
    if spend:
        spend_all(stage)
    with pytest.raises(stripe.InvalidRequestError, match="has a cash balance") as caught:
        stripe.Customer.delete(stage.customer)
    assert (caught.value.http_status, caught.value.code, caught.value.param) == (400, None, None)
    assert stripe.Customer.retrieve(stage.customer).id == stage.customer


def test_a_customer_who_spent_their_cash_can_be_deleted(stage):
    """A balance that is 0 in every currency keeps nobody, and one above 0 in any does."""
    spend_all(stage)
    stage.balance.fund(stage.customer, 1, "eur")
    with pytest.raises(stripe.InvalidRequestError, match="has a cash balance"):
        stripe.Customer.delete(stage.customer)
    euros = stage.balance.bank_transfer_intent(stage.customer, 50, "eur").id
    stage.balance.fund(stage.customer, 49, "eur")
    stripe.PaymentIntent.apply_customer_balance(euros)
    assert stripe.Customer.delete(stage.customer).deleted


def test_a_customer_whose_cash_is_on_its_way_is_not_deleted(stage):
    """Where the cash of an intent, or of a refund, would go nobody knows: refused out loud."""
    intent = stage.intent()
    stripe.PaymentIntent.apply_customer_balance(intent)
    with stage.balance.refused(match=f"is not modelled while {intent} holds cash"):
        stripe.Customer.delete(stage.customer)
    stripe.PaymentIntent.cancel(intent)
    refund = stripe.Refund.create(
        origin="customer_balance",
        customer=stage.customer,
        amount=500,
        currency="usd",
        instructions_email="ada@example.com",
    )
    with stage.balance.refused(match=f"is not modelled while {refund.id} holds cash"):
        stripe.Customer.delete(stage.customer)
    stage.balance.provide_bank_details(refund)
    stage.balance.settle_refund(refund)
    assert stripe.Customer.delete(stage.customer).deleted


def test_what_a_deleted_customer_paid_can_be_refunded_to_an_address_that_is_given(stage):
    """A deleted customer's own address is gone, and their cash balance takes nothing any more."""
    stripe.Customer.modify(stage.customer, email="ada@example.com")
    paid = spend_all(stage).id
    stripe.Customer.delete(stage.customer)
    with pytest.raises(stripe.InvalidRequestError, match="Missing email"):
        stripe.Refund.create(payment_intent=paid)
    with pytest.raises(ValueError, match="No such customer"):
        stage.balance.refund_to_cash_balance(paid)
    refund = stripe.Refund.create(payment_intent=paid, instructions_email="bob@example.com")
    assert refund.status == "requires_action"
    assert stripe.Refund.cancel(refund.id).status == "canceled"


@pytest.mark.stripe_balance(assume={"refund-unanswered": "credited"})
def test_a_refund_does_not_credit_a_deleted_customer(stage):
    """By the reading that credits what is left unanswered: nobody is there to be credited."""
    paid = spend_all(stage).id
    stripe.Customer.delete(stage.customer)
    refund = stripe.Refund.create(payment_intent=paid, instructions_email="bob@example.com")
    with stage.balance.refused(match="who was deleted, is not modelled"):
        stripe.Refund.TestHelpers.expire(refund.id)


def test_a_return_to_a_deleted_customer_does_not_come_back(stage, stripe_clock):
    """Cash that went back to the bank keeps nobody from being deleted, and then stays there."""
    stripe_clock.advance(days=76)
    row = stage.balance.ledger(stage.customer)[-1]
    stripe.Customer.delete(stage.customer)
    with pytest.raises(ValueError, match="was deleted"):
        stage.balance.fail_return(row.id)


PREFIX = "Invoice number prefix must be 1\N{EN DASH}12 uppercase letters or numbers."


@pytest.mark.parametrize("prefix", ["a", "abc", "AB_1", "ABCDEFGHIJKLM"])
def test_an_invoice_prefix_that_can_be_none_is_a_400(stripe_balance, prefix):
    """1 to 12 of A-Z and 0-9, or it is refused without code and param."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_balance.customer(invoice_prefix=prefix)
    error = caught.value
    assert (error.user_message, error.code, error.param) == (PREFIX, None, None)


def test_an_invoice_prefix_is_one_customers(stripe_balance):
    """Another customer can't have it, made or changed; its own again is fine, and it numbers invoices."""
    first = stripe_balance.customer(invoice_prefix="P7", email="ada@example.com")
    second = stripe_balance.customer()
    message = (
        f"This invoice number prefix is taken by customer: {first.id}. Please enter a different prefix."
    )
    for call in (stripe_balance.customer, lambda **params: stripe.Customer.modify(second.id, **params)):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            call(invoice_prefix="P7")
        assert (caught.value.user_message, caught.value.param) == (message, "invoice_prefix")
    assert stripe.Customer.modify(first.id, invoice_prefix="P7").invoice_prefix == "P7"
    assert stripe_balance.bank_transfer_invoice(first, 100).number == "P7-0001"
    stripe.Customer.delete(second.id)
    with stripe_balance.refused(match="which was deleted, is not modelled"):
        stripe.Customer.modify(first.id, invoice_prefix=second.invoice_prefix)


def test_customers_can_be_found_by_email(stripe_balance):
    """The list's email filter takes the exact address."""
    ada = stripe_balance.customer(email="ada@example.com")
    stripe_balance.customer(email="grace@example.com")
    assert [found.id for found in stripe.Customer.list(email="ada@example.com").data] == [ada.id]


MODES = (
    (None, "automatic", True),
    ("manual", "manual", False),
    ("automatic", "automatic", False),
    ("merchant_default", "automatic", True),
)


@pytest.mark.parametrize(("given", "mode", "default"), MODES)
def test_the_reconciliation_mode_says_whether_it_is_the_merchants(stripe_balance, given, mode, default):
    """An explicit mode is the customer's own; merchant_default shows the account's (docs/stripe.md 1.2)."""
    customer = stripe_balance.customer(reconciliation=given)
    settings = stripe.Customer.retrieve_cash_balance(customer.id).settings
    assert (settings.reconciliation_mode, settings.using_merchant_default) == (mode, default)


def test_the_mode_can_be_changed_in_both_places(stripe_balance):
    """The cash balance and the customer itself take a new mode alike."""
    customer = stripe_balance.customer()
    stripe.Customer.modify(customer.id, cash_balance={"settings": {"reconciliation_mode": "manual"}})
    balance = stripe.Customer.retrieve_cash_balance(customer.id)
    assert balance.settings.reconciliation_mode == "manual"
    balance = stripe.Customer.modify_cash_balance(
        customer.id, settings={"reconciliation_mode": "merchant_default"}
    )
    assert balance.settings.using_merchant_default


def test_a_fresh_cash_balance_is_null(stripe_balance):
    """A customer that never had cash has an available of null, and {} by the builder."""
    customer = stripe_balance.customer()
    assert stripe.Customer.retrieve_cash_balance(customer.id).available is None
    assert stripe_balance.available(customer) == {}


def test_funding_writes_a_row_that_can_be_retrieved(stripe_balance):
    """The funded row tells amount, running balance and where it came from."""
    customer = stripe_balance.customer(reconciliation="manual")
    stripe_balance.fund(customer, 100)
    row = stripe_balance.fund(customer, 250, "usd", reference="invoice 7")
    again = stripe.Customer.retrieve_cash_balance_transaction(customer.id, row.id)
    assert as_dict(again) == as_dict(row)
    assert (row.net_amount, row.ending_balance, row.type) == (250, 350, "funded")
    assert as_dict(row.funded.bank_transfer) == {
        "reference": "invoice 7",
        "type": "us_bank_transfer",
        "us_bank_transfer": {"network": "ach", "sender_name": "John Doe"},
    }


def test_funding_has_its_events_in_order(stripe_balance):
    """In manual mode every funding tells its row and then that funds are available."""
    customer = stripe_balance.customer(reconciliation="manual")
    stripe_balance.fund(customer, 100)
    row, available = stripe_balance.events()[-2:]
    assert (row.type, row.data.object.net_amount) == ("customer_cash_balance_transaction.created", 100)
    assert available.type == "cash_balance.funds_available"
    assert as_dict(available.data.object.available) == {"usd": 100}


def test_customers_are_listed_by_the_whole_of_their_address(stripe_balance):
    """Neither a longer address nor one in other letters is the one that was asked for."""
    addresses = ("xada@example.com", "ada@example.com", "Ada@example.com", "ada@example.com.au")
    made = {email: stripe_balance.customer(email=email).id for email in addresses}
    for email, customer in made.items():
        assert [one.id for one in stripe.Customer.list(email=email).data] == [customer]


def deleted(stage):
    customer = stage.without_money()
    stripe.Customer.delete(customer)
    return customer


@pytest.mark.parametrize(
    "call",
    [
        lambda gone: stripe.PaymentIntent.create(amount=1000, currency="usd", customer=gone),
        lambda gone: stripe.Invoice.create(customer=gone),
        lambda gone: stripe.InvoiceItem.create(customer=gone, amount=1000, currency="usd"),
        lambda gone: stripe.Refund.create(
            customer=gone, amount=1000, currency="usd", origin="customer_balance"
        ),
    ],
    ids=["intent", "invoice", "invoice item", "refund"],
)
def test_a_deleted_customer_that_a_parameter_names_is_refused(refused_with, call):
    """A deleted customer is none: resource_missing at `customer`, and nothing is written."""
    error, before, after = refused_with(lambda stage: call(deleted(stage)))
    assert (error.code, error.param, error.http_status) == ("resource_missing", "customer", 400)
    assert after == before


@pytest.mark.parametrize(("limit", "count"), [(-1, 1), (0, 1), (100, 100), (101, 100), (1000, 100)])
def test_a_page_holds_1_to_100(stripe_balance, limit, count):
    """A limit outside is taken as the nearest in it, and there is more."""
    for _ in range(101):
        stripe_balance.customer()
    page = stripe.Customer.list(limit=limit)
    assert (len(page.data), page.has_more) == (count, True)
