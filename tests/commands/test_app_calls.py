"""`calls --in`: what an app asks Stripe, told from its source."""

import json
from textwrap import dedent

import pytest
import stripe
from majors import v1

from pytest_stripe_balance.commands import cli

HAS_V1 = v1(client := stripe.StripeClient("sk_test_1")) is not client
WIDEST = 80


@pytest.fixture
def told(tmp_path, monkeypatch, capsys):
    """Ask of an app with some files, each by its name; give the result as JSON has it."""
    monkeypatch.chdir(tmp_path)

    def told(**files):
        for name, text in files.items():
            path = tmp_path / "src" / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), "utf-8")
        told.code = cli.main(["calls", "--in", "src", "--format", "json"])
        return json.loads(capsys.readouterr().out)

    return told


def calls(found):
    return [one["call"] for one in found["calls"]]


INTENTS, CUSTOMERS = "POST /v1/payment_intents", "POST /v1/customers"
CONFIRM = "POST /v1/payment_intents/{intent}/confirm"
WRITTEN = {
    "the module": ("import stripe\nstripe.PaymentIntent.create()", INTENTS),
    "an alias of it": ("import stripe as s\ns.Customer.create()", CUSTOMERS),
    "a resource by its name": ("from stripe import Customer as C\nC.create()", CUSTOMERS),
    "a namespace": ("import stripe\nstripe.checkout.Session.create()", "POST /v1/checkout/sessions"),
    "a namespace by its name": (
        "from stripe.checkout import Session\nSession.create()",
        "POST /v1/checkout/sessions",
    ),
    "an import in a function": ("def f():\n    import stripe\n    stripe.Customer.create()", CUSTOMERS),
    "async": (
        "import stripe\nasync def f():\n    await stripe.PaymentIntent.confirm_async('pi_1')",
        CONFIRM,
    ),
    "a nested resource": (
        "import stripe\nstripe.Customer.create_balance_transaction('cus_1', amount=1)",
        "POST /v1/customers/{}/balance_transactions",
    ),
    "what is handed on": (
        "import asyncio, stripe\nasyncio.to_thread(stripe.Customer.create, name='Ada')",
        CUSTOMERS,
    ),
    "an object that was made": (
        "import stripe\nintent = stripe.PaymentIntent.retrieve('pi_1')\nintent.confirm()",
        ["GET /v1/payment_intents/{intent}", CONFIRM],
    ),
    "an object with an annotation": (
        "import stripe\ndef f(x: 'stripe.PaymentIntent | None'):\n    x.confirm()",
        CONFIRM,
    ),
    "an object in one expression": (
        "import stripe\nstripe.Customer.retrieve('cus_1').delete()",
        ["DELETE /v1/customers/{customer}", "GET /v1/customers/{customer}"],
    ),
    "a client": (
        "from stripe import StripeClient\nclient = StripeClient('k')\nclient.customers.create({})",
        CUSTOMERS,
    ),
    "a client as an attribute": (
        """
        import stripe
        class Shop:
            def __init__(self, key):
                self.api = stripe.StripeClient(key)
            def pay(self):
                self.api.payment_intents.create({})
        """,
        INTENTS,
    ),
    "a client as a parameter": (
        "import stripe\ndef f(api: stripe.StripeClient):\n    api.customers.create({})",
        CUSTOMERS,
    ),
    "a client of a function": (
        "import stripe\ndef api():\n    return stripe.StripeClient('k')\napi().customers.create({})",
        CUSTOMERS,
    ),
    "a client in a with block": (
        "import stripe\nwith stripe.StripeClient('k') as api:\n    api.customers.create({})",
        CUSTOMERS,
    ),
    "the module of a function": (
        "import stripe\ndef get():\n    return stripe\nget().Customer.create()",
        CUSTOMERS,
    ),
    "a name with stripe in it": ("def f(stripe_api):\n    stripe_api.customers.create({})", CUSTOMERS),
    "a choice": (
        "import stripe\ndef f(a=None):\n    x = a or stripe.StripeClient('k')\n    x.customers.create({})",
        CUSTOMERS,
    ),
    "a raw request": (
        "import stripe\nstripe.StripeClient('k').raw_request('post', f'/v1/customers/{1}')",
        "POST /v1/customers/{customer}",
    ),
    "a raw request of the module": (
        "import stripe\nstripe.raw_request('get', '/v1/payouts?limit=1')",
        "GET /v1/payouts",
    ),
    "pages": (
        "import stripe\nfor one in stripe.Customer.list().auto_paging_iter(): pass",
        "GET /v1/customers",
    ),
}
if HAS_V1:
    WRITTEN["a client's v1"] = (
        "import stripe\nc = stripe.StripeClient('k')\nc.v1.payment_intents.confirm('pi_1')",
        CONFIRM,
    )


