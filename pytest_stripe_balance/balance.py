"""What the fixture `stripe_balance` hands over: builders that call the real SDK, and what was seen."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache, cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import stripe

from pytest_stripe_balance.api.message import Exchange
from pytest_stripe_balance.contract.contract import event_types
from pytest_stripe_balance.engine import events, timers
from pytest_stripe_balance.engine.refunds import refund_steps, refunds
from pytest_stripe_balance.masking import shown
from pytest_stripe_balance.modes import ANY_TEST_KEY
from pytest_stripe_balance.session.fake import fake_only
from pytest_stripe_balance.transport import clients

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_stripe_balance.engine.state.world import World
    from pytest_stripe_balance.session import Session

BANK_TRANSFERS: dict[str, dict[str, Any]] = {
    "usd": {"type": "us_bank_transfer"},
    "eur": {"type": "eu_bank_transfer", "eu_bank_transfer": {"country": "IE"}},
    "gbp": {"type": "gb_bank_transfer"},
    "jpy": {"type": "jp_bank_transfer"},
    "mxn": {"type": "mx_bank_transfer"},
}
Customer = stripe.Customer | str
PaymentIntent = stripe.PaymentIntent | str
Refund = stripe.Refund | str


class StripeBalance:
    """Customers, intents and money for one test, made by calls of the real SDK.

    Amounts are whole minor units (cents) next to a currency; one in capitals is sent as it is, for
    Stripe to lower (the assumption capital-currency). Arguments called `customer` take an SDK object
    or an id. Stripe's own errors come as `stripe.StripeError`; what the fake won't answer fails the
    test.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def mode(self) -> str:
        """Who answers: "fake", "replay", "record", "live" or "check"."""
        return self._session.settings.mode

    @cached_property
    def client(self) -> stripe.StripeClient:
        """A StripeClient of this test's own, independent of `stripe.api_key` and other settings."""
        return stripe.StripeClient(ANY_TEST_KEY, http_client=clients.Urllib())

    @property
    def _api(self) -> Any:  # noqa: ANN401 - StripeClient.v1, which older SDKs don't have
        return getattr(self.client, "v1", self.client)

    def customer(self, reconciliation: str | None = None, **params: Any) -> stripe.Customer:  # noqa: ANN401 - Stripe's parameters
        """Create a customer. `reconciliation` is "manual", "automatic" or None (the account's default).

        Other parameters are those of `POST /v1/customers`.
        """
        if reconciliation is not None:
            settings = {"reconciliation_mode": reconciliation}
            params["cash_balance"] = {**(params.get("cash_balance") or {}), "settings": settings}
        customer: stripe.Customer = self._api.customers.create(params)
        return customer

    def bank_transfer_intent(
        self,
        customer: Customer,
        amount: int,
        currency: str = "usd",
        *,
        confirm: bool = True,
        **params: Any,  # noqa: ANN401 - Stripe's parameters
    ) -> stripe.PaymentIntent:
        """Create an intent that is paid by bank transfer, confirmed unless `confirm` is False.

        Confirmed it is in `requires_action` and shows where to send the money; unconfirmed in
        `requires_confirmation`. eur goes to an account in IE unless `payment_method_options` says
        otherwise. ValueError for a currency without bank transfers, TypeError for an amount that is
        no int.
        """
        _check_amount("bank_transfer_intent", amount)
        options = _bank_transfer(currency)
        intent: stripe.PaymentIntent = self._api.payment_intents.create(
            {
                "customer": _id("bank_transfer_intent", customer),
                "amount": amount,
                "currency": currency,
                "confirm": confirm,
                "payment_method_data": {"type": "customer_balance"},
                "payment_method_options": {"customer_balance": options},
                **params,
            }
        )
        return intent

    def bank_transfer_invoice(
        self,
        customer: Customer,
        amount: int,
        currency: str = "usd",
        *,
        finalize: bool = True,
        **params: Any,  # noqa: ANN401 - Stripe's parameters
    ) -> stripe.Invoice:
        """Bill one item by bank transfer: `open` and due in 30 days, a `draft` if `finalize` is False.

        Parameters change the invoice, as in `days_until_due=7`. ValueError for a currency without
        bank transfers, TypeError for an amount that is no int.
        """
        _check_amount("bank_transfer_invoice", amount)
        invoices = self._api.invoices
        settings = {
            "payment_method_types": ["customer_balance"],
            "payment_method_options": {"customer_balance": _bank_transfer(currency)},
        }
        due = {} if "due_date" in params else {"days_until_due": 30}
        draft: stripe.Invoice = invoices.create(
            {
                "customer": _id("bank_transfer_invoice", customer),
                "currency": currency,
                "collection_method": "send_invoice",
                **due,
                "payment_settings": settings,
                **params,
            }
        )
        self._api.invoice_items.create(
            {
                "customer": _id("bank_transfer_invoice", customer),
                "amount": amount,
                "currency": currency,
                "invoice": draft.id,
            }
        )
        done = invoices.finalize_invoice if finalize else invoices.retrieve
        invoice: stripe.Invoice = done(draft.id)
        return invoice

    def fund(
        self, customer: Customer, amount: int, currency: str = "usd", reference: str | None = None
    ) -> stripe.CustomerCashBalanceTransaction:
        """Let a bank transfer land on the customer's cash balance; give its `funded` row.

        `reference` is what the payer wrote: an invoice's `number`, the `reference` in an intent's bank
        transfer instructions, or any other text. TypeError for one that is no text, and for an amount
        that is no int.
        """
        _check_amount("fund", amount)
        payer = _id("fund", customer)
        params: dict[str, Any] = {"amount": amount, "currency": currency}
        if reference is not None:
            params["reference"] = _text(reference)
        helpers = self._api.test_helpers.customers
        row: stripe.CustomerCashBalanceTransaction = helpers.fund_cash_balance(payer, params)
        return row

    def available(self, customer: Customer) -> dict[str, int]:
        """Give the customer's available cash by currency; {} where Stripe says null."""
        balance = self._api.customers.cash_balance.retrieve(_id("available", customer))
        available = clients.as_hash(balance).get("available")
        return clients.as_hash(available) if available else {}

    def ledger(self, customer: Customer) -> list[stripe.CustomerCashBalanceTransaction]:
        """Give the customer's cash balance transactions, oldest first."""
        rows = self._api.customers.cash_balance_transactions.list(
            _id("ledger", customer), {"limit": 100}
        )
        return list(rows.auto_paging_iter())[::-1]

    def events(self, type: str | None = None) -> list[stripe.Event]:  # noqa: A002 - Stripe's own name for it
        """Give the events of this test's customers, oldest first; `type` as in "charge.succeeded".

        It may end in `*`. ValueError for one of which nothing came, and which no API version since
        2023-10-16 documents.
        """
        params: dict[str, Any] = {"limit": 100}
        if type is not None:
            params["type"] = type
        made = [*self._own("/v1/customers"), *self._own("/v1/invoices")]
        if made:  # an account of Stripe's has thirty days of other tests' events besides
            params["created"] = {"gte": min(one["created"] for one in made)}
        mine = {one["id"] for one in made}
        events = self._api.events.list(params).auto_paging_iter()
        payer = cache(lambda intent: self._api.payment_intents.retrieve(intent).customer)
        came = [event for event in events if _owner_of(event, payer) in mine][::-1]
        if type is not None and not came:
            _check_event_type(type)
        return came

    def refund_to_cash_balance(
        self, payment_intent: PaymentIntent, amount: int | None = None
    ) -> stripe.Refund:
        """Fake only: refund an intent to the customer's cash balance, as the Dashboard does.

        `amount` defaults to all that isn't refunded. The refund is `succeeded` at once, and waiting
        intents may take the money. ValueError where there is nothing, or not so much, to refund;
        TypeError for an amount that is no int.
        """
        if amount is not None:
            _check_amount("refund_to_cash_balance", amount)
        fake = fake_only(self._session, "stripe_balance.refund_to_cash_balance")
        intent = _id("refund_to_cash_balance", payment_intent)
        account = fake.account_of(lambda world: world.payment_intents.get(intent))
        self._api.payment_intents.retrieve(intent, options=_options(account))
        with fake.outside("stripe_balance.refund_to_cash_balance", account) as world:
            refund = refunds.to_cash_balance(world, intent, amount).id
        return self._refund(refund, account)

    def provide_bank_details(self, refund: Refund) -> stripe.Refund:
        """Fake only: let the customer answer the refund's e-mail; it goes to `pending`.

        ValueError for a refund that isn't in `requires_action`.
        """
        return self._moved(refund, refund_steps.provide_bank_details, "provide_bank_details")

    def settle_refund(self, refund: Refund) -> stripe.Refund:
        """Fake only: let a refund reach the customer's bank; it goes to `succeeded`.

        ValueError for a refund that isn't `pending`.
        """
        return self._moved(refund, refund_steps.settle, "settle_refund")

    def bounce_refund(self, refund: Refund) -> stripe.Refund:
        """Fake only: let the customer's bank send a refund back; it goes to `requires_action` again.

        ValueError for a refund that isn't `pending`.
        """
        return self._moved(refund, refund_steps.bounce, "bounce_refund")

    def explain(self, transfer: stripe.CustomerCashBalanceTransaction | str) -> str:
        """Fake only: tell in words why each cent of a transfer went where it went.

        `transfer` is a row that brought money, or its id: `funded`, or one of those that free what
        was spent. ValueError for any other.
        """
        fake = fake_only(self._session, "stripe_balance.explain")
        return fake.explain(_id("explain", transfer))

    def fail_return(
        self, returned: stripe.CustomerCashBalanceTransaction | str
    ) -> stripe.CustomerCashBalanceTransaction:
        """Fake only: let a return of unclaimed cash come back; give its `return_canceled` row.

        `returned` is a `return_initiated` row that `stripe_clock` brought about, or its id;
        ValueError for another.
        """
        fake = fake_only(self._session, "stripe_balance.fail_return")
        account, entry = fake.row(_id("fail_return", returned))
        with fake.outside("stripe_balance.fail_return", account) as world:
            entry = timers.fail_return(world, entry)
        rows = self._api.customers.cash_balance_transactions
        row: stripe.CustomerCashBalanceTransaction
        row = rows.retrieve(entry.customer, entry.id, options=_options(account))
        return row

    @property
    def requests(self) -> list[Exchange]:
        """What was asked through stripe-python in this test and answered, oldest first."""
        return list(self._session.exchanges)

    def refused(self, match: str | None = None) -> AbstractContextManager[None]:
        """Expect that the fake refuses to answer inside the `with` block.

        `match` is a regular expression that the refusal's message must contain. AssertionError when
        nothing was refused, or something else was; RuntimeError where another than the fake answers,
        whose refusals are of another kind: a recording that isn't there.
        """
        return fake_only(self._session, "stripe_balance.refused").expecting_refusal(match)

    def unique(self, name: str) -> str:
        """Make a value from a name: another one in each test, the same in each run of that test."""
        return self._session.unique(name)

    def report(self) -> str:
        """Tell the state in tables, as a failing test's report shows it."""
        return self._session.report()

    def _moved(self, refund: Refund, step: Callable[[World, str], object], name: str) -> stripe.Refund:
        """Take a refund a step on that no call of the API does."""
        fake = fake_only(self._session, f"stripe_balance.{name}")
        refund_id = _id(name, refund)
        account = fake.account_of(lambda world: world.refunds.get(refund_id))
        self._refund(refund_id, account)
        with fake.outside(f"stripe_balance.{name}", account) as world:
            step(world, refund_id)
        return self._refund(refund_id, account)

    def _refund(self, refund_id: str, account: str | None) -> stripe.Refund:
        refund: stripe.Refund = self._api.refunds.retrieve(refund_id, options=_options(account))
        return refund

    def _own(self, path: str) -> Iterator[dict[str, Any]]:
        """Give what was made in this test by POST to a path."""
        for exchange in self._session.exchanges:
            request, response = exchange.request, exchange.response
            made = (request.method, request.path) == ("POST", path)
            if made and response.status == HTTPStatus.OK:
                yield response.json


