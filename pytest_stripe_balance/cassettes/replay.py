"""Answers requests from a cassette. Each recorded answer is used once.

An index finds the recorded request, so a call in a long cassette takes no longer than in a short one.
"""

from __future__ import annotations

import json
import threading
from bisect import insort
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pytest_stripe_balance.api.message import Exchange, Headers, Request, Response
from pytest_stripe_balance.cassettes import interactions, mismatch, yaml_loader
from pytest_stripe_balance.cassettes.matching import (
    Bindings,
    RecordedExchange,
    RequestKey,
    fill_in,
    request_key,
)
from pytest_stripe_balance.cassettes.placeholders import PLACEHOLDER
from pytest_stripe_balance.cassettes.provenance import Provenance, provenance_of
from pytest_stripe_balance.input_files import InputError
from pytest_stripe_balance.refused import Refused

_Match = tuple[RecordedExchange, dict[str, str]]  # with the values of its placeholders
_Waiting = dict[tuple[int, ...], dict[tuple[str, ...], list[RecordedExchange]]]


class Replay:
    """Answers requests from a cassette.

    A request gets the answer of the first unused recorded request that matches it:

    - Method, connected account, path, and the fields of query and body must be equal. The order of
      fields, the host, the scheme and the other headers don't count.
    - The account doesn't count in a cassette of another recorder that has left out all accounts.
    - With `by_path` the body doesn't count, since the recorder has left it out.
    - A read can be repeated as often as it was recorded, and gets the recorded answers in order. After
      the last one it is refused: a further answer would be a guess.

    Where a secret was recorded, the cassette has a placeholder:

    - It matches the first value that the test sends in its place, and from then on only that value.
      Answers have the value in place of the placeholder.
    - Values that differed in the recording have to differ.
    - So do idempotency keys, if both sides have one: a key that was used again has to be used again.
    - A request that matches without binding a placeholder comes before one that binds one.
    """

    def __init__(
        self,
        exchanges: list[Exchange],
        *,
        name: str = "the cassette",
        provenance: Provenance | None = None,
        skipped: list[interactions.Skipped] | None = None,
        by_path: bool = False,
    ) -> None:
        self.name = name
        self.by_path = by_path
        self.provenance = provenance or provenance_of(None)
        self.skipped = skipped or []
        is_own = self.provenance.plugin is not None
        self._by_account = is_own or any(
            "Stripe-Account" in exchange.request.headers for exchange in exchanges
        )
        self._entries = [
            RecordedExchange(number, exchange, by_account=self._by_account)
            for number, exchange in enumerate(exchanges, 1)
        ]
        self._has_texts = any(entry.is_text for entry in self._entries)
        self._bindings = Bindings()
        self._waiting: dict[Any, _Waiting] = {}
        self._by_placeholder: dict[str, list[RecordedExchange]] = defaultdict(list)
        self._lock = threading.RLock()
        for entry in self._entries:
            self._index(entry)
            for placeholder in entry.unbound:
                self._by_placeholder[placeholder].append(entry)

    @classmethod
    def load(cls, path: Path) -> Replay:
        """Read a cassette, YAML or JSON, of any version of vcrpy or a recorder with such a layout.

        InputError, one line with the path, when it doesn't exist or can't be read whole.
        """
        try:
            data = yaml_loader.data_of(path)
            items = list(interactions.interactions(data, path))
        except InputError as error:
            line = f", line {error.line}" if error.line else ""
            raise InputError(f"{path}{line}: {error.reason}", error.line) from error
        return cls(
            [item.exchange for item in items if item.exchange is not None],
            name=str(path),
            provenance=provenance_of(data),
            skipped=[
                item for item in items if isinstance(item, interactions.Skipped) and not item.exchange
            ],
            by_path=any(isinstance(item, interactions.Recorded) and not item.is_whole for item in items),
        )

    @property
    def bindings(self) -> dict[str, str]:
        """The values that the running test has sent so far where placeholders were recorded."""
        with self._lock:
            return dict(self._bindings)

    @property
    def exchanges(self) -> list[Exchange]:
        """All recorded exchanges, in order."""
        return [entry.exchange for entry in self._entries]

    @property
    def unused(self) -> list[Request]:
        """The recorded requests that haven't answered anything yet, in order."""
        with self._lock:
            return [entry.exchange.request for entry in self._entries if not entry.used]

    def answer(self, request: Request) -> Response:
        """Give the recorded answer to a request, from any thread; Refused when none is left."""
        with self._lock:
            response = self.find(request)
            if response is None:
                raise Refused(self._explain(request))
            return response

    def find(self, request: Request) -> Response | None:
        """Give the recorded answer to a request, from any thread; None when none is left."""
        with self._lock:
            entry = self._take(self._key(request, by_field=True), request.headers)
            if entry is None and self._has_texts:
                entry = self._take(self._key(request, by_field=False), request.headers)
            return None if entry is None else self._restored(entry)

    def _key(self, request: Request, *, by_field: bool) -> RequestKey:
        if self.by_path:
            request = replace(request, body="")
        key = request_key(request, by_field=by_field, by_account=self._by_account)
        return key.filled_in(self._bindings)

    def _explain(self, request: Request) -> str:
        """Say why a request has no answer."""
        key, text_key = (self._key(request, by_field=by_field) for by_field in (True, False))
        used = ((entry, text_key if entry.is_text else key) for entry in self._entries if entry.used)
        used_up = [
            entry
            for entry, own_key in used
            if entry.match(own_key, request.headers, self._bindings) is not None
        ]
        message = mismatch.explain_mismatch(
            request, key, self._entries, used_up, self._bindings, self.name
        )
        return message + self._unreadable(request)

    def _unreadable(self, request: Request) -> str:
        reasons = [item.reason for item in self.skipped if item.request == str(request)]
        return f"\n  The cassette has this request {reasons[0]}" if reasons else ""

    def _index(self, entry: RecordedExchange) -> None:
        """Put an entry into the index, by its values as far as they are known by now."""
        entry.update(self._bindings)
        by_values = self._waiting.setdefault(entry.key.shape, {}).setdefault(entry.open, {})
        insort(by_values.setdefault(entry.known_values, []), entry)

    def _take(self, key: RequestKey, headers: Headers) -> RecordedExchange | None:
        queues = dict(self._queues(key))
        exact = [self._first((), queues.pop((), []), key, headers)]
        if any("scrubbed" in value for value in key.values):
            exact += [self._first(*queue, key, headers, same=True) for queue in queues.items()]
        matches = list(filter(None, exact))
        if not matches:
            firsts = (self._first(*queue, key, headers) for queue in queues.items())
            matches = list(filter(None, firsts))
        if not matches:
            return None
        entry, bindings = min(matches, key=itemgetter(0))
        entry.used = True
        self._bind(bindings)
        return entry

    def _queues(self, key: RequestKey) -> Iterator[tuple[tuple[int, ...], list[RecordedExchange]]]:
        """Yield the entries that may match, for each set of open indexes that recorded keys have."""
        for indexes, by_values in self._waiting.get(key.shape, {}).items():
            if queue := by_values.get(key.values_without(indexes)):
                yield indexes, queue

    def _first(
        self,
        indexes: tuple[int, ...],
        queue: list[RecordedExchange],
        key: RequestKey,
        headers: Headers,
        *,
        same: bool = False,
    ) -> _Match | None:
        """Find the first entry that matches; with `same` its placeholders have to be equal too."""
        # Used entries are out, and entries with new bindings are in another queue by now.
        while queue and (queue[0].used or queue[0].open != indexes):
            del queue[0]
        for entry in queue:
            if entry.used or entry.open != indexes or (same and not self._is_same(entry, key)):
                continue
            bindings = entry.match(key, headers, self._bindings)
            if bindings is not None:
                return entry, bindings
        return None

    def _is_same(self, entry: RecordedExchange, key: RequestKey) -> bool:
        return entry.key.filled_in(self._bindings).values == key.values

    def _bind(self, bindings: Mapping[str, str]) -> None:
        for name, value in bindings.items():
            if name in self._bindings:
                continue
            self._bindings.bind(name, value)
            for entry in self._by_placeholder.pop(name, ()):
                before = entry.open
                entry.update(self._bindings)
                if entry.open != before and not entry.used:
                    self._index(entry)

    def _restored(self, entry: RecordedExchange) -> Response:
        response, bindings = entry.exchange.response, self._bindings
        if not entry.has_placeholders or not bindings:
            return response
        body = _fill_in_body(response.body, bindings)
        headers = {name: fill_in(value, bindings) for name, value in response.headers.items()}
        for name in headers:
            if name.lower() == "content-length":
                headers[name] = str(len(body))
        return Response(response.status, Headers(headers), body)


def _fill_in_body(body: bytes, bindings: Mapping[str, str]) -> bytes:
    """Replace placeholders by their values, escaped in JSON and encoded in a URL."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return body
    is_json = text.lstrip()[:1] in ("{", "[")

    def value_of(name: str) -> str:
        value = bindings.get(name.replace("%40", "@"))
        if value is None:
            return name
        if "%40" in name:
            return quote(value, safe="")
        return json.dumps(value)[1:-1] if is_json else value

    return PLACEHOLDER.sub(lambda placeholder: value_of(placeholder[0]), text).encode(
        "utf-8", "surrogatepass"
    )
