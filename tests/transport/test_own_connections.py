"""A connection that a team's client opens by itself is refused before a byte leaves."""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from urllib.parse import urlsplit

import httpcore
import pytest
import stripe
import urllib3
from majors import Urllib, v1


class Refusal(BaseException):
    """What the run raises for what it refuses."""


class Own(stripe.HTTPClient):
    """Calls a function with the host and the port that it is to ask, and gives up then."""

    name = "own"

    def __init__(self, opens):
        super().__init__()
        self.opens = opens

    def _target(self, url):
        parts = urlsplit(url)
        return parts.hostname, parts.port or 443

    def request(self, _, url, *__):
        self.opens(*self._target(url))
        return b"{}", 200, {}

    async def request_async(self, _, url, *__):
        await self.opens(*self._target(url))
        return b"{}", 200, {}


@pytest.fixture
def listener():
    """Listen on a free port, and count the connections that arrive; accept none of them otherwise."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.settimeout(0.05)
        yield listening


def _connections(listening):
    count = 0
    with suppress(TimeoutError):
        while True:
            listening.accept()[0].close()
            count += 1
    return count


def _connect(host, port):
    with closing(socket.socket()) as sock:
        sock.connect((host, port))


def _connect_ex(host, port):
    with closing(socket.socket()) as sock:
        sock.connect_ex((host, port))


def _without_blocking(host, port):
    with closing(socket.socket()) as sock:
        sock.settimeout(0)
        with suppress(BlockingIOError):
            sock.connect((host, port))


def _create_connection(host, port):
    socket.create_connection((host, port), timeout=1).close()


def _by_tls(host, port):
    context = ssl.create_default_context()
    with closing(context.wrap_socket(socket.socket(), server_hostname=host)) as sock:
        sock.connect((host, port))


def _by_http_client(host, port):
    http.client.HTTPConnection(host, port, timeout=1).request("GET", "/")


def _by_https(host, port):
    http.client.HTTPSConnection(host, port, timeout=1).request("GET", "/")


def _by_urllib3(host, port):
    urllib3.PoolManager(retries=False).request("GET", f"http://{host}:{port}/")


def _by_httpcore(host, port):
    httpcore.request("GET", f"http://{host}:{port}/")


def _swallowing(host, port):
    with suppress(Exception):
        _connect(host, port)


def _in_a_thread(host, port):
    raised = []

    def run():
        try:
            _connect(host, port)
        except Refusal as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    raise raised[0]


def _in_an_executor(host, port):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_connect, host, port).result()


def _in_a_loop(opens):
    return lambda host, port: asyncio.run(opens(host, port))


async def _open_connection(host, port):
    await asyncio.open_connection(host, port)


async def _sock_connect(host, port):
    with closing(socket.socket()) as sock:
        sock.settimeout(0)
        await asyncio.get_running_loop().sock_connect(sock, (host, port))


async def _in_a_task(host, port):
    await asyncio.gather(asyncio.create_task(_open_connection(host, port)))


async def _by_async_httpcore(host, port):
    async with httpcore.AsyncConnectionPool() as pool:
        await pool.request("GET", f"http://{host}:{port}/")


SYNC = {
    "connect": _connect,
    "connect_ex": _connect_ex,
    "connect without blocking": _without_blocking,
    "create_connection": _create_connection,
    "TLS": _by_tls,
    "http.client": _by_http_client,
    "http.client over TLS": _by_https,
    "urllib3": _by_urllib3,
    "httpcore": _by_httpcore,
    "a swallowed one": _swallowing,
    "a thread": _in_a_thread,
    "an executor": _in_an_executor,
    "asyncio.run": _in_a_loop(_open_connection),
}
ASYNC = {
    "open_connection": _open_connection,
    "sock_connect": _sock_connect,
    "a task": _in_a_task,
    "httpcore": _by_async_httpcore,
}


def _refusing(witness):
    refused = []

    def refuse(message):
        refused.append(message)
        return Refusal(message)

    return witness(None), refused, refuse


def _client(opens, host, port):
    return stripe.StripeClient(
        "sk_test_1", http_client=Own(opens), base_addresses={"api": f"http://{host}:{port}"}
    )


@pytest.mark.parametrize("opens", SYNC.values(), ids=SYNC)
def test_a_connection_of_its_own_is_refused_before_a_byte_leaves(opens, witness, listener):
    """However the code opens it; the refusal names client, request, host and the way out."""
    tap, refused, refuse = _refusing(witness)
    host, port = listener.getsockname()
    with tap.tap(refuse=refuse), pytest.raises(Refusal):
        v1(_client(opens, host, port)).customers.retrieve("cus_1")
    assert _connections(listener) == 0
    assert refused[0].startswith(
        f"GET /v1/customers/cus_1: Own opens a connection of its own to {host}:{port}, and "
    )
    assert 'stripe_own_clients = "skip"' in refused[0]


@pytest.mark.parametrize("opens", ASYNC.values(), ids=ASYNC)
def test_an_async_connection_of_its_own_is_refused_before_a_byte_leaves(opens, witness, listener):
    """The same holds for what a loop opens."""
    tap, refused, refuse = _refusing(witness)
    host, port = listener.getsockname()
    client = v1(_client(opens, host, port))
    with tap.tap(refuse=refuse), pytest.raises((Refusal, BaseExceptionGroup)):  # a group is anyio's
        asyncio.run(client.customers.retrieve_async("cus_1"))
    assert (_connections(listener), len(refused)) == (0, 1)


NAMED = {
    "create_connection": _create_connection,
    "connect": _connect,
    "http.client over TLS": _by_https,
    "gethostbyname": lambda host, _: socket.gethostbyname(host),
    "getaddrinfo": lambda host, port: socket.getaddrinfo(host, port),
    "open_connection": _in_a_loop(_open_connection),
}


@pytest.mark.parametrize("opens", NAMED.values(), ids=NAMED)
def test_a_host_isnt_even_looked_up(opens, witness, monkeypatch):
    """To ask a name server is to leave the machine, so it is refused first."""
    looked_up = []
    for name in ("getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, lambda *asked, **_: looked_up.append(asked))
    tap, refused, refuse = _refusing(witness)
    client = stripe.StripeClient("sk_test_1", http_client=Own(opens))
    with tap.tap(refuse=refuse), pytest.raises(Refusal, match=r"api\.stripe\.com"):
        v1(client).customers.retrieve("cus_1")
    assert (looked_up, len(refused)) == ([], 1)


@pytest.mark.parametrize("opens", [_connect, _in_a_thread, _in_an_executor])
def test_another_stream_is_refused_too(opens, witness, listener):
    """A connection to anybody else, which no library opens, might be a proxy's."""
    tap, refused, refuse = _refusing(witness)
    _, port = listener.getsockname()
    client = stripe.StripeClient("sk_test_1", http_client=Own(lambda *_: opens("127.0.0.1", port)))
    with tap.tap(refuse=refuse), pytest.raises(Refusal):
        v1(client).customers.retrieve("cus_1")
    assert (_connections(listener), len(refused)) == (0, 1)