def _check_amount(call: str, given: object) -> None:
    """Hold an amount against what Stripe takes; TypeError for anything but an int itself."""
    if type(given) is not int:  # a bool is an int too, and other subclasses may count as they like
        message = f"stripe_balance.{call}: {shown(repr(given))} is no amount; give whole minor "
        message += "units, an int, as 600 for 6.00 usd"
        raise TypeError(message)


def _check_event_type(given: object) -> None:
    """Hold an event's type against those that are documented; ValueError names the nearest."""
    wanted, known = str(given), event_types()
    if any(events.matches(name, wanted) for name in known):
        return
    import difflib  # noqa: PLC0415 - paid for by a slip only

    known |= {f"{name.rpartition('.')[0]}.*" for name in known}
    nearest = difflib.get_close_matches(wanted, sorted(known), cutoff=0)
    told = shown(repr(given))
    message = f"stripe_balance.events: no event is documented of type {told}; the nearest are "
    raise ValueError(message + ", ".join(nearest))


def _bank_transfer(currency: str) -> dict[str, Any]:
    """Give the options of paying by bank transfer in a currency, in capitals too."""
    transfer = BANK_TRANSFERS.get(currency.lower()) if isinstance(currency, str) else None
    if transfer is None:
        known = ", ".join(BANK_TRANSFERS)
        message = f"there are no bank transfers in {shown(repr(currency))}; there are in {known}"
        raise ValueError(message)
    return {"funding_type": "bank_transfer", "bank_transfer": transfer}


