"""Other libraries' mocks of the host that was asked, which never come into play: the summary says so."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from pytest_stripe_balance.api.message import Request
from pytest_stripe_balance.transport.patches import original_of
from pytest_stripe_balance.transport.runs import Run


def note(run: Run, request: Request) -> None:
    """Note each active mock that has registered the request's host, if such a library is loaded."""
    loaded = sys.modules
    if not ("responses" in loaded or "respx" in loaded or "pytest_httpx" in loaded):
        return
    host = urlsplit(request.url).hostname or ""
    for name, pattern in _registered():
        if host in pattern.replace("\\", ""):  # as a regular expression has it
            run.note(
                f"{name} has a mock of {host}, which is never used: stripe-python is answered before it"
            )


def _registered() -> Iterator[tuple[str, str]]:
    """Give what mocks have registered, by the name of their library, as far as they can be asked."""
    for mock in _patching("responses", "requests.adapters", "HTTPAdapter", "send"):
        yield from (("responses", _text(one.url)) for one in mock.registered())
    mockers = getattr(getattr(sys.modules.get("respx.mocks"), "Mocker", None), "registry", {})
    for mocker in mockers.values():
        routes = (route for router in getattr(mocker, "routers", ()) for route in router.routes)
        yield from (("respx", repr(route.pattern)) for route in routes)
    for mock in _patching("pytest_httpx", "httpx", "HTTPTransport", "handle_request"):
        matchers = (matcher for matcher, _ in getattr(mock, "_callbacks", ()))
        yield from (("pytest-httpx", _text(matcher.url)) for matcher in matchers)


def _patching(library: str, module: str, owner: str, name: str) -> Iterator[Any]:
    """Give the mock that has patched a method: its function is a closure over it."""
    if library in sys.modules and module in sys.modules:
        method = original_of(vars(getattr(sys.modules[module], owner)).get(name))
        for cell in getattr(method, "__closure__", None) or ():
            if type(cell.cell_contents).__module__.partition(".")[0] == library:
                yield cell.cell_contents


def _text(url: object) -> str:
    return str(getattr(url, "pattern", url))
