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


@pytest.mark.parametrize("spend", [False, True], ids=["with cash", "spent to 0"])
def test_a_customer_that_ever_had_cash_cannot_be_deleted(stage, spend):
    """Even a balance of 0 keeps a customer from being deleted (FACTS 1.1)."""
    if spend:
        stripe.PaymentIntent.apply_customer_balance(stage.intent(amount=500))
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Customer.delete(stage.customer)
    assert stripe.Customer.retrieve(stage.customer).id == stage.customer


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
    """An explicit mode is the customer's own; merchant_default shows the account's (FACTS 1.2)."""
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