def _text(reference: object) -> str:
    """Give a reference; TypeError for what is no text, as an invoice that was meant by its number."""
    if not isinstance(reference, str):
        message = f"stripe_balance.fund: reference is {type(reference).__name__}, and a text is due: an "
        message += "invoice's .number, or the .reference in an intent's bank transfer instructions"
        raise TypeError(message)
    return reference


def _id(call: str, given: object) -> str:
    """Give an id, or that of an SDK object; TypeError for anything else, ValueError for an empty one."""
    found = given if isinstance(given, str) else getattr(given, "id", None)
    if not isinstance(found, str):
        kind = type(given).__name__
        message = f"stripe_balance.{call}: an SDK object or its id is due here, and not {kind}"
        raise TypeError(message)
    if not found:
        message = f"stripe_balance.{call}: an empty id names nothing"
        raise ValueError(message)
    return found


def _options(account: str | None) -> dict[str, str]:
    """Give the options of a call for a connected account, None for the key's own."""
    return {} if account is None else {"stripe_account": account}


def _owner_of(event: stripe.Event, payer: Callable[[str], str | None]) -> str | None:
    """Name the customer that an event is about, or the invoice that a payment of it is about.

    `payer` tells the customer of an intent, which is all that refunds named until July 2026.
    """
    subject = clients.as_hash(clients.as_hash(event)["data"])["object"]
    kind = subject.get("object")
    if kind == "refund" and "customer" not in subject:
        intent = subject.get("payment_intent")
        return payer(intent) if intent else None
    key = {"customer": "id", "invoice_payment": "invoice"}.get(kind, "customer")
    owner: str | None = subject.get(key)  # an account has events of what is nobody's, as its own balance
    return owner
