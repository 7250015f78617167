"""Parameters that move no cent: taken, checked, and shown where Stripe shows them."""

import pytest
import stripe
from majors import as_dict

BILLED = {"collection_method": "send_invoice", "days_until_due": 30}
FIELDS = [{"name": "Order", "value": "7"}]
ADDRESS = {"line1": "1 Main St", "city": "Springfield"}
WHOLE_ADDRESS = {**dict.fromkeys(("country", "line2", "postal_code", "state")), **ADDRESS}


def bill(stripe_balance, customer=None, **params):
    """Make a draft with what is sent."""
    customer = customer or stripe_balance.customer(email="ada@example.com")
    return stripe.Invoice.create(customer=customer.id, **BILLED, **params)


ON_INVOICES = {
    "account_tax_ids": (["txi_1"], ["txi_1"]),
    "automatic_tax": (
        {"enabled": False},
        {"enabled": False, **dict.fromkeys(("disabled_reason", "liability", "provider", "status"))},
    ),
    "custom_fields": (FIELDS, FIELDS),
    "effective_at": (1_790_000_000, 1_790_000_000),
    "footer": ("Thanks", "Thanks"),
    "issuer": ({"type": "self"}, {"type": "self"}),
    "rendering": (
        {"amount_tax_display": "exclude_tax", "pdf": {"page_size": "a4"}},
        {
            "amount_tax_display": "exclude_tax",
            "pdf": {"page_size": "a4"},
            "template": None,
            "template_version": None,
        },
    ),
    "shipping_details": (
        {"name": "Ada", "address": ADDRESS},
        {
            "address": WHOLE_ADDRESS,
            "carrier": None,
            "name": "Ada",
            "phone": None,
            "tracking_number": None,
        },
    ),
}


@pytest.mark.parametrize("name", ON_INVOICES)
def test_an_invoice_shows_what_was_sent(stripe_balance, name):
    """shown-as-sent: in the answer, in its events, and once it is open."""
    sent, expected = ON_INVOICES[name]
    draft = bill(stripe_balance, **{name: sent})
    stripe.InvoiceItem.create(customer=draft.customer, invoice=draft.id, amount=100, currency="usd")
    opened = stripe.Invoice.finalize_invoice(draft.id)
    told = stripe_balance.events("invoice.created")[0].data.object
    assert [as_dict(one)[name] for one in (draft, opened, told)] == [expected] * 3


def test_an_invoice_is_as_before_without_them(stripe_balance):
    """Each key has what it has when nothing is sent."""
    draft = as_dict(bill(stripe_balance))
    unset = ("account_tax_ids", "custom_fields", "effective_at", "footer", "shipping_details")
    assert {name: draft[name] for name in unset} == dict.fromkeys(unset)
    assert draft["rendering"]["pdf"] == {"page_size": "auto"}


def test_what_would_move_money_is_refused_by_its_name(stripe_balance):
    """Tax that is switched on, another issuer, a discount."""
    for sent, name in (
        ({"automatic_tax": {"enabled": True}}, r"automatic_tax\[enabled\]"),
        ({"issuer": {"type": "account", "account": "acct_1"}}, r"issuer\[type\]='account'"),
        ({"discounts": [{"coupon": "c"}]}, "discounts"),
        ({"shipping_cost": {"shipping_rate": "shr_1"}}, "shipping_cost"),
    ):
        with stripe_balance.refused(match=name):
            bill(stripe_balance, **sent)


def test_the_date_of_an_invoice_is_that_of_finalizing(stripe_balance):
    """Unless it was given one, which a change of the status then doesn't touch."""
    for sent in ({}, {"effective_at": 1_790_000_000}):
        draft = bill(stripe_balance, **sent)
        opened = stripe.Invoice.finalize_invoice(draft.id)
        changed = [
            as_dict(event.data.previous_attributes)
            for event in stripe_balance.events("invoice.updated")
            if event.data.object.id == draft.id
        ]
        assert opened.effective_at == sent.get("effective_at", opened.status_transitions.finalized_at)
        assert any("effective_at" in one for one in changed) == (not sent)


def test_a_page_size_is_kept(stripe_balance):
    """One that was chosen is no matter of finalizing, and no change then."""
    draft = bill(stripe_balance, rendering={"pdf": {"page_size": "a4"}})
    stripe.Invoice.finalize_invoice(draft.id)
    events = stripe_balance.events("invoice.updated")
    assert {event.data.object.rendering.pdf.page_size for event in events} == {"a4"}
    assert not any("rendering" in as_dict(event.data.previous_attributes) for event in events)


