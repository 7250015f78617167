"""An app that doesn't come back is left after a while, wherever it hangs, and nothing of ours stays behind."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import signal
import sys
import threading
import time
import traceback
import warnings

import fastapi
import flask
import httpx
import pytest

from pytest_stripe_balance.webhooks import limit
from pytest_stripe_balance.webhooks.kinds import door_for

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette says that it likes httpx2 better
    import starlette.testclient

SHORT = 0.2
pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers")


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(limit, "SECONDS", SHORT)


def hangs(*_):
    """Hang for longer than a test waits, but not for ever."""
    until = time.monotonic() + 3
    while time.monotonic() < until:
        with contextlib.suppress(Exception):  # as apps catch what they can
            time.sleep(0.01)


async def hangs_in_the_loop(*_):
    await asyncio.sleep(3)


async def hangs_whatever_it_is_asked(*_):
    until = time.monotonic() + 1
    while time.monotonic() < until:
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            continue


def _wsgi(environ, start_response):
    start_response("200 OK", [])
    return hangs() or []


async def _asgi(scope, _receive, _send):
    if scope["type"] == "http":
        await hangs_in_the_loop()


def _flask():
    app = flask.Flask("shop")
    app.add_url_rule("/", view_func=hangs, methods=["POST"])
    return app


def _fastapi(view):
    app = fastapi.FastAPI()
    app.post("/")(view)
    return app


async def _async_view():
    await hangs_in_the_loop()


def _view_in_a_thread():
    time.sleep(1)


APPS = {
    "handler": lambda: (None, hangs),
    "async handler": lambda: (None, hangs_in_the_loop),
    "async handler that blocks the loop": lambda: (None, _async(hangs)),
    "async handler that can't be canceled": lambda: (None, hangs_whatever_it_is_asked),
    "WSGI": lambda: (_wsgi, None),
    "Flask": lambda: (_flask(), None),
    "Flask's client": lambda: (_flask().test_client(), None),
    "ASGI": lambda: (_asgi, None),
    "FastAPI": lambda: (_fastapi(_async_view), None),
    "FastAPI in a thread": lambda: (_fastapi(_view_in_a_thread), None),
    "TestClient": lambda: (starlette.testclient.TestClient(_fastapi(_async_view)), None),
    "httpx.AsyncClient": lambda: (
        httpx.AsyncClient(transport=httpx.ASGITransport(_fastapi(_async_view)), base_url="http://shop"),
        None,
    ),
}


def _async(function):
    @functools.wraps(function)
    async def called(*given):
        return function(*given)

    return called


@pytest.fixture(params=APPS)
def door(request):
    app, handler = APPS[request.param]()
    door = door_for(app, "/", handler)
    yield door
    door.close()


def test_a_hanging_app_is_left(door):
    """The error names it and the limit, and the signal's handler and the timer are as before."""
    before = signal.getsignal(signal.SIGALRM)
    began = time.monotonic()
    status, error = door.send(b"{}", {"Content-Type": "application/json"})
    assert time.monotonic() - began < 2.5
    assert status is None
    assert isinstance(error, TimeoutError)
    assert str(error) == f"{door.name} took longer than 0.2 s for one delivery"
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.parametrize("app", ["handler", "async handler", "WSGI", "Flask", "ASGI", "FastAPI"])
def test_the_traceback_shows_where_it_hung(app):
    """In the app's own code."""
    made, handler = APPS[app]()
    door = door_for(made, "/", handler)
    _, error = door.send(b"{}", {})
    names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert {"hangs", "hangs_in_the_loop"} & {*names}
    door.close()


class SlowToGo:
    """Its collection takes longer than a delivery may."""

    def __del__(self):
        until = time.monotonic() + 2 * SHORT
        while time.monotonic() < until:
            pass


