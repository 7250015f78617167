"""Form encoding as Stripe reads it: `a[b][c]=v`, arrays as `a[0]=` or `a[]=` (FACTS 6.1)."""

from __future__ import annotations

import re
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

from pytest_stripe_balance.engine.faults import Fault

Form: TypeAlias = "dict[str, str | Form]"
MAX_DEPTH = 10
MAX_FIELDS = 2000
BRACKETS_MATCH = re.compile(r"[^][]+(\[[^][]*\])*")
BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def decode(text: str) -> Form:
    """Read form fields into nested hashes of strings; an array is a hash with keys "0", "1", ...

    A Fault (400) for what can't be read: a percent sign that escapes nothing, bytes that aren't UTF-8,
    brackets that don't match, a name used both for a value and for a hash, or far too much of anything.
    The last of two equal names wins.
    """
    form: Form = {}
    fields = [field for field in text.split("&") if field]
    if len(fields) > MAX_FIELDS:
        raise _unreadable(f"more than {MAX_FIELDS} parameters.")
    for field in fields:
        name, _, value = field.partition("=")
        _put(form, _path(_unquote(name)), _unquote(value))
    return form


def _unquote(text: str) -> str:
    if "%" not in text and text.isascii():  # most are, and the long way takes four times as long
        return text.replace("+", " ")
    if BAD_ESCAPE.search(text):
        raise _unreadable("the parameters have a % that two hexadecimal digits don't follow.")
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
    except UnicodeError:
        raise _unreadable("the parameters are not valid UTF-8.") from None


def _path(name: str) -> list[str]:
    """Split `a[b][]` into ["a", "b", ""]."""
    head, bracket, rest = name.partition("[")
    if not bracket:
        return [name]
    path = [head, *rest[:-1].split("][")]
    if len(path) > MAX_DEPTH or not BRACKETS_MATCH.fullmatch(name):
        raise _unreadable(f"the parameter name {name[:80]!r} cannot be read.")
    return path


def _put(form: Form, path: list[str], value: str) -> None:
    for place, part in enumerate(path[:-1]):
        inner = form.setdefault(part or str(len(form)), {})
        if not isinstance(inner, dict):
            raise _both(path[: place + 1])
        form = inner
    last = path[-1] or str(len(form))
    if isinstance(form.get(last), dict):
        raise _both(path)
    form[last] = value


def _both(path: list[str]) -> Fault:
    name = bracketed(path)
    return _unreadable(f"{name} is given both as a value and as a hash.", name)


def _unreadable(why: str, param: str | None = None) -> Fault:
    return Fault(f"Invalid request: {why}", param=param, assumed="parameter-texts")


def bracketed(path: list[str]) -> str:
    """Write a path as Stripe names parameters: `a[b][c]`."""
    return path[0] + "".join(f"[{part}]" for part in path[1:])
