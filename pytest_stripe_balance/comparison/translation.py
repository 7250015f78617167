"""Translates a recorded request into the one to send to the fake: its ids, accounts and headers."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from pytest_stripe_balance.api.message import Exchange, Headers, Request
from pytest_stripe_balance.comparison.ids import IdMapping
from pytest_stripe_balance.comparison.recorded_keys import RecordedKeys
from pytest_stripe_balance.comparison.recording_facts import named_version

KEY = "sk_test_conform"


@dataclass
class RequestTranslator:
    """Replaces the recorded ids in requests by the fake's, and the idempotency keys by new ones."""

    mapping: IdMapping
    keys: RecordedKeys
    _accounts: dict[str, str] = field(default_factory=dict)

    def translate(self, exchange: Exchange) -> Request:
        """Give the request to send to the fake. Ids that aren't mapped stay as they are."""
        recorded = exchange.request
        path = "/".join(self._path_part(part) for part in recorded.path.split("/"))
        query, body = (
            urlencode(
                [
                    (name, self._with_fake_ids(value))
                    for name, value in parse_qsl(text, keep_blank_values=True)
                ]
            )
            for text in (recorded.query, recorded.body)
        )
        host = "https://" + (urlsplit(recorded.url).hostname or "api.stripe.com")
        url = host + path + (f"?{query}" if query else "")
        return Request(recorded.method, url, self._headers(exchange), body)

    def _path_part(self, part: str) -> str:
        plain = unquote(part)
        replaced = self._with_fake_ids(plain)
        return part if replaced == plain else quote(replaced, safe="")

    def _with_fake_ids(self, text: str) -> str:
        return self.mapping.old.replace(text, self.mapping.new_for)

    def _headers(self, exchange: Exchange) -> Headers:
        requested, answered = exchange.request.headers, exchange.response.headers
        headers = {"Authorization": f"Bearer {KEY}"}
        if version := named_version(exchange):
            headers["Stripe-Version"] = version
        if account := requested.get("Stripe-Account") or answered.get("Stripe-Account"):
            headers["Stripe-Account"] = self._accounts.setdefault(
                account, f"acct_conform{len(self._accounts)}"
            )
        if context := requested.get("Stripe-Context"):
            headers["Stripe-Context"] = context  # the fake refuses it
        if exchange.request.method == "POST":
            headers["Idempotency-Key"] = self.keys.name(exchange)
        return Headers(headers)