@pytest.mark.parametrize(("text", "call"), WRITTEN.values(), ids=WRITTEN)
def test_a_call_is_found_however_it_is_written(told, text, call):
    """Through imports, aliases, clients, annotations and what was assigned."""
    found = told(app=text)
    assert (calls(found), found["unclear"]) == ([call] if isinstance(call, str) else call, [])


NO_CALL = [
    "import stripe\nstripe.Webhook.construct_event(b'', 't=1', 'whsec_1')",
    "import stripe\nstripe.api_key = 'sk_test_1'",
    "import stripe\nstripe.Customer.construct_from({}, 'k')",
    "import stripe\ndef f(x: stripe.Customer) -> stripe.Customer: return x",
    "import stripe\ntry: pass\nexcept stripe.error.CardError: pass",
    "from app import Customer\nCustomer.create()",
    "import httpx\nclient = httpx.Client()\nclient.customers.create({})",
    "from unittest.mock import patch\npatch('stripe.Customer.create')",
]


@pytest.mark.parametrize("text", NO_CALL)
def test_what_asks_stripe_nothing_is_not_found(told, text):
    """An app in which nothing is found ends with 2, as for a folder that isn't the app's."""
    found = told(app=text)
    assert (found["calls"], found["unclear"], told.code) == ([], [], 2)


FROM_FILE_TO_FILE = {
    "a module's variable": (
        "import stripe\napi = stripe.StripeClient('k')",
        "from .base import api\napi.customers.create({})",
    ),
    "stripe itself": ("import stripe", "from .base import stripe\nstripe.Customer.create()"),
    "an attribute": (
        "import stripe\nclass Base:\n    def __init__(self):\n        self.api = stripe.StripeClient('k')",
        "from .base import Base\nclass B(Base):\n    def f(self): self.api.customers.create({})",
    ),
    "a function": (
        "import stripe\ndef client() -> stripe.StripeClient: ...",
        "from . import base\nbase.client().customers.create({})",
    ),
}


@pytest.mark.parametrize(("base", "user"), FROM_FILE_TO_FILE.values(), ids=FROM_FILE_TO_FILE)
@pytest.mark.parametrize("names", [("base", "user"), ("z__base", "a__user")])
def test_what_one_file_passes_on_is_known_in_another(told, base, user, names):
    """Whichever is read first."""
    found = told(**dict(zip(names, (base, user), strict=True)))
    assert [(one["call"], one["file"]) for one in found["calls"]] == [
        (CUSTOMERS, f"src/{names[1].replace('__', '/')}.py")
    ]


UNCLEAR = {
    "an object of no known class": (
        "import stripe\ndef f(intent):\n    intent.confirm()",
        "intent.confirm",
        "the class of the object isn't known here",
    ),
    "a computed name": (
        "import stripe\ngetattr(stripe, kind).create()",
        "getattr(stripe, kind)",
        "the name is made while the app runs",
    ),
    "a computed path": (
        "import stripe\nclient = stripe.StripeClient('k')\nclient.raw_request('get', path)",
        "client.raw_request",
        "its path is made while the app runs",
    ),
    "a resource that is gone": (
        "import stripe\nstripe.Order.create()",
        "stripe.Order.create",
        "has no stripe.Order",
    ),
    "a method that is gone": (
        "import stripe\nstripe.Subscription.delete('sub_1')",
        "stripe.Subscription.delete",
        "has no stripe.Subscription.delete",
    ),
    "another HTTP client": (
        "import requests\nrequests.get('https://api.stripe.com/v1/customers?limit=1')",
        "https://api.stripe.com/v1/customers",
        "it goes to Stripe without stripe-python",
    ),
    "a file that can't be read": (
        "import stripe\nif True print",
        "invalid syntax",
        "can't read the file",
    ),
}