def test_a_thread_that_was_there_before_asks_stripes_host_in_vain(witness, listener):
    """A worker that the code wakes without an executor is known by the host that it asks."""
    tap, refused, refuse = _refusing(witness)
    wake, done, raised = threading.Event(), threading.Event(), []
    host, port = listener.getsockname()

    def work():
        wake.wait()
        try:
            _connect(host, port)
        except Refusal as error:
            raised.append(error)
        done.set()

    worker = threading.Thread(target=work)
    worker.start()

    def opens(*_):
        wake.set()
        done.wait()

    with tap.tap(refuse=refuse):
        v1(_client(opens, host, port)).customers.retrieve("cus_1")
    worker.join()
    assert ([type(error) for error in raised], _connections(listener)) == ([Refusal], 0)
    assert len(refused) == 1


def test_a_thread_of_somebody_elses_connects_meanwhile(witness, listener):
    """A database's pool may open a connection while an own client runs."""
    tap, refused, refuse = _refusing(witness)

    def opens(*_):
        wake.set()
        done.wait()

    def work():
        wake.wait()
        _connect(*listener.getsockname())
        done.set()

    wake, done = threading.Event(), threading.Event()
    worker = threading.Thread(target=work)
    worker.start()
    with tap.tap(refuse=refuse):
        v1(_client(opens, "127.0.0.1", 9)).customers.retrieve("cus_1")
    worker.join()
    assert (_connections(listener), refused) == (1, [])


