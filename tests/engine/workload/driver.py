"""Asks the fake through the real SDK, and holds each answer against the auditor's prediction."""

from collections import Counter
from itertools import compress
from typing import ClassVar

import pytest
import stripe
from hypothesis import note
from hypothesis.stateful import RuleBasedStateMachine
from majors import as_dict, v1

from pytest_stripe_balance.fixtures.balance import StripeBalance
from pytest_stripe_balance.resources import newest_api_version
from pytest_stripe_balance.session import Fake, Settings
from workload import told
from workload.auditor import Auditor
from workload.books import Refusal
from workload.hooks import Endpoint

NO_CALL = "refused by what no call of the API does"


def verb(weight=1, needs="living"):
    """Mark a verb of the workload: how often it is drawn, and what there must be for it."""

    def marked(method):
        method.weight, method.needs = weight, needs
        return method

    return marked


def tried(call):
    """Give what is answered, or else the code and status of the refusal."""
    try:
        return call(), None
    except stripe.StripeError as error:
        return None, (error.code, error.http_status)
    except ValueError:
        return None, NO_CALL


class Driver(RuleBasedStateMachine):
    """One world and its auditor; `did` counts, over all examples, what each rule came to.

    The account and each request are at an API `version`.
    """

    did: ClassVar = Counter()
    version: ClassVar = newest_api_version()

    def __init__(self):
        super().__init__()
        settings = Settings(self.version, name="workload")
        self.session = Fake(settings, lambda refusal: pytest.fail.Exception(str(refusal)))
        self.tap = self.session.tapped()
        self.tap.__enter__()
        self.fake = StripeBalance(self.session)
        self.api = v1(self.fake.client)
        self.auditor, self.account = Auditor(), Endpoint(self.version)
        self.auditor.refunds_the_rest = self.version < "2025-03-31"
        self.heard, self.listed, self.last_event, self.last_rows = 0, 0, None, {}

    def assume(self, readings):
        """Let other readings of the register hold, for the fake and the auditor."""
        self.session._readings.chosen = self.auditor.readings = readings

    def teardown(self):
        self.tap.__exit__(None, None, None)

    def ask(self, name, predict, call):
        """Make a call that the auditor predicts; give what it predicted, None when it is refused."""
        self.auditor.now = self.session.now
        predicted, due = self.predicted(predict)
        answer, refused = tried(call)
        self.compare(name, due, refused)
        self.hear(name)
        return predicted, answer

    def predicted(self, predict):
        """Give what the auditor predicts, or else the code and status of the refusal."""
        try:
            return predict(), None
        except Refusal as refusal:
            return None, (refusal.code, refusal.status)

    def compare(self, name, due, refused):
        """Hold what was refused, if anything, against what the auditor refused."""
        assert refused == due or (due and refused == NO_CALL), f"{name}: {refused} and not {due}"
        self.did[name, "refused" if refused else "done"] += 1

    def answered(self, name, predict, call, record=None):
        """Ask for what answers with a record's object, as it is then; `predict` gives a new record."""
        made, answer = self.ask(name, predict, call)
        record = made or record
        if answer is not None:
            assert told.agrees((record, *record.words()), told.words(as_dict(answer))), answer
        return record

    def get(self, path, **params):
        """Read plain JSON by the SDK: most of the time of a run would go into its objects."""
        return self.fake.client.raw_request("get", path, **params).data

    def read(self, path, after=None):
        """Read a list, oldest first, from what comes after an id."""
        found = self.get(path, limit=100, **({"ending_before": after} if after else {}))
        assert not found["has_more"]
        return found["data"][::-1]

    def hear(self, name):
        """Read the new events and rows: no other ones came, in no other order."""
        expected = self.auditor.events[self.heard :]
        inside = self.auditor.inside[self.heard :]
        self.heard += len(expected)
        events = self.read("/v1/events", self.last_event)
        real = [told.event(one) for one in events]
        note(f"  {name}: {real or 'no events'}")
        heard = [self.account.calls(one.type, one.who) is not None for one in expected]
        mine = [
            (self.account.calls(one.type, one.who), one.at, one.who, *one.words)
            for one in compress(expected, heard)
        ]
        for due, came in zip(mine, real, strict=False):
            assert told.agrees(due, came), f"{name}: {came} came, {due} was due"
        assert len(mine) == len(real), f"{name}: {real} came, {mine} was due"
        for due, came in zip(compress(inside, heard), events, strict=True):
            self.compare_inside(due, came)
        self.last_event = events[-1]["id"] if events else self.last_event
        for one in self.auditor.refunds:
            if one.id is None:  # made by a version that has no event for it
                one.id = self.get("/v1/refunds", payment_intent=one.intent.id)["data"][0]["id"]

    def compare_inside(self, due, event):
        """Hold what an event has inside its object against what was there when it happened."""
        due = due if event["api_version"] < "2022-11-15" else None
        came = told.inside(event["data"]["object"])
        assert told.agrees(due, came), f"{event['type']}: {came} inside, {due} was due"

    def see_cash(self):
        """Read each balance, and the rows that are new: they are what the events told of."""
        rows = self.auditor.rows[self.listed :]
        self.listed += len(rows)
        assert all(row.ending >= 0 or row.type == "funding_reversed" for row in rows)
        for customer in self.auditor.customers:
            if customer.deleted:
                continue
            path = f"/v1/customers/{customer.id}/cash_balance"
            balance = self.get(path)
            assert balance["available"] == (customer.cash or None)
            settings = balance["settings"]
            own = customer.mode or "automatic", customer.mode is None
            assert (settings["reconciliation_mode"], settings["using_merchant_default"]) == own
            mine = [row for row in rows if row.customer is customer]
            page = self.read(f"{path}_transactions", self.last_rows.get(customer))
            real = tuple(map(told.row, page))
            assert told.agrees(tuple((row, *row.words()) for row in mine), real)
            if mine:
                self.last_rows[customer] = mine[-1].id

    def look(self):
        """Hold what the fake has against what the auditor has, without asking for all of it."""
        world, auditor = self.session.world, self.auditor
        for every in self.session.worlds.values():
            every.check()
        held = {one.id: (one.status, one.amount, one.applied) for one in world.payment_intents}
        assert held == {one.id: (one.status, one.amount, one.held) for one in auditor.intents}
        charges = [
            (one.payment_intent, one.amount, one.amount_refunded, one.decline is None)
            for one in world.charges
        ]
        assert sorted(charges) == sorted(
            [(one.id, one.amount, one.refunded, True) for one in auditor.intents if one.has_charge]
            + [(one.id, each.amount, 0, False) for one in auditor.intents for each in one.declined]
        )
        refunds = {one.id: (one.status, one.amount) for one in world.refunds}
        assert refunds == {one.id: (one.status, one.amount) for one in auditor.refunds}
        invoices = {one.id: (one.status, one.amount_due) for one in world.invoices if not one.deleted}
        assert invoices == {one.id: (one.status, one.total) for one in auditor.invoices}
        sessions = {one.id: (one.status, one.payment_status) for one in world.checkout_sessions}
        assert sessions == {one.id: one.words()[1:3] for one in auditor.sessions}
        merchant = {}
        for one in world.balance_transactions:
            merchant[one.currency] = merchant.get(one.currency, 0) + one.amount
        assert merchant == auditor.merchant
        self.look_at_shares()

    def look_at_shares(self):
        """Hold the transfers and the fees, and what the account has, against the auditor."""
        world, auditor = self.session.world, self.auditor
        moved = {one.id: (one.amount, one.amount_reversed) for one in world.transfers}
        assert moved == {one.id: (one.amount, one.reversed) for one in auditor.transfers}
        kept = {one.id: (one.amount, one.amount_refunded) for one in world.application_fees}
        assert kept == {one.id: (one.amount, one.refunded) for one in auditor.fees}
        shop = {}
        for theirs in self.session.worlds.values():
            for one in theirs.balance_transactions if theirs is not world else ():
                shop[one.currency] = shop.get(one.currency, 0) + one.amount - one.fee
        assert shop == auditor.shop

    @verb()
    def read_all(self, _):
        """Ask for every intent, charge, refund, invoice and item, and hold them against the auditor."""
        pages = {
            "payment_intents": self.auditor.intents,
            "refunds": self.auditor.refunds,
            "invoices": self.auditor.invoices,
            "checkout/sessions": self.auditor.sessions,
        }
        for kind, records in pages.items():
            found = {one["id"]: told.words(one) for one in self.read(f"/v1/{kind}")}
            assert found.keys() == {one.id for one in records}
            for one in records:
                assert told.agrees((one, *one.words()), found[one.id])
        self.read_inside()
        self.read_balance()
        assert len(self.read("/v1/invoiceitems")) == sum(one.lines for one in self.auditor.invoices)
        due = [
            (one.id, *each.charged())
            for one in self.auditor.intents
            for each in (*one.declined, *([one] if one.has_charge else ()))
        ]
        real = self.read("/v1/charges")
        assert sorted(map(told.charge, real)) == sorted(due)
        assert all(0 <= one["amount_refunded"] <= one["amount"] for one in real)

    def read_balance(self):
        """Hold the merchant's balance against the auditor, who knows the currencies that moved."""
        shown = self.get("/v1/balance")
        available = {row["currency"]: row["amount"] for row in shown["available"]}
        assert available == {"usd": 0, **self.auditor.merchant}

    def read_inside(self):
        """Hold what API versions before 2022-11-15 have inside intents and charges against the auditor."""
        lists = self.version < "2022-11-15"
        for one in self.read("/v1/payment_intents"):
            (intent,) = (each for each in self.auditor.intents if each.id == one["id"])
            assert told.agrees(self.auditor.charges_of(intent) if lists else None, told.inside(one))
