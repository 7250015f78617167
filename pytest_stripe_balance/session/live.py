"""The modes that send: live, record and check, on the way to Stripe's test mode or a server like it."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from pytest_stripe_balance.api import api_keys
from pytest_stripe_balance.api.message import Headers, Request, Response
from pytest_stripe_balance.modes import TEST_KEYS
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.session.base import Session


class Live(Session):
    """A run that Stripe answers; what is sent has the key of STRIPE_API_KEY.

    Keys that Stripe would not let in go as they are, so that its own refusal comes back.
    """

    sends = True

    def _answer(self, request: Request) -> Request | Response:
        wire, headers = self.settings.wire, dict(request.headers)
        key = api_keys.key_of(request)
        if not key and "Authorization" in request.headers:
            raise Refused(f"{request}: the Authorization header can't be read, so it isn't sent")
        if key.startswith(TEST_KEYS):
            headers = {name: value for name, value in headers.items() if name.lower() != "authorization"}
            headers["Authorization"] = f"Bearer {wire.key}"
        url = request.url
        if wire.base_url:
            scheme, host, *_ = urlsplit(wire.base_url)
            url = urlunsplit((scheme, host, *urlsplit(url)[2:]))
        return Request(request.method, url, Headers(headers), request.body)
