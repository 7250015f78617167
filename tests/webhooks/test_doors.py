"""Each kind of app gets the same delivery, and its answer is the reply."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import json
import subprocess
import sys
import traceback
import warnings
from http import HTTPStatus
from types import SimpleNamespace
from wsgiref.simple_server import demo_app

import django
import django.test
import fastapi
import flask
import httpx
import pytest
import stripe
import werkzeug.test
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path as django_path
from django.utils.functional import empty
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from pytest_stripe_balance.webhooks import signature
from pytest_stripe_balance.webhooks.kinds import door_for

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette says that it likes httpx2 better
    import starlette.testclient

SECRET = "whsec_test"
PAYLOAD = json.dumps({"id": "evt_1", "object": "event"}).encode()
NEXT = contextvars.ContextVar("next_status", default=200)


class BoomError(Exception):
    pass


def _judge(payload, header):
    """What every app below does: check the signature, then answer as the test wants."""
    event = stripe.Webhook.construct_event(payload, header, SECRET)
    assert event.id == "evt_1"
    if NEXT.get() == 0:
        raise BoomError
    return NEXT.get()


def _flask():
    app = flask.Flask("shop")

    @app.post("/hook")
    def hook():
        return "", _judge(flask.request.get_data(), flask.request.headers["Stripe-Signature"])

    app.testing = True
    return app


def _fastapi():
    app = fastapi.FastAPI()

    @app.post("/hook")
    async def hook(request: fastapi.Request):
        status = _judge(await request.body(), request.headers["stripe-signature"])
        return fastapi.Response(status_code=status)

    return app


def _starlette():
    async def hook(request):
        status = _judge(await request.body(), request.headers["stripe-signature"])
        return PlainTextResponse("", status)

    return Starlette(routes=[Route("/hook", hook, methods=["POST"])])


async def _raw_asgi(scope, receive, send):
    assert scope["type"] == "http"
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    status = _judge((await receive())["body"], headers["stripe-signature"])
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body"})


def _raw_wsgi(environ, start_response):
    payload = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start_response(f"{_judge(payload, environ['HTTP_STRIPE_SIGNATURE'])} As wanted", [])
    return [b"done"]


def _handler(payload, headers):
    return _judge(payload, headers["STRIPE-signature"])


async def _async_handler(payload, headers):
    await asyncio.sleep(0)
    return _judge(payload, headers["Stripe-Signature"])


class _Callable:
    async def __call__(self, payload, headers):
        return _judge(payload, headers["stripe-signature"])


def _django_view(request):
    assert request.content_type == "application/json"
    return HttpResponse(status=_judge(request.body, request.headers["Stripe-Signature"]))


@pytest.fixture(scope="module", autouse=True)
def _django():
    """Configure Django for these tests alone: a process has its settings once."""
    before = settings._wrapped
    settings._wrapped = empty
    settings.configure(
        ROOT_URLCONF=(django_path("hook", _django_view),),
        ALLOWED_HOSTS=["testserver"],
        DEBUG_PROPAGATE_EXCEPTIONS=True,
    )
    django.setup()
    yield
    settings._wrapped = before


def _asgi_client(app):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test")


APPS = {
    "handler": lambda: (None, _handler),
    "async handler": lambda: (None, _async_handler),
    "object with an async call": lambda: (None, _Callable()),
    "partial": lambda: (None, functools.partial(_handler)),
    "raw WSGI": lambda: (_raw_wsgi, None),
    "raw ASGI": lambda: (_raw_asgi, None),
    "Flask": lambda: (_flask(), None),
    "FastAPI": lambda: (_fastapi(), None),
    "Starlette": lambda: (_starlette(), None),
    "Django's WSGI": lambda: (get_wsgi_application(), None),
    "Django's ASGI": lambda: (get_asgi_application(), None),
    "Django's Client": lambda: (django.test.Client(), None),
    "Django's AsyncClient": lambda: (django.test.AsyncClient(), None),
    "Flask's client": lambda: (_flask().test_client(), None),
    "werkzeug's Client": lambda: (werkzeug.test.Client(_raw_wsgi), None),
    "Starlette's TestClient": lambda: (starlette.testclient.TestClient(_fastapi()), None),
    "httpx.Client": lambda: (httpx.Client(transport=httpx.WSGITransport(_flask())), None),
    "httpx.AsyncClient": lambda: (_asgi_client(_fastapi()), None),
}
ASYNC = {
    "async handler",
    "object with an async call",
    "raw ASGI",
    "FastAPI",
    "Starlette",
    "Django's ASGI",
    "Django's AsyncClient",
    "httpx.AsyncClient",
}


@pytest.fixture(params=APPS)
def kind(request):
    return request.param


@pytest.fixture
def door(kind):
    app, handler = APPS[kind]()
    door = door_for(app, "/hook", handler)
    yield door
    door.close()


def _headers():
    return signature.headers(PAYLOAD, [SECRET])


@pytest.mark.parametrize("status", [200, 204, 302, 410, 500])
def test_the_apps_answer_is_the_reply(door, status):
    """The signature holds for what arrives, and redirects aren't followed."""
    NEXT.set(status)
    assert door.send(PAYLOAD, _headers()) == (status, None)


