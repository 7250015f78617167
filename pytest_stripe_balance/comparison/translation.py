"""Translates a recorded request into the one to send to the fake: ids, accounts, headers, test cards."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from pytest_stripe_balance.api.message import Exchange, Headers, Request
from pytest_stripe_balance.comparison.card_numbers import Form, as_tokens
from pytest_stripe_balance.comparison.ids import IdMapping
from pytest_stripe_balance.comparison.recorded_keys import RecordedKeys
from pytest_stripe_balance.comparison.recording_facts import named_version

KEY = "sk_test_conform"
_REFUND = re.compile(r"/v1/charges/([^/]+)/refunds")


@dataclass
class RequestTranslator:
    """Replaces the recorded ids in requests by the fake's, and the idempotency keys by new ones.

    `own_account` is the one of the recording's key, whom no header needs to name.
    """

    mapping: IdMapping
    keys: RecordedKeys
    own_account: str = ""
    _accounts: int = 0
    _own: int = 0

    def translate(self, exchange: Exchange) -> Request:
        """Give the request to send to the fake. Ids that aren't mapped stay as they are."""
        recorded = exchange.request
        self._open_accounts(exchange)
        path = "/".join(self._path_part(part) for part in recorded.path.split("/"))
        query, body = (
            urlencode([(name, self._with_fake_ids(value)) for name, value in _form(text)])
            for text in (recorded.query, recorded.body)
        )
        host = "https://" + (urlsplit(recorded.url).hostname or "api.stripe.com")
        url = host + path + (f"?{query}" if query else "")
        return Request(recorded.method, url, self._headers(exchange, self.keys.name(exchange)), body)

    def in_place_of(self, exchange: Exchange, path: str, body: str) -> Request:
        """Give a POST of conform's own, with the version and the account of an exchange."""
        self._open_accounts(exchange)
        self._own += 1
        headers = self._headers(exchange, f"conform-own-{self._own}")
        return Request("POST", f"https://api.stripe.com{path}", headers, body)

    def _open_accounts(self, exchange: Exchange) -> None:
        """Give each account that a request names an id of its own: the fake has every account."""
        values = [value for _, value in parse_qsl(exchange.request.encoded)]
        named = [_account_of(exchange), *unquote(exchange.request.path).split("/"), *values]
        for account in named:
            is_new = account.startswith("acct_") and self.mapping.new_for(account) is None
            if is_new:
                self._accounts += 1
                self.mapping.put(account, f"acct_conform{self._accounts:04}")

    def _path_part(self, part: str) -> str:
        plain = unquote(part)
        replaced = self._with_fake_ids(plain)
        return part if replaced == plain else quote(replaced, safe="")

    def _with_fake_ids(self, text: str) -> str:
        return self.mapping.old.replace(text, self.mapping.new_for)

    def _headers(self, exchange: Exchange, key: str) -> Headers:
        requested = exchange.request.headers
        headers = {"Authorization": f"Bearer {KEY}"}
        if version := named_version(exchange):
            headers["Stripe-Version"] = version
        if (account := _account_of(exchange)) and account != self.own_account:
            headers["Stripe-Account"] = self.mapping.new_for(account) or account
        if context := requested.get("Stripe-Context"):
            headers["Stripe-Context"] = context  # the fake refuses it
        if exchange.request.method == "POST":
            headers["Idempotency-Key"] = key
        return Headers(headers)


def as_of_today(exchange: Exchange) -> Exchange:
    """Give the request at the address that Stripe documents today, where it keeps an older one too.

    A refund was made at /v1/charges/:id/refunds; now its charge is a parameter.
    """
    request = exchange.request
    found = _REFUND.fullmatch(request.path)
    if found is None or request.method != "POST":
        return exchange
    url = request.url.replace(request.path, "/v1/refunds", 1)
    body = "&".join(filter(None, [f"charge={found[1]}", request.body]))
    return replace(exchange, request=Request("POST", url, request.headers, body))


def _account_of(exchange: Exchange) -> str:
    """Give the account that a request was sent for; "" for the key's own."""
    sides = exchange.request.headers, exchange.response.headers
    return next((account for side in sides if (account := side.get("Stripe-Account"))), "")


def _form(text: str) -> Form:
    return as_tokens(parse_qsl(text, keep_blank_values=True))
