"""What Django or Flask has made a 500 of: both tell of it by a signal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from pytest_stripe_balance.webhooks.door import Reply, failed


@contextmanager
def heard() -> Iterator[list[Exception]]:
    """Collect the errors of views that no handler of the app's own has taken, while it is open."""
    found: list[Exception] = []

    def hear(_sender: object = None, exception: BaseException | None = None, **_: object) -> None:
        error = exception or sys.exc_info()[1]  # Django sends it inside its `except`
        if isinstance(error, Exception):
            found.append(error)

    modules = filter(None, map(sys.modules.get, ("flask.signals", "django.core.signals")))
    signals = [module.got_request_exception for module in modules]
    for signal in signals:
        signal.connect(hear, weak=False)
    try:
        yield found
    finally:
        for signal in signals:
            signal.disconnect(hear)


def told(reply: Reply, errors: list[Exception]) -> Reply:
    """Give a reply with the error that a framework has answered 500 for."""
    if errors and reply.error is None and (reply.status or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return failed(errors[-1], reply.status)
    return reply