def test_what_the_app_raises_is_in_the_reply(door):
    """As a 500, with a traceback that ends where it was raised."""
    NEXT.set(0)
    status, error = door.send(PAYLOAD, _headers())
    assert status == 500
    assert isinstance(error, BoomError)
    assert traceback.extract_tb(error.__traceback__)[-1].name == "_judge"


def _quiet_flask():
    app = _flask()
    app.testing = False
    return app


SWALLOWING = {
    "Flask's client": lambda: _quiet_flask().test_client(),
    "Flask's app": _quiet_flask,
    "httpx at Flask's app": lambda: httpx.Client(transport=httpx.WSGITransport(_quiet_flask())),
    "Django's Client": lambda: django.test.Client(raise_request_exception=False),
    "Django's AsyncClient": lambda: django.test.AsyncClient(raise_request_exception=False),
    "Django's WSGI": get_wsgi_application,
    "Django's ASGI": get_asgi_application,
}


@pytest.mark.parametrize("make", SWALLOWING.values(), ids=SWALLOWING)
def test_what_a_framework_makes_a_500_of_is_in_the_reply(make, monkeypatch):
    """Flask does so without `app.testing`, and Django at a server."""
    monkeypatch.setattr(settings, "DEBUG_PROPAGATE_EXCEPTIONS", False)
    NEXT.set(0)
    door = door_for(make(), "/hook")
    status, error = door.send(PAYLOAD, _headers())
    door.close()
    assert status == 500
    assert isinstance(error, BoomError)
    NEXT.set(500)
    assert door.send(PAYLOAD, _headers()) == (500, None), "the app's own answer is no error"
    door.close()


def test_a_door_sends_again_and_again(door):
    """In one loop, if it needs one."""
    NEXT.set(200)
    assert [door.send(PAYLOAD, _headers()).status for _ in range(3)] == [200, 200, 200]


@pytest.mark.asyncio
async def test_a_test_in_a_loop_awaits_the_reply(door):
    """In the loop that runs."""
    NEXT.set(202)
    async with door:
        assert await door.send_async(PAYLOAD, _headers()) == (202, None)
        NEXT.set(0)
        status, error = await door.send_async(PAYLOAD, _headers())
    assert (status, type(error)) == (500, BoomError)


@pytest.mark.asyncio
async def test_in_a_running_loop_an_async_app_is_awaited(kind, door):
    """Its `send` names the way out; a sync app's works."""
    NEXT.set(200)
    assert door.is_async == (kind in ASYNC)
    if door.is_async:
        with pytest.raises(RuntimeError, match=r"needs the running event loop: `await .*deliver_async"):
            door.send(PAYLOAD, _headers())
    else:
        assert door.send(PAYLOAD, _headers()).status == 200


@pytest.mark.parametrize(
    "stop", [KeyboardInterrupt, SystemExit, pytest.skip.Exception, pytest.fail.Exception]
)
@pytest.mark.parametrize("app", ["handler", "async handler", "raw WSGI", "raw ASGI", "Flask", "FastAPI"])
def test_what_ends_a_test_or_a_run_passes_through(app, stop, monkeypatch):
    """It is no answer of the app's."""

    def stops(*_):
        raise stop

    monkeypatch.setitem(globals(), "_judge", stops)
    app, handler = APPS[app]()
    door = door_for(app, "/hook", handler)
    with pytest.raises(stop):
        door.send(PAYLOAD, _headers())
    door.close()


@pytest.mark.parametrize("handler", [_handler, _async_handler])
def test_a_traceback_begins_in_the_app(handler):
    """Our own frames aren't shown."""
    NEXT.set(0)
    door = door_for(handler=handler)
    _, error = door.send(PAYLOAD, _headers())
    assert [frame.name for frame in traceback.extract_tb(error.__traceback__)] == [
        handler.__name__,
        "_judge",
    ]
    door.close()


@pytest.mark.parametrize(
    ("returned", "status"), [(None, 200), (204, 204), (HTTPStatus.CONFLICT, 409), (599, 599)]
)
def test_a_handler_returns_a_status_or_nothing(returned, status):
    """Nothing is 200."""
    assert door_for(handler=lambda _payload, _headers: returned).send(b"{}", {}) == (status, None)


@pytest.mark.parametrize("returned", ["200", True, 99, 600, (200, "ok"), 200.0, object()])
def test_anything_else_from_a_handler_is_an_error_that_says_so(returned):
    """It counts as a failure of the app's."""
    status, error = door_for(handler=lambda _payload, _headers: returned).send(b"{}", {})
    assert (status, type(error)) == (500, TypeError)
    assert "returns an HTTP status, or None for 200" in str(error)