def test_what_is_being_collected_goes_before_the_app_is_left():
    """Python would swallow what is raised there, and warn, which fails a test here."""

    def handle(*_):
        SlowToGo()
        hangs()

    began = time.monotonic()
    door = door_for(handler=handle)
    status, error = door.send(b"{}", {})
    assert time.monotonic() - began < 2.5
    assert (status, type(error)) == (None, TimeoutError)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    door.close()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "app", ["async handler", "ASGI", "FastAPI", "async handler that can't be canceled"]
)
async def test_it_is_left_in_a_tests_own_loop(app):
    """The loop runs on."""
    made, handler = APPS[app]()
    status, error = await door_for(made, "/", handler).send_async(b"{}", {})
    assert (status, type(error)) == (None, TimeoutError)
    await asyncio.sleep(0)


@pytest.mark.parametrize("app", ["handler", "async handler"])
def test_the_next_delivery_has_its_own_time(app):
    """After one that hung."""
    waits = iter([3, 0])

    def handle(_payload, _headers):
        time.sleep(next(waits))

    async def handle_async(_payload, _headers):
        await asyncio.sleep(next(waits))

    door = door_for(handler=handle if app == "handler" else handle_async)
    assert [door.send(b"{}", {}).status for _ in range(2)] == [None, 200]
    door.close()


def test_what_hangs_does_not_hold_the_end_up():
    """A door is closed at once, though a task of the app's goes on."""
    door = door_for(handler=hangs_whatever_it_is_asked)
    door.send(b"{}", {})
    began = time.monotonic()
    door.close()
    assert time.monotonic() - began < 0.5


def test_another_timer_is_left_alone():
    """As that of pytest-timeout: the delivery has no limit of ours then."""
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append("theirs"))
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        assert door_for(handler=lambda *_: time.sleep(0.5)).send(b"{}", {}).status == 200
        assert rung == ["theirs"]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_handler_of_the_signal_is_put_back():
    """Exactly."""

    def theirs(*_):
        pass

    before = signal.signal(signal.SIGALRM, theirs)
    try:
        door_for(handler=hangs).send(b"{}", {})
        assert signal.getsignal(signal.SIGALRM) is theirs
    finally:
        signal.signal(signal.SIGALRM, before)


def test_outside_the_main_thread_there_is_no_limit():
    """Signals reach the main thread alone."""
    replies = []
    door = door_for(handler=lambda *_: time.sleep(0.4))
    thread = threading.Thread(target=lambda: replies.append(door.send(b"{}", {})))
    thread.start()
    thread.join(5)
    assert replies == [(200, None)]


class _Tracer:
    def trace(self, *_):
        return None


@pytest.mark.parametrize("app", ["sync", "async"])
def test_whoever_debugs_has_time(app):
    """A debugger's prompt isn't cut short."""

    def handle(_payload, _headers):
        time.sleep(0.5)

    async def handle_async(_payload, _headers):
        await asyncio.sleep(0.5)

    door = door_for(handler=handle if app == "sync" else handle_async)
    before = sys.gettrace()
    sys.settrace(_Tracer().trace)
    try:
        reply = door.send(b"{}", {})
    finally:
        sys.settrace(before)
    assert reply == (200, None)
    door.close()


@pytest.mark.parametrize(
    ("module", "is_debugged"), [("coverage", False), ("coverage.pytracer", False), ("pydevd", True)]
)
def test_coverage_is_no_debugger(module, is_debugged, monkeypatch):
    """It traces, too."""
    monkeypatch.setattr(_Tracer.trace, "__module__", module)
    monkeypatch.setattr(sys, "gettrace", lambda: _Tracer().trace)
    assert limit.is_debugged() is is_debugged


def test_an_error_of_the_apps_own_is_no_hanging():
    """A TimeoutError that it raises is a 500."""

    def handle(_payload, _headers):
        raise TimeoutError("the bank's")

    status, error = door_for(handler=handle).send(b"{}", {})
    assert (status, str(error)) == (500, "the bank's")
