"""(a), (b) and (h): a call on the fake, on the alternatives, and on a client that returns the same bytes."""

import asyncio
import contextlib
import importlib.util
import os
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import stripe
import vcr
from measure import above_floor, interleaved

from pytest_stripe_balance.api.message import Exchange
from pytest_stripe_balance.cassettes.provenance import Provenance
from pytest_stripe_balance.cassettes.writer import CassetteWriter
from pytest_stripe_balance.fixtures.balance import StripeBalance
from pytest_stripe_balance.session import Fake, Settings, newest_api_version

API = "https://api.stripe.com"


class Null(stripe.HTTPClient):
    """The floor: stripe-python itself, which gets the same bytes at once."""

    name = "null"

    def __init__(self, exchange):
        super().__init__()
        self.sent = (exchange.response.body, exchange.response.status, exchange.response.headers)

    def request_with_retries(self, *_, **__):
        return self.sent

    async def request_with_retries_async(self, *_, **__):
        return self.sent


class Shop:
    """A world with an intent that takes a million applies; the contract can be left out."""

    def __init__(self, *, contract=True):
        self.session = Fake(Settings(newest_api_version(), name="benchmark"))
        if not contract:
            self.session.observe = lambda *_: None
        with self.session.tapped():
            balance = StripeBalance(self.session)
            self.customer = balance.customer(reconciliation="manual").id
            self.intent = balance.bank_transfer_intent(self.customer, 99_999_999).id
            balance.fund(self.customer, 99_999_999)

    def calls(self, client):
        """Give one call of each kind, by its name."""
        intents = getattr(client, "v1", client).payment_intents
        create = {
            "customer": self.customer,
            "amount": 1000,
            "currency": "usd",
            "confirm": True,
            "payment_method_data": {"type": "customer_balance"},
            "payment_method_options": {
                "customer_balance": {
                    "funding_type": "bank_transfer",
                    "bank_transfer": {"type": "us_bank_transfer"},
                }
            },
        }
        return {
            "retrieve": (intents.retrieve, (self.intent,)),
            "create": (intents.create, (create,)),
            "apply": (intents.apply_customer_balance, (self.intent, {"amount": 1})),
        }

    def async_calls(self, client):
        intents = getattr(client, "v1", client).payment_intents
        calls = self.calls(client)
        return {
            "retrieve": (intents.retrieve_async, calls["retrieve"][1]),
            "create": (intents.create_async, calls["create"][1]),
            "apply": (intents.apply_customer_balance_async, calls["apply"][1]),
        }

    def global_calls(self):
        create = self.calls(stripe.StripeClient("sk_test_1"))["create"][1][0]
        return {
            "retrieve": (stripe.PaymentIntent.retrieve, (self.intent,)),
            "create": (lambda: stripe.PaymentIntent.create(**create), ()),
            "apply": (
                lambda: stripe.PaymentIntent.apply_customer_balance(self.intent, amount=1),
                (),
            ),
        }

    def sample(self, kind):
        """Give the exchange of one call of a kind."""
        call, given = self.calls(stripe.StripeClient("sk_test_1"))[kind]
        before = len(self.session.exchanges)
        contract = vars(self.session).pop("observe", None)
        with self.session.tapped():
            call(*given)
        if contract:
            self.session.observe = contract
        return self.session.exchanges[before]


def repeated(call, given, around=contextlib.nullcontext):
    def several(times):
        with around():
            for _ in range(times):
                call(*given)

    return several


def repeated_async(call, given, around=contextlib.nullcontext):
    async def several(times):
        for _ in range(times):
            await call(*given)

    def run(times):
        with around():
            asyncio.run(several(times))

    return run


def calls(results, rounds, each):
    """(a): retrieve, create and apply in three styles, with the contract and without."""
    stripe.api_key = "sk_test_1"
    for style in ("StripeClient", "global", "async"):
        subjects, floors = {}, {}
        for kind in ("retrieve", "create", "apply"):
            # A world for each subject: those with more in them would be slower for that alone.
            shops = {"fake": Shop(), "fake, contract off": Shop(contract=False)}
            null = Null(shops["fake"].sample(kind))
            floor = f"{kind}, floor"
            shop = shops["fake"]
            null_client = stripe.StripeClient("sk_test_1", http_client=null)
            if style == "StripeClient":
                subjects[floor] = repeated(*shop.calls(null_client)[kind])
            elif style == "global":
                subjects[floor] = repeated(
                    *shop.global_calls()[kind], around=lambda null=null: _default(null)
                )
            else:
                subjects[floor] = repeated_async(*shop.async_calls(null_client)[kind])
            for name, one in shops.items():
                subject = f"{kind}, {name}"
                floors[subject] = floor
                if style == "async":
                    client = stripe.StripeClient("sk_test_1", http_client=stripe.HTTPXClient())
                    subjects[subject] = repeated_async(
                        *one.async_calls(client)[kind], one.session.tapped
                    )
                elif style == "global":
                    subjects[subject] = repeated(*one.global_calls()[kind], one.session.tapped)
                else:
                    client = stripe.StripeClient("sk_test_1")
                    subjects[subject] = repeated(*one.calls(client)[kind], one.session.tapped)
        results.add(f"a {style}", interleaved(subjects, rounds, each), floors)


