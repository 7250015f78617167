"""A Flask shop that is paid by bank transfer. Its webhook is written in three right ways and five wrong."""

import sqlite3

import flask
import stripe

SECRET = "whsec_shop"
TABLES = """
create table seen (event text primary key);
create table orders (intent text primary key, status text);
create table credit (customer text primary key, cents integer not null default 0);
create table refunds (refund text primary key, status text);
create table invoices (invoice text primary key, status text);
create table repaid (charge text primary key, cents integer);
create table notes (customer text primary key, cents integer);
"""


class Shop:
    """Looks at repeats, and asks Stripe how things are now. It commits before it answers."""

    def __init__(self):
        self.db = sqlite3.connect(":memory:", check_same_thread=False)
        self.db.executescript(TABLES)
        self.app = flask.Flask("shop")
        self.app.testing = True
        self.app.add_url_rule("/stripe", view_func=self.hook, methods=["POST"])
        self.handlers = {
            "payment_intent.created": self.intent_changed,
            "payment_intent.requires_action": self.intent_changed,
            "payment_intent.partially_funded": self.intent_changed,
            "payment_intent.succeeded": self.intent_changed,
            "payment_intent.canceled": self.intent_changed,
            "customer_cash_balance_transaction.created": self.cash_moved,
            "cash_balance.funds_available": self.cash_is_free,
            "charge.refunded": self.charge_refunded,
            "refund.created": self.refund_changed,
            "refund.updated": self.refund_changed,
            "invoice.paid": self.invoice_paid,
        }

    def hook(self):
        payload, signature = flask.request.get_data(), flask.request.headers["Stripe-Signature"]
        event = stripe.Webhook.construct_event(payload, signature, SECRET)
        try:
            if not self.is_repeat(event):
                self.handlers.get(event.type, lambda _: None)(event)
        except BaseException:
            self.failed()
            raise
        self.db.commit()
        return "", 200

    def is_repeat(self, event):
        added = self.db.execute("insert or ignore into seen values (?)", [event.id])
        return not added.rowcount

    def failed(self):
        self.db.rollback()

    def put(self, table, *row):
        self.db.execute(f"insert or replace into {table} values (?, ?)", row)

    def intent_changed(self, event):
        intent = stripe.PaymentIntent.retrieve(event.data.object.id)
        self.put("orders", intent.id, intent.status)

    def cash_moved(self, event):
        row = event.data.object
        self.db.execute("insert or ignore into credit (customer) values (?)", [row.customer])
        self.db.execute(
            "update credit set cents = cents + ? where customer = ?", [row.net_amount, row.customer]
        )

    def cash_is_free(self, event):
        customer = event.data.object.customer
        available = stripe.Customer.retrieve_cash_balance(customer).available
        self.put("notes", customer, available["usd"] if available else 0)

    def charge_refunded(self, event):
        charge = stripe.Charge.retrieve(event.data.object.id)
        self.put("repaid", charge.id, charge.amount_refunded)

    def refund_changed(self, event):
        refund = stripe.Refund.retrieve(event.data.object.id)
        self.put("refunds", refund.id, refund.status)

    def invoice_paid(self, event):
        self.put("invoices", event.data.object.id, event.data.object.status)

    def known(self, table):
        """Give what a table says, by id."""
        return dict(self.db.execute(f"select * from {table}").fetchall())


class ShopThatLeavesIt(Shop):
    """Right: fails at what it can't place yet. It rolls back, and Stripe comes again."""

    def cash_moved(self, event):
        super().cash_moved(event)
        self.place(event.data.object)

    def place(self, row):
        if row.type == "applied_to_payment":
            intent = row.applied_to_payment.payment_intent
            if intent not in self.known("orders"):
                raise LookupError(f"no order for {intent} yet")


class ShopByState(Shop):
    """Right: remembers no events, but sets what Stripe says, and adds nothing."""

    def is_repeat(self, _):
        return False

    def cash_moved(self, event):
        customer = event.data.object.customer
        available = stripe.Customer.retrieve_cash_balance(customer).available
        self.put("credit", customer, available["usd"] if available else 0)


class NoLookAtRepeats(Shop):
    """Wrong: what comes twice is added twice."""

    def is_repeat(self, _):
        return False


class TrustsOrder(Shop):
    """Wrong: an order begins with its first event, and each later one says where it stands."""

    def intent_changed(self, event):
        intent = event.data.object
        if event.type == "payment_intent.created":
            self.put("orders", intent.id, intent.status)
        else:
            status = stripe.PaymentIntent.retrieve(intent.id).status
            self.db.execute("update orders set status = ? where intent = ?", [status, intent.id])


class TrustsTheSnapshot(Shop):
    """Wrong: the event that comes last needn't be the latest."""

    def intent_changed(self, event):
        self.put("orders", event.data.object.id, event.data.object.status)


class AcknowledgesFirst(ShopThatLeavesIt):
    """Wrong: an event counts as done before its work is, and its second try is taken for a repeat."""

    def is_repeat(self, event):
        repeat = super().is_repeat(event)
        self.db.commit()
        return repeat


class AddsOnRetry(ShopThatLeavesIt):
    """Wrong: what a failed try has added stays, and the next try adds it again."""

    def failed(self):
        self.db.commit()

    def is_repeat(self, event):
        return self.db.execute("select 1 from seen where event = ?", [event.id]).fetchone()

    def cash_moved(self, event):
        super().cash_moved(event)
        super().is_repeat(event)


RIGHT = {shop.__name__: shop for shop in (Shop, ShopThatLeavesIt, ShopByState)}
WRONG = {
    shop.__name__: shop
    for shop in (NoLookAtRepeats, TrustsOrder, TrustsTheSnapshot, AcknowledgesFirst, AddsOnRetry)
}
