"""A server on this machine, and whatever it does."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager, suppress

import pytest

from pytest_stripe_balance.webhooks import limit
from pytest_stripe_balance.webhooks.kinds import door_for

HEADERS = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": "t=1,v1=2"}


@contextmanager
def server(answer, family=socket.AF_INET):
    """Give each connection to `answer`, with what it sent; the block gets the port."""
    listening = socket.create_server(
        ("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), family=family
    )

    def serve():
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                got = b""
                while b"{}" not in got:
                    got += connection.recv(65536)
                with suppress(OSError):
                    answer(connection, got)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def _says(text):
    return lambda connection, _got: connection.sendall(text)


def _until_it_breaks(connection, head, part, wait=0.0):
    connection.sendall(head)
    pause = threading.Event()
    while True:
        connection.sendall(part)
        pause.wait(wait)


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ANSWERS = {
    "200": (_says(OK + b"Content-Length: 2\r\n\r\nok"), 200, None),
    "no length": (_says(OK + b"\r\nok"), 200, None),
    "302": (
        _says(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
        302,
        None,
    ),
    "410": (_says(b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"), 410, None),
    "500": (_says(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"), 500, None),
    "1 MB": (_says(OK + b"Content-Length: 1000000\r\n\r\n" + b"x" * 1_000_000), 200, None),
    "10 MB": (_says(OK + b"Content-Length: 10000000\r\n\r\n" + b"x" * 10_000_000), 200, None),
    "endless": (
        lambda c, _: _until_it_breaks(c, CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n"),
        200,
        None,
    ),
    "slow and endless": (
        lambda c, _: _until_it_breaks(c, CHUNKED, b"1\r\nh\r\n", 0.05),
        None,
        "longer than 0.3 s",
    ),
    "slow headers": (lambda c, _: _until_it_breaks(c, OK, b"A: b\r\n", 0.05), None, "longer than 0.3 s"),
    "nothing": (lambda *_: threading.Event().wait(0.6), None, "longer than 0.3 s"),
    "closed at once": (lambda *_: None, None, "closed connection"),
    "closed halfway": (_says(OK + b"Content-Length: 9\r\n\r\nok"), None, "IncompleteRead"),
    "a chunk cut off": (_says(CHUNKED + b"5\r\nhe"), None, "IncompleteRead"),
    "no HTTP": (_says(b"SSH-2.0-OpenSSH_9.6\r\n"), None, "SSH"),
    "a status of letters": (_says(b"HTTP/1.1 abc OK\r\n\r\n"), None, "abc"),
}


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(limit, "SECONDS", 0.3)


@pytest.mark.parametrize("case", ANSWERS)
def test_each_answer_has_an_end(case):
    """A status if one came, and otherwise an error that says why not."""
    answer, expected, said = ANSWERS[case]
    with server(answer) as port:
        status, error = door_for(f"http://127.0.0.1:{port}", "/hook").send(b"{}", HEADERS)
    assert status == expected
    assert (said is None) == (error is None)
    assert said is None or said in f"{error!r}"


def test_it_arrives_as_a_post():
    """At the path, with the headers and the host."""
    arrived = []

    def keep(connection, got):
        arrived.append(got)
        connection.sendall(OK + b"Content-Length: 0\r\n\r\n")

    with server(keep) as port:
        assert door_for(f"http://localhost:{port}/hook?a=b").send(b"{}", HEADERS) == (200, None)
    head, _, body = arrived[0].partition(b"\r\n\r\n")
    first, *headers = head.decode().split("\r\n")
    assert first == "POST /hook?a=b HTTP/1.1"
    assert {f"Host: localhost:{port}", "Stripe-Signature: t=1,v1=2", "Content-Length: 2"} <= {*headers}
    assert body == b"{}"


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_a_server_on_ipv6_is_reached():
    """Its address stands in brackets."""
    try:
        with server(_says(OK + b"Content-Length: 0\r\n\r\n"), socket.AF_INET6) as port:
            assert door_for(f"http://[::1]:{port}").send(b"{}", HEADERS).status == 200
    except OSError as error:
        pytest.skip(f"::1 isn't there: {error}")


def test_nobody_there_is_an_error():
    """A refused connection has no status."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    status, error = door_for(f"http://127.0.0.1:{port}").send(b"{}", HEADERS)
    assert status is None
    assert isinstance(error, ConnectionRefusedError)


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch):
    """Nothing of a test goes through one."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with server(_says(OK + b"Content-Length: 0\r\n\r\n")) as port:
        assert door_for(f"http://127.0.0.1:{port}").send(b"{}", HEADERS).status == 200


@pytest.mark.asyncio
async def test_a_server_in_the_tests_own_loop_is_reached():
    """The loop runs on while the answer is waited for."""

    async def answer(reader, writer):
        await reader.readuntil(b"{}")
        writer.write(OK + b"Content-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as running:
        port = running.sockets[0].getsockname()[1]
        assert await door_for(f"http://127.0.0.1:{port}").send_async(b"{}", HEADERS) == (200, None)


SLIPS = {
    "http://example.com:8000": "is on another machine",
    "http://10.0.0.1:8000": "is on another machine",
    "http://127.evil.com:8000": "is on another machine",
    "http://0.0.0.0:8000": "is on another machine",
    "https://localhost:8000": "is https",
    "localhost:8000": "doesn't begin with http://",
    "/hook": "doesn't begin with http://",
    "": "doesn't begin with http://",
    "http://:8000": "doesn't begin with http://",
    "http://localhost": "has no port",
    "http://localhost:0": "has no port",
    "http://localhost:80000": "isn't a URL",
    "http://localhost:eight": "isn't a URL",
    "http://[::1:8000": "isn't a URL",
    "http://localhost:8000/a hook": "has a space",
    "http://localhost:8000/\r\nX: y": "has a space",
    "http://me@localhost:8000": "has a user's name",
    "http://localhost:8000/#hook": "has a user's name or a #",
}


@pytest.mark.parametrize("url", SLIPS)
def test_a_slip_in_a_url_is_told_where_it_is_given(url):
    """With the culprit and the way out."""
    with pytest.raises(ValueError, match=r'"http://127\.0\.0\.1:8000"') as told:
        door_for(url, "/hook")
    assert SLIPS[url] in str(told.value)
    assert repr(url) in str(told.value)


def test_two_paths_are_one_too_many():
    """The URL's own, and another beside it."""
    with pytest.raises(ValueError, match=r"path='/hook' is another; leave one out"):
        door_for("http://localhost:8000/stripe", "/hook")


@pytest.mark.parametrize(
    "url", ["http://localhost:8000", "http://127.1.2.3:8000/", "http://LOCALHOST:8000"]
)
def test_this_machine_is_taken_by_each_of_its_names(url):
    """With the path that is given beside it."""
    assert door_for(url, "/hook").name.endswith(":8000/hook")
