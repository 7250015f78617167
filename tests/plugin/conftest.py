"""A server on this machine that answers as Stripe would: the engine, over real HTTP."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pytest_stripe_balance.api.message import Headers, Request
from pytest_stripe_balance.session import Fake, Settings, newest_api_version

SECRET = "sk_test_51TheRealOneOfThisAccount"


@dataclass
class Stripe:
    """A server in Stripe's place.

    `seen` is what came over the wire; `change` alters its answers, `told` their headers.
    """

    url: str
    seen: list = field(default_factory=list)
    change: object = None
    told: dict = field(default_factory=dict)
    stop: object = None


@contextmanager
def _serving():
    fake = Fake(Settings(newest_api_version(), name="a server"))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode("utf-8", "replace")
            url = f"https://api.stripe.com{self.path}"
            asked = Request(self.command, url, Headers(dict(self.headers)), body)
            served.seen.append(asked)
            answer = fake.answer(asked)
            content = answer.body
            if served.change:
                content = served.change(asked, content)
            self.send_response(answer.status)
            for name, value in {**answer.headers, **served.told}.items():
                if name != "Server":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_DELETE = do_GET  # noqa: N815 - http.server's own names

        def log_message(self, *_):
            pass

    class Listening(ThreadingHTTPServer):
        request_queue_size = 64

    with Listening(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()

        def stop():
            listening.shutdown()
            thread.join()
            listening.server_close()

        served = Stripe(f"http://127.0.0.1:{listening.server_port}", stop=stop)
        try:
            yield served
        finally:
            listening.shutdown()
            thread.join()


@pytest.fixture
def stripe_server_here():
    """Serve on a free port of 127.0.0.1."""
    with _serving() as served:
        yield served


@pytest.fixture
def sending(project, stripe_server_here, monkeypatch):
    """Run the project in a mode, with the test key set and Stripe's hosts looked for on this machine."""
    monkeypatch.setenv("STRIPE_API_KEY", SECRET)

    def run(mode, *arguments, apart=False, plugins=()):
        base = () if mode in ("fake", "replay") else (f"--stripe-base-url={stripe_server_here.url}",)
        run = project.run_apart if apart else project.run
        return run(f"--stripe-mode={mode}", *base, *arguments, plugins=plugins)

    return run
