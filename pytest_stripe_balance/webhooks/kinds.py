"""Which kind of app it is that deliveries go to."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from pytest_stripe_balance.webhooks import client, url
from pytest_stripe_balance.webhooks import handler as function
from pytest_stripe_balance.webhooks.asgi import AsgiDoor
from pytest_stripe_balance.webhooks.door import Door
from pytest_stripe_balance.webhooks.wsgi import WsgiDoor

_TAKEN = (
    "an app is a URL on this machine, a WSGI or ASGI app, or a test client of Django, Flask, werkzeug, "
    "Starlette or httpx; a function handler(payload, headers) is given as handler="
)
_ASGI, _WSGI = 3, 2  # parameters
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def door_for(
    app: Any = None,  # noqa: ANN401 - any framework's
    path: str = "/",
    handler: Callable[..., Any] | None = None,
) -> Door:
    """Give the way into an app, or into a plain handler.

    TypeError for what is neither, ValueError for a URL that isn't on this machine, or for a bad path.
    """
    if handler is not None:
        if app is not None:
            raise TypeError("app= and handler= were both given; an endpoint has one of them")
        return function.door_of(handler)
    if not path.startswith("/"):
        raise ValueError(f'path={path!r} doesn\'t begin with "/"')
    if isinstance(app, str):
        return url.door_of(app, path)
    found = None
    if callable(app):
        found = _called(app, path)
    elif hasattr(app, "post"):
        found = client.door_of(app, path)
    if found is None:
        raise TypeError(f"{app!r} isn't an app that events can be delivered to; {_TAKEN}")
    return found


def _called(app: Callable[..., Any], path: str) -> Door | None:
    """Tell ASGI from WSGI by the parameters: scope, receive, send, or environ, start_response."""
    name = f"{function.shown(app)} at {path}"
    count = _required(app)
    if count == _ASGI or (count is None and function.is_coroutine_function(app)):
        return AsgiDoor(name, app, path)
    if count == _WSGI and not function.is_coroutine_function(app):
        return WsgiDoor(name, app, path)
    return None


def _required(app: Callable[..., Any]) -> int | None:
    """Count the positional parameters that have no default; None where `*args` takes them."""
    try:
        parameters = inspect.signature(app).parameters.values()
    except ValueError:
        return None
    if any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in parameters):
        return None
    return sum(each.kind in _POSITIONAL and each.default is each.empty for each in parameters)
