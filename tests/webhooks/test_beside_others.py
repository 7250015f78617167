"""A delivery while the fake is open, and while others change the clock or guard sockets."""

from __future__ import annotations

import asyncio
import json
import warnings

import fastapi
import flask
import httpx
import pytest
import stripe
import time_machine
from freezegun import freeze_time
from pytest_socket import SocketBlockedError, disable_socket, enable_socket

from pytest_stripe_balance.webhooks import limit, signature
from pytest_stripe_balance.webhooks.kinds import door_for

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette says that it likes httpx2 better
    import starlette.testclient

HEADERS = {"Content-Type": "application/json"}


def _name_of(payload):
    return stripe.Customer.retrieve(json.loads(payload)["customer"]).name


def _flask(seen):
    app = flask.Flask("shop")

    @app.post("/hook")
    def hook():
        seen.append(_name_of(flask.request.get_data()))
        return ""

    app.testing = True
    return app


def _fastapi(seen):
    app = fastapi.FastAPI()

    @app.post("/hook")
    async def hook(request: fastapi.Request):
        seen.append(_name_of(await request.body()))

    return app


ASGI, WSGI = httpx.ASGITransport, httpx.WSGITransport
APPS = {
    "handler": lambda seen: (None, lambda payload, _headers: seen.append(_name_of(payload))),
    "WSGI": lambda seen: (_flask(seen), None),
    "ASGI": lambda seen: (_fastapi(seen), None),
    "Flask's client": lambda seen: (_flask(seen).test_client(), None),
    "TestClient": lambda seen: (starlette.testclient.TestClient(_fastapi(seen)), None),
    "httpx.Client": lambda seen: (httpx.Client(transport=WSGI(_flask(seen))), None),
    "httpx.AsyncClient": lambda seen: (
        httpx.AsyncClient(transport=ASGI(_fastapi(seen)), base_url="http://shop"),
        None,
    ),
}


@pytest.mark.parametrize("kind", APPS)
def test_a_handler_calls_stripe_while_the_fake_is_open(kind, stripe_balance):
    """The delivery passes, and the call is answered."""
    seen = []
    app, handler = APPS[kind](seen)
    door = door_for(app, "/hook", handler)
    payload = json.dumps({"customer": stripe_balance.customer(name="Ada").id}).encode()
    assert door.send(payload, HEADERS) == (200, None)
    assert seen == ["Ada"]
    door.close()


async def _quick(_payload, _headers):
    await asyncio.sleep(0)


def test_a_frozen_clock_stops_no_delivery():
    """The signature has its time, as construct_event has."""
    with freeze_time("2020-01-01"):
        door = door_for(handler=_quick)
        assert door.send(b"{}", HEADERS) == (200, None)
        door.close()
        assert signature.header(b"{}", ["whsec_test"]).startswith("t=1577836800,")
    with time_machine.travel("2021-01-01T00:00:00Z", tick=False):
        assert signature.header(b"{}", ["whsec_test"]).startswith("t=1609459200,")


def test_a_frozen_clock_stops_no_time_limit(monkeypatch):
    """Though the loop's own clock stands still."""
    monkeypatch.setattr(limit, "SECONDS", 0.1)

    async def hangs(_payload, _headers):
        await asyncio.Event().wait()

    with freeze_time("2020-01-01"):
        door = door_for(handler=hangs)
        status, error = door.send(b"{}", HEADERS)
        door.close()
    assert (status, type(error)) == (None, TimeoutError)


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_a_guarded_socket_is_an_error_of_the_delivery():
    """As pytest-socket guards it."""
    disable_socket()
    try:
        status, error = door_for("http://127.0.0.1:8000").send(b"{}", HEADERS)
    finally:
        enable_socket()
    assert (status, type(error)) == (None, SocketBlockedError)