@contextlib.contextmanager
def _default(client):
    before, stripe.default_http_client = stripe.default_http_client, client
    try:
        yield
    finally:
        stripe.default_http_client = before


def alternatives(results, rounds, each, stripe_mock=None):
    """(b): one retrieve on the fake, responses, plain vcrpy, stripe-mock and localstripe."""
    with contextlib.ExitStack() as stack:
        shop = Shop()
        exchange = shop.sample("retrieve")
        null = stripe.StripeClient("sk_test_1", http_client=Null(exchange))
        own = shop.calls(stripe.StripeClient("sk_test_1"))["retrieve"]
        subjects = {
            "floor": repeated(*shop.calls(null)["retrieve"]),
            "fake": repeated(*own, shop.session.tapped),
        }
        floors = {"fake": "floor"}
        for name, subject in _mocked(shop, exchange, own).items():
            subjects[name], floors[name] = subject, "floor"
        if stripe_mock:
            client = stripe.StripeClient("sk_test_1", base_addresses={"api": stripe_mock})
            _served(subjects, floors, "stripe-mock", client, shop.intent)
        if os.environ.get("LOCALSTRIPE"):
            url = stack.enter_context(_localstripe())
            client = stripe.StripeClient("sk_test_12345", base_addresses={"api": url})
            made = getattr(client, "v1", client).payment_intents.create(
                {"amount": 1000, "currency": "usd"}
            )
            _served(subjects, floors, "localstripe", client, made.id)
        spans = interleaved(subjects, rounds, each, clock=time.perf_counter)
        above = {name: above_floor(spans[name], spans[floor]) for name, floor in floors.items()}
        notes = {name: f"{one / above['fake']:.1f} times ours above it" for name, one in above.items()}
        results.add("b retrieve", spans, floors, notes)


def _mocked(shop, exchange, own):
    """Give the subjects that patch the HTTP library, where it is installed."""
    subjects = {}
    if importlib.util.find_spec("responses"):
        responses = importlib.import_module("responses")

        def activated(times):
            with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
                mock.add("GET", f"{API}/v1/payment_intents/{shop.intent}", body=exchange.response.body)
                repeated(*own)(times)

        subjects["responses"] = activated
    path = Path(tempfile.mkdtemp()) / "two_hundred.yaml"
    ids = recorded(path, exchange, shop.intent, 200)

    def spread(times):
        for number in range(times):
            own[0](ids[number * len(ids) // times])

    def loaded():
        return vcr.use_cassette(str(path), record_mode="none")

    subjects["vcrpy, 200 recorded, without its load"] = (loaded, spread)
    return subjects


def recorded(path, exchange, intent, size):
    """Write a cassette of one exchange over and over, each of another intent; give their ids."""
    ids = [f"pi_{number:024}" for number in range(size)]
    recording = CassetteWriter(path)
    for an_id in ids:
        request = replace(exchange.request, url=exchange.request.url.replace(intent, an_id))
        body = exchange.response.body.replace(intent.encode(), an_id.encode())
        recording.add(Exchange(request, replace(exchange.response, body=body)))
    recording.write(Provenance("fake"))
    return ids


def _served(subjects, floors, name, client, intent):
    """Add a server on this machine, and the floor of its own bytes."""
    intents = getattr(client, "v1", client).payment_intents
    body = intents.retrieve(intent).last_response

    class Answer:
        pass

    exchange = Answer()
    exchange.response = Answer()
    exchange.response.body, exchange.response.status = body.body.encode(), body.code
    exchange.response.headers = body.headers
    null = stripe.StripeClient("sk_test_1", http_client=Null(exchange))
    floor = f"{name}, its floor"
    subjects[floor] = repeated(getattr(null, "v1", null).payment_intents.retrieve, (intent,))
    subjects[name], floors[name] = repeated(intents.retrieve, (intent,)), floor


@contextlib.contextmanager
def _localstripe():
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [os.environ["LOCALSTRIPE"], "-m", "localstripe", "--port", str(port), "--from-scratch"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.closing(socket.socket()) as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def threads(results, rounds, each):
    """(h): what 8 threads get done together, on the floor and on the fake."""
    shop = Shop()
    null = stripe.StripeClient("sk_test_1", http_client=Null(shop.sample("retrieve")))

    def on_threads(number, several):
        def run(times):
            workers = [threading.Thread(target=several, args=(times // number,)) for _ in range(number)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()

        return run

    call, given = shop.calls(stripe.StripeClient("sk_test_1"))["retrieve"]

    def fake(number):
        inner = on_threads(number, repeated(call, given))

        def run(times):
            with shop.session.tapped():
                inner(times)

        return run

    floor = shop.calls(null)["retrieve"]
    subjects = {
        "floor, 1 thread": on_threads(1, repeated(*floor)),
        "floor, 8 threads": on_threads(8, repeated(*floor)),
        "fake, 1 thread": fake(1),
        "fake, 8 threads": fake(8),
    }
    floors = {"fake, 1 thread": "floor, 1 thread", "fake, 8 threads": "floor, 8 threads"}
    # Enough for each of them that to start it is nothing beside.
    spans = interleaved(subjects, rounds, 8 * each, clock=time.perf_counter)
    results.add("h threads", spans, floors)