@pytest.mark.parametrize(("text", "name", "why"), UNCLEAR.values(), ids=UNCLEAR)
def test_what_cannot_be_told_is_named_with_the_reason(told, text, name, why):
    """So that nobody takes it for a call that is modelled, or for none."""
    (unclear,) = told(app=text)["unclear"]
    assert why in unclear["why"]
    assert name in unclear["name"]
    assert told.code == 0


@pytest.mark.parametrize(
    ("text", "gaps", "unknown"),
    [
        ("stripe.Customer.create(name=n, balance=1, test_clock=t)", ["balance=1", "test_clock"], []),
        ("stripe.Customer.create(colour='blue')", [], ["colour"]),
        ("stripe.Customer.create(**{'balance': x}, **more)", ["balance"], []),
        ("stripe.PaymentMethod.create(type='klarna')", ["type='klarna'"], []),
        ("stripe.PaymentIntent.create(capture_method=method)", [], []),
        (
            "stripe.PaymentIntent.create(payment_method_data={'type': 'klarna', 'klarna': k})",
            ["payment_method_data[type]='klarna'", "payment_method_data[klarna]"],
            [],
        ),
        ("stripe.Customer.modify('cus_1', api_key=k, idempotency_key=i, expand=['tax'])", [], []),
        ("stripe.PaymentIntent.confirm(intent='pi_1', stripe_account=a)", [], []),
        ("stripe.Customer.modify('cus_1', max_network_retries=0, headers=h, content_type=c)", [], []),
        ("stripe.StripeClient(k).customers.create({'name': n, 'balance': 1})", ["balance=1"], []),
        (
            "stripe.StripeClient(k).customers.update(i, params={'balance': t}, options=o)",
            ["balance"],
            [],
        ),
    ],
)
def test_literal_parameters_are_compared_too(told, text, gaps, unknown):
    """Names and literal values that the fake doesn't model, or that Stripe doesn't document."""
    found = told(app=f"import stripe\n{text}")
    (call,) = found["calls"]
    # A number is no word of Stripe's, so only its name is shown.
    assert (call["gaps"], call["unknown"]) == ([gap.replace("=1", "") for gap in gaps], unknown)
    assert told.code == int(bool(gaps or unknown))