def test_a_new_invoice_takes_its_customers_settings(stripe_balance):
    """invoice-settings-copied: those of its creation, and not where it is given its own."""
    settings = {
        "custom_fields": FIELDS,
        "footer": "Thanks",
        "rendering_options": {"amount_tax_display": "exclude_tax", "template": "inrtem_1"},
    }
    customer = stripe_balance.customer(invoice_settings=settings, email="ada@example.com")
    first = bill(stripe_balance, customer)
    stripe.Customer.modify(customer.id, invoice_settings={"footer": "Later", "custom_fields": ""})
    own = bill(stripe_balance, customer, footer="Own")
    again = stripe.Invoice.retrieve(first.id)
    assert as_dict(again)["custom_fields"] == FIELDS
    assert (again.footer, own.footer, own.custom_fields) == ("Thanks", "Own", None)
    assert (again.rendering.amount_tax_display, again.rendering.template) == ("exclude_tax", "inrtem_1")


def test_a_draft_is_finalized_when_it_was_told_to_be(stripe_balance, stripe_clock):
    """If it advances by itself at all."""
    customer = stripe_balance.customer(email="ada@example.com")
    at = stripe_clock.now + 7200
    drafts = [
        bill(stripe_balance, customer, auto_advance=advances, automatically_finalizes_at=at)
        for advances in (True, False)
    ]
    assert [draft.automatically_finalizes_at for draft in drafts] == [at, None]
    stripe_clock.advance(seconds=at - stripe_clock.now - 1)
    assert [stripe.Invoice.retrieve(draft.id).status for draft in drafts] == ["draft", "draft"]
    stripe_clock.advance(seconds=1)
    assert [stripe.Invoice.retrieve(draft.id).status for draft in drafts] == ["paid", "draft"]


def test_a_customer_keeps_invoice_settings(stripe_balance):
    """What isn't sent stays; the event names what changed alone."""
    customer = stripe_balance.customer(invoice_settings={"footer": "Thanks"})
    changed = stripe.Customer.modify(
        customer.id, invoice_settings={"rendering_options": {"amount_tax_display": "exclude_tax"}}
    )
    assert as_dict(changed)["invoice_settings"] == {
        "custom_fields": None,
        "default_payment_method": None,
        "footer": "Thanks",
        "rendering_options": {"amount_tax_display": "exclude_tax", "template": None},
    }
    (event,) = stripe_balance.events("customer.updated")
    assert as_dict(event.data.previous_attributes) == {"invoice_settings": {"rendering_options": None}}


def test_where_a_customer_is_is_taken(stripe_balance):
    """It shows only when it is asked for; `validate` is about a source, which there is none of."""
    sent = {"ip_address": "192.0.2.1", "validate_location": "deferred"}
    customer = stripe_balance.customer(tax=sent, validate=False)
    stripe.Customer.modify(customer.id, tax={"ip_address": ""})
    assert "tax" not in as_dict(customer)
    assert stripe_balance.events("customer.updated") == []
    shown = stripe.Customer.retrieve(customer.id, expand=["tax"]).tax
    assert as_dict(shown) == {
        "automatic_tax": "unrecognized_location",
        "ip_address": None,
        "location": None,
        "provider": "stripe",
    }


def test_the_next_number_is_chosen(stripe_balance):
    """The customer's next invoice has it, and the one after it the next."""
    customer = stripe_balance.customer(
        next_invoice_sequence=7, invoice_prefix="ADA", email="ada@example.com"
    )
    numbers = [stripe.Invoice.finalize_invoice(bill(stripe_balance, customer).id).number for _ in "12"]
    assert numbers == ["ADA-0007", "ADA-0008"]
    stripe.Customer.modify(customer.id, next_invoice_sequence=20)
    with stripe_balance.refused(match="next_invoice_sequence=0"):
        stripe_balance.customer(next_invoice_sequence=0)


TOO_MANY = [{"name": str(place), "value": "x"} for place in range(5)]