def test_datagrams_pass(witness):
    """Metrics that go by UDP are sent, with the name of their host looked up."""
    tap, refused, refuse = _refusing(witness)
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as statsd:
        statsd.bind(("127.0.0.1", 0))
        statsd.settimeout(2)
        port = statsd.getsockname()[1]

        def opens(*_):
            ((family, kind, _, _, address), *_) = socket.getaddrinfo(
                "localhost", port, socket.AF_INET, socket.SOCK_DGRAM
            )
            with closing(socket.socket(family, kind)) as sock:
                sock.connect(address)
                sock.send(b"calls:1|c")

        with tap.tap(refuse=refuse):
            v1(_client(opens, "127.0.0.1", 9)).customers.retrieve("cus_1")
        assert (statsd.recv(99), refused) == (b"calls:1|c", [])


def test_what_was_open_before_passes(witness, listener):
    """A connection that a collector's client had before is used on."""
    tap, refused, refuse = _refusing(witness)
    with closing(socket.create_connection(listener.getsockname())) as before:
        accepted = listener.accept()[0]
        with closing(accepted), tap.tap(refuse=refuse):
            client = _client(lambda *_: before.sendall(b"span"), "127.0.0.1", 9)
            v1(client).customers.retrieve("cus_1")
            assert accepted.recv(9) == b"span"
    assert refused == []


@pytest.mark.parametrize("way", ["after the call", "a thread that outlives it"])
def test_sockets_are_free_when_its_code_has_run(way, witness, listener):
    """What follows the call isn't the client's code."""
    tap, refused, refuse = _refusing(witness)
    wake, threads = threading.Event(), []

    def late():
        wake.wait()
        _connect(*listener.getsockname())

    def opens(*_):
        threads.append(threading.Thread(target=late))
        threads[0].start()

    with tap.tap(refuse=refuse):
        v1(_client(opens, "127.0.0.1", 9)).customers.retrieve("cus_1")
        if way == "after the call":
            _connect(*listener.getsockname())
        wake.set()
        threads[0].join()
    assert (_connections(listener), refused) == (2 if way == "after the call" else 1, [])


def test_where_requests_are_sent_connections_are_the_clients_own(witness, listener):
    """A run that sends lets the code open what it wants."""
    tap, refused, refuse = _refusing(witness)
    with tap.tap(sends=True, refuse=refuse):
        v1(_client(_connect, *listener.getsockname())).customers.retrieve("cus_1")
    assert (_connections(listener), refused) == (1, [])


def test_a_client_without_code_of_its_own_patches_no_socket(answering, client_of):
    """Python's sockets are as they were, but for the time that an own client's code runs."""
    before, during = dict(vars(socket.socket)), []
    with answering.tap():
        v1(client_of(Urllib())).customers.retrieve("cus_1")
        assert dict(vars(socket.socket)) == before
        v1(
            _client(lambda *_: during.append(dict(vars(socket.socket))), "127.0.0.1", 9)
        ).customers.retrieve("cus_1")
        assert dict(vars(socket.socket)) == before
    changed = {name for name, value in during[0].items() if value is not before.get(name)}
    assert changed == {"connect", "connect_ex"}
