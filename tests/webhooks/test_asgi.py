"""What a server does for an ASGI or WSGI app beside calling it."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import sys

import fastapi
import pytest
from fastapi.responses import StreamingResponse

from pytest_stripe_balance.webhooks import limit
from pytest_stripe_balance.webhooks.door import BODY_BYTES
from pytest_stripe_balance.webhooks.kinds import door_for

HEADERS = {"Content-Type": "application/json"}


class BoomError(Exception):
    pass


def _shop(told, *, fails_at=None):
    @contextlib.asynccontextmanager
    async def lifespan(_app):
        told.append("start-up")
        if fails_at == "start-up":
            raise BoomError("no database")
        yield {"stock": [1, 2]}
        told.append("shutdown")
        if fails_at == "shutdown":
            raise BoomError("no end")

    app = fastapi.FastAPI(lifespan=lifespan)

    @app.post("/hook")
    async def hook(request: fastapi.Request):
        told.append(sum(request.state.stock))

    return app


def test_the_lifespan_is_open_over_all_deliveries():
    """It begins before the first, and ends when the door is closed."""
    told = []
    door = door_for(_shop(told), "/hook")
    assert told == []
    assert [door.send(b"{}", HEADERS).status for _ in range(2)] == [200, 200]
    assert told == ["start-up", 3, 3]
    door.close()
    assert told == ["start-up", 3, 3, "shutdown"]
    door.close()


def test_a_door_that_sent_nothing_starts_nothing():
    """Nor ends it."""
    told = []
    door_for(_shop(told), "/hook").close()
    assert told == []


@pytest.mark.asyncio
async def test_in_a_tests_loop_it_is_open_for_a_block():
    """From the first delivery in it; without a block, for each."""
    told = []
    door = door_for(_shop(told), "/hook")
    async with door:
        assert told == []
        await door.send_async(b"{}", HEADERS)
        await door.send_async(b"{}", HEADERS)
    assert told == ["start-up", 3, 3, "shutdown"]
    await door.send_async(b"{}", HEADERS)
    assert told[4:] == ["start-up", 3, "shutdown"]
    door.close()


def test_a_start_up_that_fails_is_told_at_each_delivery():
    """With its error."""
    told = []
    door = door_for(_shop(told, fails_at="start-up"), "/hook")
    for _ in range(2):
        status, error = door.send(b"{}", HEADERS)
        assert status is None
        assert "the start-up of fastapi.applications.FastAPI at /hook failed: " in str(error)
        assert "no database" in str(error)
        assert isinstance(error.__cause__, BoomError)
    assert told == ["start-up"]
    door.close()


def test_a_shutdown_that_fails_is_told():
    """When the door is closed, with its error."""
    door = door_for(_shop([], fails_at="shutdown"), "/hook")
    door.send(b"{}", HEADERS)
    with pytest.raises(RuntimeError, match=r"the shutdown of .* failed: .*no end") as told:
        door.close()
    assert isinstance(told.value.__cause__, BoomError)


@pytest.mark.parametrize("how", ["raises", "returns"])
def test_an_app_without_a_lifespan_goes_without(how):
    """As with uvicorn."""

    async def app(scope, _receive, send):
        if scope["type"] == "lifespan":
            if how == "raises":
                raise BoomError
            return
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    door = door_for(app)
    assert door.send(b"{}", HEADERS) == (200, None)
    door.close()


@pytest.mark.parametrize("at", ["start-up", "shutdown"])
def test_a_lifespan_that_hangs_has_an_end(at, monkeypatch):
    """It is told as such."""
    monkeypatch.setattr(limit, "SECONDS", 0.1)

    async def app(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body"})
            return
        await receive()
        if at == "shutdown":
            await send({"type": "lifespan.startup.complete"})
        await asyncio.sleep(5)

    door = door_for(app)
    status, error = door.send(b"{}", HEADERS)
    if at == "start-up":
        assert (status, type(error)) == (None, TimeoutError)
        assert "the start-up of" in str(error)
        door.close()
    else:
        assert status == 200
        with pytest.raises(RuntimeError, match=r"the shutdown of .* took longer than 0\.1 s"):
            door.close()


def _answering(view):
    app = fastapi.FastAPI()
    app.post("/")(view)
    return app


async def _endless():
    while True:
        yield b"x" * 10_000


def _endless_sync():
    while True:
        yield b"x" * 10_000


async def _slow():
    while True:
        yield b"x"
        await asyncio.sleep(0.01)


async def _breaks():
    yield b"x"
    raise BoomError


async def _sends_without_a_pause(scope, _receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200})
        while True:
            await send({"type": "http.response.body", "body": b"", "more_body": True})


def _answers(*messages, then=None):
    async def app(scope, _receive, send):
        if scope["type"] == "http":
            for message in messages:
                await send(message)
            if then is not None:
                raise then

    return app


START = {"type": "http.response.start", "status": 202}
END = {"type": "http.response.body", "body": b"ok"}
ASGI = {
    "1 MB": (_answers(START, {**END, "body": b"x" * 1_000_000}), 202, None),
    "10 MB": (_answers(START, {**END, "body": b"x" * 10_000_000}), 202, None),
    "endless": (_answering(lambda: StreamingResponse(_endless())), 200, None),
    "endless from a thread": (_answering(lambda: StreamingResponse(_endless_sync())), 200, None),
    "slow and endless": (_answering(lambda: StreamingResponse(_slow())), None, TimeoutError),
    "endless and empty": (_sends_without_a_pause, None, TimeoutError),
    "breaks in its body": (_answering(lambda: StreamingResponse(_breaks())), 500, BoomError),
    "nothing": (_answers(), 500, RuntimeError),
    "no body": (_answers(START), None, RuntimeError),
    "body without a status": (_answers(END), 500, RuntimeError),
    "raises after its answer": (_answers(START, END, then=BoomError()), 202, BoomError),
    "raises inside its answer": (_answers(START, then=BoomError()), 500, BoomError),
}


@pytest.mark.parametrize("case", ASGI)
def test_each_answer_of_an_asgi_app_has_an_end(case, monkeypatch):
    """A status that was complete stands, whatever the app does afterwards."""
    monkeypatch.setattr(limit, "SECONDS", 0.5)
    app, expected, kind = ASGI[case]
    door = door_for(app)
    status, error = door.send(b"{}", HEADERS)
    assert (status, type(error) if error else None) == (expected, kind)
    door.close()


def test_work_after_the_answer_is_waited_for():
    """As background tasks are."""
    done = []
    app = fastapi.FastAPI()

    @app.post("/")
    async def hook(tasks: fastapi.BackgroundTasks):
        tasks.add_task(done.append, "mail")

    door = door_for(app)
    assert door.send(b"{}", HEADERS).status == 200
    assert done == ["mail"]
    door.close()


def test_a_client_stays_until_it_has_its_answer():
    """An app that listens hears of the end only then."""
    heard = []

    async def app(scope, receive, send):
        if scope["type"] == "http":
            heard.append((await receive())["type"])
            leaves = asyncio.ensure_future(receive())
            await asyncio.sleep(0.01)
            assert not leaves.done()
            await send(START)
            await send(END)
            heard.append((await leaves)["type"])

    door = door_for(app)
    assert door.send(b"{}", HEADERS).status == 202
    assert heard == ["http.request", "http.disconnect"]
    door.close()


class Body:
    """A WSGI app's answer, which tells whether it was closed."""

    def __init__(self, parts, closing=None):
        self.parts = iter(parts)
        self.is_closed = False
        self.closing = closing

    def __iter__(self):
        return self.parts

    def close(self):
        self.is_closed = True
        if self.closing is not None:
            raise self.closing