@pytest.mark.parametrize(
    ("ask", "param"),
    [
        (lambda b: bill(b, custom_fields=TOO_MANY), "custom_fields"),
        (
            lambda b: b.customer(invoice_settings={"custom_fields": TOO_MANY}),
            "invoice_settings[custom_fields]",
        ),
    ],
)
def test_more_than_four_custom_fields_are_a_400(stripe_balance, ask, param):
    """custom-fields-limit: four are taken."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        ask(stripe_balance)
    assert (caught.value.param, caught.value.code) == (param, None)


def test_an_item_shows_what_was_sent(stripe_balance):
    """On itself and on its line; an item that takes no discount has its net amount."""
    draft = bill(stripe_balance)
    period = {"start": 1_790_000_000, "end": 1_792_000_000}
    item = stripe.InvoiceItem.create(
        customer=draft.customer,
        invoice=draft.id,
        amount=100,
        currency="usd",
        discountable=False,
        period=period,
        tax_behavior="inclusive",
        tax_code="txcd_1",
    )
    (line,) = stripe.Invoice.retrieve(draft.id).lines.data
    assert [as_dict(one)["period"] for one in (item, line)] == [period, period]
    assert [item.discountable, line.discountable, item.net_amount] == [False, False, 100]


def test_an_items_price_has_its_tax_behavior(stripe_balance):
    """Items that differ in it share no price."""
    draft = bill(stripe_balance)
    asked = {"customer": draft.customer, "amount": 100, "currency": "usd"}
    first, second = (
        stripe.InvoiceItem.create(**asked, **more, stripe_version="2024-06-20").price
        for more in ({}, {"tax_behavior": "exclusive"})
    )
    assert (first.tax_behavior, second.tax_behavior) == ("unspecified", "exclusive")
    assert (first.product, first.id != second.id) == (second.product, True)


def test_a_period_that_ends_before_it_starts_is_refused(stripe_balance):
    """What Stripe says to it is unknown."""
    with stripe_balance.refused(match="ends before it starts"):
        stripe.InvoiceItem.create(
            customer=stripe_balance.customer().id,
            amount=1,
            currency="usd",
            period={"start": 2, "end": 1},
        )


NO_EFFECT = {
    "confirmation_method": "manual",
    "mandate_data": {"customer_acceptance": {"type": "offline", "offline": {}}},
    "off_session": True,
    "radar_options": {"session": "rse_1"},
    "return_url": "https://example.com/back",
    "use_stripe_sdk": True,
}


@pytest.mark.parametrize("name", NO_EFFECT)
def test_what_is_about_other_methods_changes_nothing_for_a_transfer(stripe_balance, name):
    """no-effect-on-transfers: the intent waits for money, gets it, and succeeds."""
    customer = stripe_balance.customer()
    plain, intent = (
        stripe_balance.bank_transfer_intent(customer, 1000, **sent)
        for sent in ({}, {name: NO_EFFECT[name]})
    )
    differs = {"id", "client_secret", "created", "next_action", "payment_method", name}
    assert {key for key, value in as_dict(intent).items() if value != as_dict(plain)[key]} <= differs
    stripe.PaymentIntent.cancel(plain.id)
    stripe_balance.fund(customer, 1000)
    assert stripe.PaymentIntent.retrieve(intent.id).status == "succeeded"
    assert "no-effect-on-transfers" in stripe_balance.report()


HOOKS = {"inputs": {"tax": {"calculation": "taxcalc_1"}}}
DETAILS = {"customer_reference": "c", "order_reference": "o"}


def test_an_intent_shows_its_details(stripe_balance):
    """At every version, and not at all while they are unset."""
    customer = stripe_balance.customer()
    intent = stripe_balance.bank_transfer_intent(
        customer, 100, payment_details={"order_reference": "o"}, hooks=HOOKS
    )
    old = as_dict(stripe.PaymentIntent.retrieve(intent.id, stripe_version="2023-10-16"))
    assert old["payment_details"] == {"customer_reference": None, "order_reference": "o"}
    assert old["hooks"] == HOOKS
    stripe.PaymentIntent.modify(intent.id, payment_details="")
    assert "payment_details" not in as_dict(stripe.PaymentIntent.retrieve(intent.id))
    untaxed = {"inputs": {"tax": {"calculation": ""}}}
    assert "hooks" not in as_dict(stripe.PaymentIntent.modify(intent.id, hooks=untaxed))
    changed = stripe.PaymentIntent.modify(intent.id, payment_details=DETAILS, capture_method="automatic")
    assert as_dict(changed)["payment_details"] == DETAILS
    assert changed.capture_method == "automatic"


CLEARED = {"customer_balance": ""}


def test_an_intents_options_are_cleared(stripe_balance):
    """It has to be confirmed again, and can't be without a funding_type."""
    customer = stripe_balance.customer(reconciliation="manual")
    intent = stripe_balance.bank_transfer_intent(customer, 100)
    changed = stripe.PaymentIntent.modify(intent.id, payment_method_options=CLEARED)
    assert as_dict(changed)["payment_method_options"]["customer_balance"] == {}
    assert changed.status == "requires_confirmation"
    with pytest.raises(stripe.InvalidRequestError, match="no funding_type"):
        stripe.PaymentIntent.confirm(intent.id)


