"""A server on this machine that behaves as Stripe does when something is wrong."""

from __future__ import annotations

import json
import socket
import socketserver
import struct
import threading
from contextlib import contextmanager, suppress


def _answer(status, body, content_type="application/json", **headers):
    lines = [
        f"HTTP/1.1 {status} Unruly",
        "Connection: close",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _error(**error):
    return json.dumps({"error": {"message": "m", **error}}).encode()


# What is sent, by the verb of `stripe_faults`; the others send nothing.
SENT = {
    "rate_limit": _answer(429, _error(type="invalid_request_error", code="rate_limit")),
    "lock_timeout": _answer(
        429, _error(type="invalid_request_error", code="lock_timeout"), Stripe_Should_Retry="true"
    ),
    "server_error": _answer(500, _error(type="api_error")),
    "key_in_use": _answer(409, _error(type="idempotency_error", code="idempotency_key_in_use")),
    "half_answer": _answer(200, b'{"id": "cus_1", "object": "customer"}')[:-20],
    "not_json": _answer(502, b"<html><h1>502 Bad Gateway</h1></html>", "text/html"),
    "error": _answer(402, _error(type="card_error", code="card_declined")),
}
SILENT = ("refuse_connection", "lose_answer", "time_out")


class _Handler(socketserver.BaseRequestHandler):
    def handle(self):
        if not self._read():
            return
        server = self.server
        server.tries += 1
        if server.verb == "lose_answer":  # closed with a reset, since nothing lingers
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.request.close()
        elif server.verb == "time_out":
            server.over.wait(10)
        else:
            self.request.sendall(SENT[server.verb])

    def _read(self):
        """Read the whole request; False where the client has gone."""
        data = b""
        while b"\r\n\r\n" not in data:
            if not (more := self.request.recv(65536)):
                return False
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        named = [line.partition(b":") for line in head.lower().split(b"\r\n")]
        length = next((int(value) for name, _, value in named if name == b"content-length"), 0)
        while len(body) < length:
            body += self.request.recv(65536)
        return True


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    verb, tries = "", 0

    def shutdown_request(self, request):
        with suppress(OSError):  # it may be closed already
            super().shutdown_request(request)


@contextmanager
def unruly(verb):
    """Serve, and behave as a verb of `stripe_faults` says; `tries` counts the requests that came."""
    if verb == "refuse_connection":  # a port that is taken, and where nobody listens
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            yield f"http://127.0.0.1:{taken.getsockname()[1]}", None
        return
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.verb, server.over = verb, threading.Event()
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", server
        finally:
            server.over.set()
            server.shutdown()
            serving.join()