def test_a_handler_that_hides_a_coroutine_is_told_of():
    """Nobody would await it."""
    _, error = door_for(handler=lambda payload, headers: _async_handler(payload, headers)).send(
        b"{}", {}
    )
    assert "define it by `async def`" in str(error)


@pytest.mark.parametrize("app", ["handler", "async handler", "raw WSGI", "raw ASGI"])
def test_what_an_app_sets_in_its_context_stays_there(app, monkeypatch):
    """It reaches neither the test nor the next delivery, as with a server."""
    seen = []

    def sets(*_):
        seen.append(NEXT.get())
        NEXT.set(599)
        return 200

    monkeypatch.setitem(globals(), "_judge", sets)
    NEXT.set(201)
    app, handler = APPS[app]()
    door = door_for(app, "/hook", handler)
    for _ in range(2):
        assert door.send(PAYLOAD, _headers()).status == 200
    door.close()
    assert seen == [201, 201]
    assert NEXT.get() == 201


SHOP = """
import sys
import django, django.test
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
from pytest_stripe_balance.webhooks.kinds import door_for

def count():
    with connection.cursor() as cursor:
        return cursor.execute("select count(*) from orders").fetchone()[0]

def hook(request):
    connection.cursor().execute("insert into orders values (1)")
    return HttpResponse(status=200 + count())

settings.configure(
    ROOT_URLCONF=(path("hook", hook),),
    ALLOWED_HOSTS=["testserver"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}},
)
django.setup()
from django.db import connection, transaction
connection.cursor().execute("create table orders (id int)")
for make in (django.test.Client, get_wsgi_application):
    with transaction.atomic():
        door = door_for(make(), "/hook")
        print([door.send(b"{}", {"Content-Type": "application/json"}).status for _ in range(2)], count())
        transaction.set_rollback(True)
"""


def test_the_transaction_of_a_test_stays_open(tmp_path):
    """Django closes old connections round a request, but the test's own stays, with what is in it."""
    ran = subprocess.run(
        [sys.executable, "-c", SHOP, tmp_path / "database"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.stdout.splitlines() == ["[201, 202] 2"] * 2, ran.stderr


BAD = {
    "nothing": (None, TypeError, "isn't an app"),
    "a number": (7, TypeError, "isn't an app"),
    "a factory": (_flask, TypeError, "a URL on this machine, a WSGI or ASGI app, or a test client"),
    "a class": (flask.Flask, TypeError, "isn't an app"),
    "an async handler": (_async_handler, TypeError, r"handler\(payload, headers\) is given as handler="),
    "a client of another form": (SimpleNamespace(post=lambda url: url), TypeError, "isn't an app"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_app_is_refused_where_it_is_given(case):
    """The message names what is taken."""
    app, kind, said = BAD[case]
    with pytest.raises(kind, match=said):
        door_for(app, "/hook")


def test_a_path_begins_with_a_slash():
    """The message shows the path."""
    with pytest.raises(ValueError, match="path='hook' doesn't begin with"):
        door_for(demo_app, "hook")


@pytest.mark.parametrize("handler", [lambda: None, lambda _payload: None, 7, "shop.handle"])
def test_a_handler_takes_two_arguments(handler):
    """It is told where it is given."""
    with pytest.raises(TypeError, match=r"handler\(payload: bytes, headers\) returns"):
        door_for(handler=handler)


def test_an_endpoint_has_one_app():
    """An app and a handler together are two."""
    with pytest.raises(TypeError, match="one of them"):
        door_for(_raw_wsgi, "/", _handler)


@pytest.mark.parametrize("make", [_flask, _fastapi, _starlette])
def test_a_query_and_a_letter_that_is_written_as_percent_arrive(make):
    """The path is decoded, the query isn't part of it."""
    NEXT.set(203)
    door = door_for(make(), "/h%6Fok?tenant=1")
    assert door.send(PAYLOAD, _headers()).status == 203
    door.close()


def test_a_redirect_is_not_followed_by_a_client_that_follows():
    """Stripe doesn't follow one."""

    def answer(request):
        return (
            httpx.Response(302, headers={"Location": "/other"}) if request.url.path == "/hook" else None
        )

    client = httpx.Client(transport=httpx.MockTransport(answer), follow_redirects=True)
    assert door_for(client, "/hook").send(PAYLOAD, _headers()) == (302, None)


def test_a_client_that_reaches_nobody_has_no_status():
    """It is no error of the app's."""

    def answer(request):
        raise httpx.ConnectError("nobody there", request=request)

    status, error = door_for(httpx.Client(transport=httpx.MockTransport(answer))).send(
        PAYLOAD, _headers()
    )
    assert (status, type(error)) == (None, httpx.ConnectError)
