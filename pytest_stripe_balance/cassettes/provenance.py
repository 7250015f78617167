"""Who answered what a cassette holds, written into the cassette itself.

It stands under an extra top-level key, which plain vcrpy reads past. Only `stripe-test-mode` is
evidence about Stripe.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pytest_stripe_balance.api.message import Exchange, date_of
from pytest_stripe_balance.modes import TEST_KEYS

DAY = 86_400

KEY = "provenance"
STRIPE_TEST_MODE = "stripe-test-mode"
FAKE = "fake"
DOCUMENTATION = "documentation"
UNKNOWN = "unknown"
_SERVER = "server:"
_STRIPES_HOSTS = frozenset(
    f"{name}.stripe.com" for name in ("api", "connect", "files", "meter-events", "uploads")
)


@dataclass(frozen=True)
class Provenance:
    """Where a cassette is from; None for what isn't known.

    `who` answered: "stripe-test-mode", "server:<host>", "fake", "documentation" or "unknown".
    `api_version` is the account's default, `sdk` as "stripe-python 16.1.0", `plugin` this package's
    version, `date` as ISO 8601 in UTC, `test` the test's node id.
    """

    who: str
    api_version: str | None = None
    sdk: str | None = None
    plugin: str | None = None
    date: str | None = None
    test: str | None = None

    def header(self) -> dict[str, str]:
        """The value of the cassette's key `provenance`; what isn't known is left out."""
        return {name: value for name, value in sorted(asdict(self).items()) if value is not None}

    def joined(self, older: Provenance) -> Provenance:
        """The provenance of a cassette that held `older`'s interactions, with new ones added."""
        return replace(self, who=together([older.who, self.who]))


def provenance_of(data: Any) -> Provenance:  # noqa: ANN401 - any YAML
    """Read a cassette's provenance; "unknown" without a header, or with one that can't be true.

    A header that claims Stripe's test mode over interactions with other hosts is not believed.
    """
    header = data.get(KEY) if isinstance(data, dict) else None
    if not isinstance(header, dict) or not _is_who(header.get("who")):
        return Provenance(UNKNOWN)
    names = Provenance.__dataclass_fields__
    texts = {name: str(header[name]) for name in names if header.get(name) is not None}
    found = Provenance(**texts)
    if found.who == STRIPE_TEST_MODE and not all(_is_stripes(uri) for uri in _uris(data)):
        return replace(found, who=UNKNOWN)
    return found


def who_answered(url: str, key: str) -> str:
    """Name who answers a request that was really sent to `url` with the API key `key`.

    "stripe-test-mode" for https and one of Stripe's own API hosts with a secret or restricted test key,
    "server:<host>" for all else, "unknown" when the URL names no host.
    """
    if _is_stripes(url) and key.startswith(TEST_KEYS):
        return STRIPE_TEST_MODE
    host = _host(url)
    return f"{_SERVER}{host}" if host else UNKNOWN


def together(whos: Iterable[str]) -> str:
    """Name who answered a whole recording, from who answered each request.

    Several are never Stripe's test mode: with one other beside it, it is that other's; else "unknown".
    """
    found = set(whos)
    if len(found) > 1:
        found.discard(STRIPE_TEST_MODE)
    return found.pop() if len(found) == 1 else UNKNOWN


def _is_who(who: object) -> bool:
    if not isinstance(who, str):
        return False
    return who in {STRIPE_TEST_MODE, FAKE, DOCUMENTATION} or who.startswith(_SERVER)


def _is_stripes(url: str) -> bool:
    try:
        address, port = urlsplit(url), urlsplit(url).port
    except ValueError:
        return False
    return address.scheme == "https" and address.hostname in _STRIPES_HOSTS and port in (None, 443)


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
    """Give the moment of the last answer by its Date header, in seconds since 1970; None without one."""
    moments = (date_of(exchange.response.headers) for exchange in exchanges)
    return max((moment for moment in moments if moment is not None), default=None)


def moment_of(date: str | None, exchanges: Sequence[Exchange]) -> int | None:
    """Give the moment of a recording: its provenance's date (ISO 8601), else its last Date header."""
    try:
        written = datetime.fromisoformat(date or "")
    except ValueError:
        return recorded_at(exchanges)
    return int((written if written.tzinfo else written.replace(tzinfo=UTC)).timestamp())


def too_old(recorded: int | None, now: int, days: float) -> str | None:
    """Say in words that a recording is older than it may be; None when it isn't, or nobody knows.

    A warning, and nothing to fail a replay for.
    """
    age = None if recorded is None else (now - recorded) / DAY
    if age is None or age <= days:
        return None
    return f"recorded {int(age)} days ago, and {days:g} are allowed"
