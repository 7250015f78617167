"""The provenance of a cassette: who answered its requests, and when.

The cassette has it under an extra top-level key, which plain vcrpy ignores. Only `stripe-test-mode` is
evidence about Stripe.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pytest_stripe_balance.api.message import Exchange, date_of
from pytest_stripe_balance.engine.state.determinism import DAY
from pytest_stripe_balance.modes import TEST_KEYS

KEY = "provenance"
STRIPE_TEST_MODE = "stripe-test-mode"
FAKE = "fake"
DOCUMENTATION = "documentation"
UNKNOWN = "unknown"
_SERVER = "server:"
_API_HOSTS = frozenset(
    f"{name}.stripe.com" for name in ("api", "connect", "files", "meter-events", "uploads")
)


@dataclass(frozen=True)
class Provenance:
    """Where a cassette comes from; what isn't known is None.

    - `who` answered: "stripe-test-mode", "server:<host>", "fake", "documentation" or "unknown".
    - `api_version`: the account's default version.
    - `sdk`: as "stripe-python 16.1.0".
    - `plugin`: the version of this package.
    - `date`: ISO 8601 in UTC.
    - `test`: the test's node id.
    """

    who: str
    api_version: str | None = None
    sdk: str | None = None
    plugin: str | None = None
    date: str | None = None
    test: str | None = None

    def header(self) -> dict[str, str]:
        """Make the value of the cassette's key `provenance`, without what isn't known."""
        return {name: value for name, value in sorted(asdict(self).items()) if value is not None}

    def joined(self, older: Provenance) -> Provenance:
        """Give the provenance of an older cassette after new interactions were added to it."""
        return replace(self, who=together([older.who, self.who]))


def provenance_of(data: Any) -> Provenance:  # noqa: ANN401 - any YAML
    """Read a cassette's provenance; `who` is "unknown" without one, or with one that can't be true.

    Stripe's test mode can't have answered when a request went to another host.
    """
    header = data.get(KEY) if isinstance(data, dict) else None
    if not isinstance(header, dict) or not _is_who(header.get("who")):
        return Provenance(UNKNOWN)
    names = Provenance.__dataclass_fields__
    texts = {name: str(header[name]) for name in names if header.get(name) is not None}
    provenance = Provenance(**texts)
    if provenance.who == STRIPE_TEST_MODE and not all(map(_is_api_url, _uris(data))):
        return replace(provenance, who=UNKNOWN)
    return provenance


def who_answered(url: str, key: str) -> str:
    """Name who answers a request that is sent to `url` with an API key.

    - "stripe-test-mode": an https URL of Stripe's API, with a secret or restricted test key.
    - "server:<host>": any other host, or any other key.
    - "unknown": the URL has no host.
    """
    if _is_api_url(url) and key.startswith(TEST_KEYS):
        return STRIPE_TEST_MODE
    host = _host(url)
    return f"{_SERVER}{host}" if host else UNKNOWN


def together(whos: Iterable[str]) -> str:
    """Name who answered a whole recording, from who answered each request.

    If Stripe and one other have answered, it is the other; with several others it is "unknown".
    """
    names = set(whos)
    if len(names) > 1:
        names.discard(STRIPE_TEST_MODE)
    return names.pop() if len(names) == 1 else UNKNOWN


def _is_who(who: object) -> bool:
    if not isinstance(who, str):
        return False
    return who in {STRIPE_TEST_MODE, FAKE, DOCUMENTATION} or who.startswith(_SERVER)


def _is_api_url(url: str) -> bool:
    try:
        address, port = urlsplit(url), urlsplit(url).port
    except ValueError:
        return False
    return address.scheme == "https" and address.hostname in _API_HOSTS and port in (None, 443)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _uris(data: Mapping[str, Any]) -> list[str]:
    items = data.get("interactions")
    if not isinstance(items, list):
        return [""]
    requests = [item.get("request") for item in items if isinstance(item, dict)]
    return [str(request.get("uri", "")) if isinstance(request, dict) else "" for request in requests]


def recorded_at(exchanges: Sequence[Exchange]) -> int | None:
    """Give the latest Date header of the answers, in seconds since 1970; None if none has one."""
    moments = (date_of(exchange.response.headers) for exchange in exchanges)
    return max((moment for moment in moments if moment is not None), default=None)


def moment_of(date: str | None, exchanges: Sequence[Exchange]) -> int | None:
    """Give when a recording was made, in seconds since 1970: its `date`, else its latest Date header."""
    try:
        moment = datetime.fromisoformat(date or "")
    except ValueError:
        return recorded_at(exchanges)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def too_old(recorded: int | None, now: int, days: float) -> str | None:
    """Warn of a recording that is older than `days`; None for a newer one, or one without a date.

    `recorded` and `now` are in seconds since 1970.
    """
    age = None if recorded is None else (now - recorded) / DAY
    if age is None or age <= days:
        return None
    return f"recorded {int(age)} days ago; the maximum age is {days:g} days"