def test_options_that_are_not_set_can_be_cleared(stripe_balance):
    """Nothing changes by it."""
    customer = stripe_balance.customer()
    asked = {"customer": customer.id, "amount": 100, "currency": "usd"}
    intent = stripe.PaymentIntent.create(
        **asked, allowed_payment_method_types=["customer_balance"], payment_method_options=CLEARED
    )
    changed = stripe.PaymentIntent.modify(intent.id, payment_method_options=CLEARED)
    assert (changed.status, as_dict(changed)) == ("requires_payment_method", as_dict(intent))


@pytest.mark.parametrize(
    ("ask", "sent"),
    [
        (lambda b, **sent: b.customer(**sent), {"source": ""}),
        (lambda b, **sent: bill(b, **sent), {"discounts": ""}),
        (
            lambda b, **sent: bill(b, **sent),
            {"payment_settings": {"default_mandate": "", "payment_method_types": ""}},
        ),
        (
            lambda b, **sent: b.bank_transfer_intent(b.customer(), 100, **sent),
            {"payment_method_data": {"card": "", "type": "customer_balance"}},
        ),
    ],
    ids=["customer", "invoice", "payment_settings", "payment_method_data"],
)
def test_clearing_what_is_never_set_changes_nothing(stripe_balance, ask, sent):
    """An empty string is no use of a parameter that the fake doesn't model."""
    assert ask(stripe_balance, **sent).id


def test_events_are_listed_by_their_delivery(stripe_balance, stripe_webhooks):
    """delivery-success: all endpoints took them, or not; without endpoints each counts as taken."""
    stripe_balance.customer()
    listed = {asked: stripe.Event.list(delivery_success=asked).data for asked in (True, False)}
    assert (len(listed[True]), listed[False]) == (1, [])
    stripe_webhooks.endpoint(handler=lambda *_: None)
    stripe_balance.customer()
    assert [len(stripe.Event.list(delivery_success=asked).data) for asked in (True, False)] == [1, 1]
    stripe_webhooks.deliver()
    assert [len(stripe.Event.list(delivery_success=asked).data) for asked in (True, False)] == [2, 0]


def test_an_invoices_lines_are_listed(stripe_balance):
    """As they are in the invoice, the newest first, in pages; at an older version in its shape."""
    draft = bill(stripe_balance)
    for amount in (100, 200, 300):
        stripe.InvoiceItem.create(
            customer=draft.customer, invoice=draft.id, amount=amount, currency="usd"
        )
    inside = stripe.Invoice.retrieve(draft.id).lines.data
    listed = stripe.Invoice.list_lines(draft.id)
    assert [as_dict(line) for line in listed.data] == [as_dict(line) for line in inside]
    assert ("total_count" in as_dict(listed), [line.amount for line in inside]) == (
        False,
        [300, 200, 100],
    )
    first = stripe.Invoice.list_lines(draft.id, limit=1)
    rest = stripe.Invoice.list_lines(draft.id, starting_after=first.data[0].id)
    assert [*first.data, *rest.data] == listed.data
    (old,) = stripe.Invoice.list_lines(draft.id, limit=1, stripe_version="2024-06-20").data
    assert (old.type, old.price.unit_amount) == ("invoiceitem", 300)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.Invoice.list_lines("in_nope")
    assert (caught.value.http_status, caught.value.param) == (404, "invoice")


def test_an_intent_is_read_with_its_secret(stripe_balance):
    """client-secret-mismatch: another one is refused."""
    intent = stripe_balance.bank_transfer_intent(stripe_balance.customer(), 100)
    read = stripe.PaymentIntent.retrieve(intent.id, client_secret=intent.client_secret)
    assert read.id == intent.id
    with pytest.raises(stripe.InvalidRequestError, match="does not match") as caught:
        stripe.PaymentIntent.retrieve(intent.id, client_secret="another")
    assert (caught.value.param, caught.value.http_status) == ("client_secret", 400)


