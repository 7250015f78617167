"""What a text may be: one of certain words, an e-mail address, no longer than its limit.

The rules are the contract's. The words are Stripe's own: of a choice docs/stripe.md 5.4 [obs], of an
address and a text that is too long docs/stripe.md 5.4 [obs].
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_stripe_balance.engine.state.faults import Fault

Rule = Mapping[str, Any]
SHOWN_AT_EACH_END = 10
_ADDRESS = re.compile(r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+")
_PART = re.compile(r"\{(ends|length|limit|text)\}")
_FULL_WIDTH = re.compile("[\uff01-\uff60\uffe0-\uffe6]")


def check(text: str, rule: Rule, name: str) -> None:
    """Hold a text to its rule; a Fault (400), with `name` as its param, for what breaks it."""
    choices = rule.get("enum")
    if choices and text not in choices:
        raise _no_choice(rule, name)
    if rule.get("format") == "email" and not is_address(text):
        raise Fault(f"Invalid email address: {text}", code="email_invalid", param=name)
    check_length(text, rule, name)


def fits(text: str, rule: Rule) -> bool:
    """Tell whether a text is what its rule asks for, choices apart."""
    return len(text) <= rule.get("maxLength", len(text)) and (
        rule.get("format") != "email" or is_address(text)
    )


def is_address(text: str) -> bool:
    """Tell an e-mail address: one @, a dot in the domain, no blank, nothing of full width."""
    return bool(_ADDRESS.fullmatch(text)) and not _FULL_WIDTH.search(text)


def check_length(text: str, rule: Rule, name: str) -> None:
    """Hold a text to its limit, in characters: `maxLength`, with what is said instead in `over`."""
    limit = rule.get("maxLength")
    if limit is None or len(text) <= limit:
        return
    message = rule.get("over", "Invalid string: {ends}; must be at most {limit} characters")
    parts = {"ends": _ends(text), "length": str(len(text)), "limit": str(limit), "text": text}
    message = _PART.sub(lambda part: parts[part[1]], message)
    raise Fault(message, param=None if rule.get("unnamed") else name, assumption="text-limits")


def _ends(text: str) -> str:
    """Show a text as Stripe does: its first ten characters and its last ten, where it has more."""
    if len(text) <= 2 * SHOWN_AT_EACH_END:
        return text
    return f"{text[:SHOWN_AT_EACH_END]}...{text[-SHOWN_AT_EACH_END:]}"


def _no_choice(rule: Rule, name: str) -> Fault:
    """Name the choices in Stripe's own order where it is on record: `listed`."""
    listed = rule.get("listed")
    message = f"Invalid {name}: must be one of {_in_words(listed or rule['enum'])}"
    return Fault(message, param=name, assumption=None if listed else "choice-order")


def _in_words(choices: Sequence[str]) -> str:
    """Write "a", "a or b", "a, b, or c"."""
    *rest, last = choices
    comma = "," if len(rest) > 1 else ""
    return f"{', '.join(rest)}{comma} or {last}" if rest else last
