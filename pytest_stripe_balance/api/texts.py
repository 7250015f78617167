"""Checks texts: one of some choices, an e-mail address, an address of the web, not too long.

The rules come from the contract. The error texts are Stripe's own (docs/stripe.md 5.4 [obs]).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_stripe_balance.engine.state.faults import Fault

Rule = Mapping[str, Any]
SHOWN_AT_EACH_END = 10
NO_SCHEME = "Invalid URL: An explicit scheme (such as https) must be provided."
NO_URL = "Not a valid URL"
_ADDRESS = re.compile(r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+")
_PART = re.compile(r"\{(ends|length|limit|text)\}")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/]\S*", re.IGNORECASE)
_FULL_WIDTH = re.compile("[\uff01-\uff60\uffe0-\uffe6]")


def check(text: str, rule: Rule, name: str) -> None:
    """Check a text against its rule; a Fault (400) with `name` as param if it breaks it."""
    choices = rule.get("enum")
    if choices and text not in choices:
        raise _no_choice(rule, name)
    if rule.get("format") == "email" and not is_address(text):
        raise Fault(f"Invalid email address: {text}", code="email_invalid", param=name)
    if rule.get("format") == "url" and not _URL.fullmatch(text):
        raise _no_url(text, name)
    check_length(text, rule, name)


def fits(text: str, rule: Rule) -> bool:
    """Tell whether a text follows its rule; choices aren't checked."""
    if len(text) > rule.get("maxLength", len(text)):
        return False
    match rule.get("format"):
        case "email":
            return is_address(text)
        case "url":
            return bool(_URL.fullmatch(text))
    return True


def is_address(text: str) -> bool:
    """Tell whether a text is an e-mail address.

    It has one @, a dot in the domain, no space and no full-width character.
    """
    return bool(_ADDRESS.fullmatch(text)) and not _FULL_WIDTH.search(text)


def _no_url(text: str, name: str) -> Fault:
    """Make the fault for what is no address of the web. Both texts were met; when which is assumed."""
    message = NO_URL if "://" in text or re.search(r"\s", text) else NO_SCHEME
    return Fault(message, code="url_invalid", param=name, assumption="parameter-texts")


def check_length(text: str, rule: Rule, name: str) -> None:
    """Check a text against `maxLength`, in characters. `over` is the error text, if it is its own."""
    limit = rule.get("maxLength")
    if limit is None or len(text) <= limit:
        return
    message = rule.get("over", "Invalid string: {ends}; must be at most {limit} characters")
    parts = {"ends": _ends(text), "length": str(len(text)), "limit": str(limit), "text": text}
    message = _PART.sub(lambda part: parts[part[1]], message)
    raise Fault(message, param=None if rule.get("unnamed") else name, assumption="text-limits")


def _ends(text: str) -> str:
    """Shorten a long text as Stripe does, to its first and last ten characters."""
    if len(text) <= 2 * SHOWN_AT_EACH_END:
        return text
    return f"{text[:SHOWN_AT_EACH_END]}...{text[-SHOWN_AT_EACH_END:]}"


def _no_choice(rule: Rule, name: str) -> Fault:
    """Make the fault for an unknown choice; it lists the choices in Stripe's order, if known."""
    listed = rule.get("listed")
    message = f"Invalid {name}: must be one of {_in_words(listed or rule['enum'])}"
    return Fault(message, param=name, assumption=None if listed else "choice-order")


def _in_words(choices: Sequence[str]) -> str:
    """Write "a", "a or b", "a, b, or c"."""
    *rest, last = choices
    comma = "," if len(rest) > 1 else ""
    return f"{', '.join(rest)}{comma} or {last}" if rest else last