NEEDS_CONFIRM = {
    **{name: NO_EFFECT[name] for name in ("mandate_data", "return_url")},
    "error_on_requires_action": True,
    "off_session": True,
}


@pytest.mark.parametrize("name", NEEDS_CONFIRM)
def test_what_belongs_to_a_confirm_is_refused_without_one(stripe_balance, name):
    """only-with-confirm: nothing is made."""
    with pytest.raises(stripe.InvalidRequestError, match="unless `confirm` is set to true") as caught:
        stripe.PaymentIntent.create(amount=100, currency="usd", **{name: NEEDS_CONFIRM[name]})
    assert (caught.value.param, caught.value.code) == (name, "payment_intent_invalid_parameter")
    assert stripe.PaymentIntent.list().data == []


BY_TRANSFER = {"funding_type": "bank_transfer", "bank_transfer": {"type": "us_bank_transfer"}}
KNOWN_TYPES = (
    "acss_debit", "bancontact", "card", "customer_balance", "konbini", "payto", "pix", "sepa_debit",
    "upi", "us_bank_account",
)  # fmt: skip


def test_other_types_beside_a_bank_transfer_are_shown_and_change_nothing(stripe_balance):
    """All known types are keys once one is set; the intent has the options; a transfer pays."""
    customer = stripe_balance.customer(email="ada@example.com")
    types = ["card", "customer_balance", "us_bank_account"]
    debit, card = {"verification_method": "instant"}, {"request_three_d_secure": "any"}
    options = {"card": card, "customer_balance": BY_TRANSFER, "us_bank_account": debit}
    settings = {"payment_method_types": types, "payment_method_options": options}
    draft = bill(stripe_balance, customer, payment_settings=settings)
    shown = as_dict(draft)["payment_settings"]
    assert shown["payment_method_types"] == types
    assert shown["payment_method_options"] == {**dict.fromkeys(KNOWN_TYPES), **options}
    stripe.InvoiceItem.create(customer=customer.id, invoice=draft.id, amount=100, currency="usd")
    stripe.Invoice.finalize_invoice(draft.id)
    (intent,) = stripe.PaymentIntent.list().data
    kept = as_dict(intent)["payment_method_options"]
    assert (intent.payment_method_types, set(kept)) == (types, set(types))
    assert (kept["us_bank_account"], kept["card"]["request_three_d_secure"]) == (debit, "any")
    stripe_balance.fund(customer, 100)
    assert stripe.Invoice.retrieve(draft.id).status == "paid"


def test_an_invoice_that_no_transfer_may_pay_waits(stripe_balance):
    """Its types are shown, and money of the customer stays on the balance."""
    customer = stripe_balance.customer(email="ada@example.com")
    settings = {"payment_method_types": ["sepa_debit"], "payment_method_options": {"sepa_debit": ""}}
    draft = bill(stripe_balance, customer, payment_settings=settings)
    assert draft.payment_settings.payment_method_options is None
    stripe.InvoiceItem.create(customer=customer.id, invoice=draft.id, amount=100, currency="usd")
    stripe.Invoice.finalize_invoice(draft.id)
    stripe_balance.fund(customer, 100)
    assert stripe.Invoice.retrieve(draft.id).status == "open"
    assert stripe_balance.available(customer) == {"usd": 100}
    with stripe_balance.refused(match="anything but a card or a bank transfer"):
        stripe.Invoice.pay(draft.id)


def test_an_intent_names_its_configuration(stripe_balance):
    """Its automatic payment methods are those of any other; beside types it is refused."""
    asked = {"customer": stripe_balance.customer().id, "amount": 100, "currency": "usd"}
    plain, named = (
        stripe.PaymentIntent.create(**asked, **more)
        for more in ({}, {"payment_method_configuration": "pmc_1"})
    )
    assert as_dict(named.payment_method_configuration_details) == {"id": "pmc_1", "parent": None}
    assert named.payment_method_types == plain.payment_method_types
    types = {"allowed_payment_method_types": ["customer_balance"]}
    with stripe_balance.refused(match="Send one of them"):
        stripe.PaymentIntent.create(**asked, **types, payment_method_configuration="pmc_1")