def _fails_halfway():
    yield b"x"
    raise BoomError


WSGI = {
    "1 MB": (lambda: Body([b"x" * 1_000_000]), 200, None),
    "10 MB": (lambda: Body([b"x" * 10_000_000]), 200, None),
    "endless": (lambda: Body(_endless_sync()), 200, None),
    "endless and empty": (lambda: Body(iter(bytes, None)), None, TimeoutError),
    "breaks in its body": (lambda: Body(_fails_halfway()), 500, BoomError),
    "breaks at its end": (lambda: Body([b""], BoomError()), 200, BoomError),
}


@pytest.mark.parametrize("case", WSGI)
def test_each_answer_of_a_wsgi_app_has_an_end(case, monkeypatch):
    """And its body is closed."""
    monkeypatch.setattr(limit, "SECONDS", 0.3)
    make, expected, kind = WSGI[case]
    body = make()

    def app(_environ, start_response):
        start_response("200 OK", [])
        return body

    status, error = door_for(app).send(b"{}", HEADERS)
    assert (status, type(error) if error else None) == (expected, kind)
    assert body.is_closed


def test_a_wsgi_app_may_change_its_mind_before_its_body():
    """PEP 3333: with exc_info, and not afterwards."""

    def app(_environ, start_response):
        write = start_response("200 OK", [])
        error = BoomError()
        start_response("503 Oh", [], (BoomError, error, error.__traceback__))
        write(b"sorry")
        return []

    assert door_for(app).send(b"{}", HEADERS) == (503, None)


def test_a_wsgi_app_that_never_answers_is_told_of():
    """It may be a plain handler."""
    status, error = door_for(lambda _payload, _headers: []).send(b"{}", HEADERS)
    assert status == 500
    assert "didn't call start_response; a plain handler(payload, headers) is given as handler=" in str(
        error
    )


def test_the_tests_current_loop_is_left_alone():
    """A door has a loop of its own."""
    policy = asyncio.get_event_loop_policy() if sys.version_info < (3, 14) else None
    mine = asyncio.new_event_loop()
    asyncio.set_event_loop(mine)
    door = door_for(_shop([]), "/hook")
    door.send(b"{}", HEADERS)
    door.close()
    try:
        assert (policy or asyncio).get_event_loop() is mine
    finally:
        asyncio.set_event_loop(None)
        mine.close()


def test_a_variable_that_is_set_between_deliveries_is_seen():
    """Each delivery has the context of the moment."""
    variable = contextvars.ContextVar("variable", default=200)

    async def handle(_payload, _headers):
        return variable.get()

    door = door_for(handler=handle)
    statuses = []
    for status in (201, 202):
        variable.set(status)
        statuses.append(door.send(b"{}", HEADERS).status)
    door.close()
    assert statuses == [201, 202]


def test_the_bound_of_a_body_is_a_megabyte():
    """More isn't read."""
    assert BODY_BYTES == 2**20
