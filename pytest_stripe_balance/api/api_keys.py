"""API keys: which keys are accepted, and which must never be used in a test."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import unquote_plus

from pytest_stripe_balance.api.message import Request
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.masking import LIVE_KEY
from pytest_stripe_balance.modes import TEST_KEYS
from pytest_stripe_balance.refused import Refused

NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, "
    "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See "
    "https://stripe.com/docs/api#authentication for details, or we can help at "
    "https://support.stripe.com/."
)
PUBLISHABLE = (
    "This API call cannot be made with a publishable API key. Please use a secret API key. You can "
    "find a list of your API keys at https://dashboard.stripe.com/account/apikeys."
)

_LIVE_SECRET = re.compile(r"[sr]k_(?:[a-z]+_)?live_.*", re.DOTALL)
_BASE64 = re.compile(r"[\w+/-]{16,}", re.ASCII)
_LIVE = re.compile(rf"{LIVE_KEY}\w+")


def key_of(request: Request) -> str:
    """Read a request's API key, a Bearer token or the user of Basic authorization; "" if none."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            padded = credentials + "=" * (-len(credentials) % 4)
            return base64.b64decode(padded, validate=True).decode().partition(":")[0]
        except ValueError:  # not base64, or not text
            return ""
    return credentials.strip() if scheme.lower() == "bearer" else ""


def refuse_live(request: Request, *, anywhere: bool) -> None:
    """Refuse a live secret key, in every mode: a test must not use one.

    With `anywhere` the URL, all headers and the body are searched too, for live keys of any kind. That
    is for requests that leave the process.
    """
    key = key_of(request)
    found = _LIVE_SECRET.match(key)
    if anywhere and not found:
        headers = [text for pair in request.headers.items() for text in pair]
        texts = [key, *map(unquote_plus, (request.url, request.body)), *headers]
        texts += [decoded for text in headers for decoded in _decoded(text)]
        found = next(filter(None, map(_LIVE.search, texts)), None)
    if found:
        shown, where = masked(found.group()), "" if found.string == key else ", in what it sends"
        raise Refused(f"{request}: a live API key ({shown}) was used in a test{where}. Use a test key")


def _decoded(text: str) -> Iterator[str]:
    """Decode the words of a text that may be base64, like those of Basic authorization."""
    for word in _BASE64.findall(text):
        with suppress(ValueError):
            yield base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_").decode("latin-1")


def check(request: Request) -> None:
    """Accept test keys; raise Stripe's own fault for others (docs/stripe.md 5.2)."""
    key = key_of(request)
    if not key:
        raise Fault(NO_KEY, status=401, has_request_id=False)
    if key.startswith("pk_test_"):
        raise Fault(PUBLISHABLE, status=403, code="secret_key_required", assumption="publishable-key")
    if not key.startswith(TEST_KEYS):
        message = f"Invalid API Key provided: {masked(key)}"
        raise Fault(message, status=401, has_request_id=False)


def masked(key: str) -> str:
    """Show a key's kind and its last four characters, as Stripe does."""
    prefix = re.match(r"[a-z]{2}_(?:[a-z]+_)?(test|live)_", key)
    start = prefix.group() if prefix else ""
    return f"{start}****{key[-4:]}" if len(key) >= len(start) + 8 else f"{start}****"
