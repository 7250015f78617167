"""A cassette that answers: each recorded answer once, to the request that it was given to.

The requests are found through an index, so that a call costs the same however long the cassette is.
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
from pytest_stripe_balance.cassettes.provenance import Provenance, provenance_of
from pytest_stripe_balance.cassettes.secret_scan import PLACEHOLDER
from pytest_stripe_balance.input_files import InputError
from pytest_stripe_balance.refused import Refused

_Found = tuple[RecordedExchange, dict[str, str]]  # with what its placeholders stand for, then
_Waiting = dict[tuple[int, ...], dict[tuple[str, ...], list[RecordedExchange]]]


class Replay:
    """Answers from a cassette.

    A request is answered by the first recorded one, not given yet, with the same method, connected
    account, path, and fields of query and body in any order; host, scheme and the other headers don't
    count, nor does the account where another recorder has left it out throughout. So reads may be
    repeated as often as they were recorded, with each recorded answer once and in order, and then no
    more: a later answer would be a guess. A recorded placeholder matches what the running test sends in
    its place, from then on the same everywhere, and answers have the test's own value back: values that
    differed when they were recorded have to differ. So have idempotency keys, where both sides have one:
    one that comes again is the recorded one that came again. A request
    that matches by equality, or by what placeholders stand for by then, goes before one that would give
    a placeholder its value. With `by_path` what was posted isn't recorded, and doesn't count.
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
        ours = self.provenance.plugin is not None
        self._by_account = ours or any("Stripe-Account" in one.request.headers for one in exchanges)
        self._entries = [
            RecordedExchange(number, exchange, by_account=self._by_account)
            for number, exchange in enumerate(exchanges, 1)
        ]
        self._has_texts = any(entry.is_text for entry in self._entries)
        self._bindings = Bindings()
        self._waiting: dict[Any, _Waiting] = {}
        self._holders: dict[str, list[RecordedExchange]] = defaultdict(list)
        self._lock = threading.RLock()
        for entry in self._entries:
            self._file(entry)
            for placeholder in entry.unbound:
                self._holders[placeholder].append(entry)

    @classmethod
    def load(cls, path: Path) -> Replay:
        """Read a cassette of vcrpy's, of any of its versions, YAML or JSON, or of those who write alike.

        InputError, one line with the path, when there is none or it can't be read whole.
        """
        try:
            data = yaml_loader.data_of(path)
            found = list(interactions.interactions(data, path))
        except InputError as error:
            line = f", line {error.line}" if error.line else ""
            raise InputError(f"{path}{line}: {error.reason}", error.line) from error
        return cls(
            [one.exchange for one in found if one.exchange is not None],
            name=str(path),
            provenance=provenance_of(data),
            skipped=[one for one in found if isinstance(one, interactions.Skipped) and not one.exchange],
            by_path=any(isinstance(one, interactions.Recorded) and not one.is_whole for one in found),
        )

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders stand for that the running test has sent so far."""
        with self._lock:
            return dict(self._bindings)

    @property
    def exchanges(self) -> list[Exchange]:
        """All that is recorded, in its order."""
        return [entry.exchange for entry in self._entries]

    @property
    def unused(self) -> list[Request]:
        """The recorded requests that nobody has asked, in their order."""
        with self._lock:
            return [entry.exchange.request for entry in self._entries if not entry.used]

    def answer(self, request: Request) -> Response:
        """Give the recorded answer to a request, from any thread; Refused when there is none (left)."""
        with self._lock:
            response = self.find(request)
            if response is None:
                raise Refused(self._told(request))
            return response

    def find(self, request: Request) -> Response | None:
        """Give the recorded answer to a request, from any thread; None when there is none (left)."""
        with self._lock:
            entry = self._take(self._asked(request, by_field=True), request.headers)
            if entry is None and self._has_texts:
                entry = self._take(self._asked(request, by_field=False), request.headers)
            return None if entry is None else self._restored(entry)

    def _asked(self, request: Request, *, by_field: bool) -> RequestKey:
        if self.by_path:
            request = replace(request, body="")
        one = request_key(request, by_field=by_field, by_account=self._by_account)
        return one.known(self._bindings)

    def _told(self, request: Request) -> str:
        """Say why a request has no answer (left)."""
        given, text = (self._asked(request, by_field=one) for one in (True, False))
        same = [
            entry
            for entry in self._entries
            if entry.used
            and entry.match(text if entry.is_text else given, request.headers, self._bindings)
            is not None
        ]
        told = mismatch.explain_mismatch(request, given, self._entries, same, self._bindings, self.name)
        return told + self._also(request)

    def _also(self, request: Request) -> str:
        reasons = [one.reason for one in self.skipped if one.request == str(request)]
        return f"\n  one was recorded {reasons[0]}" if reasons else ""

    def _file(self, entry: RecordedExchange) -> None:
        """Put an entry where requests find it: by its values as far as they are known by now."""
        entry.settle(self._bindings)
        by_values = self._waiting.setdefault(entry.key.shape, {}).setdefault(entry.open, {})
        insort(by_values.setdefault(entry.known, []), entry)

    def _take(self, given: RequestKey, headers: Headers) -> RecordedExchange | None:
        queues = dict(self._queues(given))
        exact = [self._first((), queues.pop((), []), given, headers)]
        if any("scrubbed" in value for value in given.values):
            exact += [self._first(*one, given, headers, same=True) for one in queues.items()]
        fitting = list(filter(None, exact))
        if not fitting:
            firsts = (self._first(*one, given, headers) for one in queues.items())
            fitting = list(filter(None, firsts))
        if not fitting:
            return None
        entry, bindings = min(fitting, key=itemgetter(0))
        entry.used = True
        self._bind(bindings)
        return entry

    def _queues(self, given: RequestKey) -> Iterator[tuple[tuple[int, ...], list[RecordedExchange]]]:
        """Give the entries that could fit, by each set of places that recordings leave open."""
        for places, by_values in self._waiting.get(given.shape, {}).items():
            if queue := by_values.get(given.masked(places)):
                yield places, queue

    def _first(
        self,
        places: tuple[int, ...],
        queue: list[RecordedExchange],
        given: RequestKey,
        headers: Headers,
        *,
        same: bool = False,
    ) -> _Found | None:
        """Find the first entry that fits; with `same` one recorded with the very placeholders."""
        # Those that were given, and those of which more is known by now, are found elsewhere.
        while queue and (queue[0].used or queue[0].open != places):
            del queue[0]
        for entry in queue:
            if entry.used or entry.open != places or (same and not self._is_same(entry, given)):
                continue
            bindings = entry.match(given, headers, self._bindings)
            if bindings is not None:
                return entry, bindings
        return None

    def _is_same(self, entry: RecordedExchange, given: RequestKey) -> bool:
        return entry.key.known(self._bindings).values == given.values

    def _bind(self, bindings: Mapping[str, str]) -> None:
        for name, value in bindings.items():
            if name in self._bindings:
                continue
            self._bindings.learn(name, value)
            for entry in self._holders.pop(name, ()):
                before = entry.open
                entry.settle(self._bindings)
                if entry.open != before and not entry.used:
                    self._file(entry)

    def _restored(self, entry: RecordedExchange) -> Response:
        response, bindings = entry.exchange.response, self._bindings
        if not entry.has_placeholders or not bindings:
            return response
        body = _put_back(response.body, bindings)
        headers = {name: fill_in(value, bindings) for name, value in response.headers.items()}
        for name in headers:
            if name.lower() == "content-length":
                headers[name] = str(len(body))
        return Response(response.status, Headers(headers), body)


def _put_back(body: bytes, bindings: Mapping[str, str]) -> bytes:
    """Write values in the place of their placeholders, as the text around has them."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return body
    is_json = text.lstrip()[:1] in ("{", "[")

    def value(name: str) -> str:
        encoded = "%40" in name
        known = bindings.get(name.replace("%40", "@"))
        if known is None:
            return name
        if encoded:
            return quote(known, safe="")
        return json.dumps(known)[1:-1] if is_json else known

    return PLACEHOLDER.sub(lambda found: value(found[0]), text).encode("utf-8", "surrogatepass")