PAGE = """
import stripe
params = {"mode": "payment", "line_items": [], "success_url": url}
"""
SPREAD = {
    "a dict": ('params["discounts"] = []\nS(**params)', ["discounts"]),
    "a hash of it": ('params["invoice_creation"] = {"enabled": True}\nS(**params)', ["invoice_creation[enabled]"]),
    "an update": ('params.update({"discounts": []}, shipping_options=s)\nS(**params)', ["discounts", "shipping_options"]),
    "a default": ('params.setdefault("discounts", [])\nS(**params)', ["discounts"]),
    "a union": ('more = params | {"discounts": []}\nS(**more)', ["discounts"]),
    "an added dict": ("params |= dict(discounts=[])\nS(**params)", ["discounts"]),
    "a dict in a dict": ('S(**{**params, "discounts": []})', ["discounts"]),
    "a branch": ('if sale:\n    params = {"discounts": []}\nS(**params)', ["discounts"]),
    "a function": ('def f():\n    mine = params.copy()\n    mine["discounts"] = []\n    S(**mine)', ["discounts"]),
    "a hash by its name": ('made = {"enabled": True}\nS(**params, invoice_creation=made)', ["invoice_creation[enabled]"]),
    "what is handed on": ("call(stripe.checkout.Session.create, discounts=[], **params)", ["discounts"]),
    "a raw request": ('client = stripe.StripeClient(k)\nclient.raw_request("post", "/v1/checkout/sessions", discounts=[])', ["discounts"]),
    "a client's dict": ('stripe.StripeClient(k).checkout.sessions.create({**params, "discounts": []})', ["discounts"]),
    "a client's dict by its name": ('params["discounts"] = []\nstripe.StripeClient(k).checkout.sessions.create(params)', ["discounts"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "gaps"), SPREAD.values(), ids=SPREAD)
def test_a_dict_that_was_made_before_is_read(told, text, gaps):
    """With what was added to it until the call."""
    found = told(app=PAGE + text.replace("S(", "stripe.checkout.Session.create("))
    ((call,), unclear) = found["calls"], found["unclear"]
    assert ([gap.partition("=")[0] for gap in call["gaps"]], unclear) == (gaps, [])


UNTOLD = {
    "another's dict": "def f(given):\n    S(**given)",
    "a dict and another's": "S(**params, **more)",
    "a function's": "params.update(more())\nS(**params)",
    "a computed key": "params[key] = value\nS(**params)",
    "a loop's": "for params in pages:\n    S(**params)",
    "a hash": "S(**params, invoice_creation=made())",
    "an array's item": 'params["line_items"].append(line)\nS(**params)',
    "a client's": "stripe.StripeClient(k).checkout.sessions.create(made())",
}


@pytest.mark.parametrize("text", UNTOLD.values(), ids=UNTOLD)
def test_parameters_that_cannot_be_read_are_not_said_to_be_modelled(told, text):
    """They are counted with what can't be told; a plain value that can't be read hides nothing."""
    found = told(app=PAGE + text.replace("S(", "stripe.checkout.Session.create("))
    (unclear,) = found["unclear"]
    assert (found["calls"], unclear["why"]) == (
        [],
        "a part of its parameters is made while the app runs",
    )
    plain = told(app=PAGE + "stripe.checkout.Session.create(**params, customer=given)")
    assert [one["is_modelled"] for one in plain["calls"]] == [True]


def test_what_is_added_after_the_call_is_not_sent(told):
    """Neither a parameter, nor an item of one."""
    made = "stripe.checkout.Session.create(**params)"
    later = "params['discounts'] = []\nparams['line_items'].append(line)"
    found = told(app=f"{PAGE}{made}\n{later}")
    assert [one["is_modelled"] for one in found["calls"]] == [True]
    assert found["unclear"] == []


def test_nothing_of_the_app_is_imported(told):
    """A file that would end the process is read as any other."""
    found = told(app="raise SystemExit(7)\nimport stripe\nstripe.Customer.create()")
    assert (calls(found), told.code) == ([CUSTOMERS], 0)


def test_environments_and_hidden_folders_are_left_out(told, tmp_path):
    """What was installed isn't the app."""
    text = "import stripe\nstripe.Customer.create()"
    found = told(
        app=text,
        **{f"{name}__x": text for name in ("venv", ".hidden", "node_modules", "e")},
    )
    assert len(calls(found)) == 3
    (tmp_path / "src" / "venv" / "pyvenv.cfg").touch()
    assert {one["file"] for one in told()["calls"]} == {"src/app.py", "src/e/x.py"}


def test_a_call_of_the_api_v2_is_not_said_to_want_a_stub(told, capsys):
    """No stub can answer it."""
    told(app="import stripe\nstripe.StripeClient(k).v2.core.events.retrieve('evt_1')")
    assert cli.main(["calls", "--in", "src"]) == 1
    text = capsys.readouterr().out
    assert "Not modelled, of the API v2: no stub can answer" in text
    assert "want a stub" not in text
    assert max(map(len, text.splitlines())) <= WIDEST


def test_the_text_has_a_summary_first_and_fits_a_screen(told, capsys):
    """Then each call with its places: what isn't modelled before what is."""
    deep = "a_long_name_of_a_folder__another_long_name__and_a_third"
    told(
        app="import stripe\nstripe.Customer.create()\nstripe.Customer.create(balance=1)",
        **{deep: "import stripe\nstripe.Topup.create()\ndef f(intent): intent.confirm()"},
    )
    assert cli.main(["calls", "--in", "src"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:5] == [
        "3 calls of stripe-python in 2 files of src",
        "  1  modelled (1 different call)",
        "  1  modelled, but not all that is sent",
        "  1  not modelled (1 different call)",
        "  1  more that can't be told",
    ]
    assert [line for line in lines if line and not line.startswith(" ")][1:] == [
        "Not modelled: they want a stub (stripe_stubs)",
        "Modelled, but not all that is sent",
        "Can't be told",
        "Modelled",
    ]
    assert "    src/app.py:3  stripe.Customer.create" in lines
    assert "      the fake does not model balance" in lines
    assert max(map(len, lines)) <= WIDEST


def test_a_path_that_is_not_there_is_told(capsys):
    """As bad input."""
    assert cli.main(["calls", "--in", "nowhere"]) == 2
    assert "calls: nowhere is no file and no folder" in capsys.readouterr().err
