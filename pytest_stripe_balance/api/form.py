"""Form encoding as Stripe reads it: `a[b][c]=v`, arrays as `a[0]=` or `a[]=` (docs/stripe.md 6.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count
from typing import TypeAlias
from urllib.parse import unquote_to_bytes, urlencode

from pytest_stripe_balance.engine.state.faults import Fault

Form: TypeAlias = "dict[str, str | Form]"
MAX_DEPTH = 10
MAX_FIELDS = 2000
BRACKETS_MATCH = re.compile(r"[^][]+(\[[^][]*\])*")
BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_DISPOSITION = re.compile(r'(\w+)="([^"]*)"')


def of_multipart(body: str) -> str:
    """Encode the fields of a multipart body, as stripe-python sends a file; of a file its name."""
    boundary = body.partition("\r\n")[0]
    fields: list[tuple[str, str]] = []
    for part in body.split(boundary)[1:-1]:
        head, _, value = part.partition("\r\n\r\n")
        names = dict(_DISPOSITION.findall(head))
        fields.append((names.get("name", ""), names.get("filename", value.removesuffix("\r\n"))))
    return urlencode(fields)


def decode(text: str) -> Form:
    """Read form fields into nested hashes of strings. An array is a hash with keys "0", "1", ...

    If a name comes twice, the last one wins. A form that can't be read is a Fault (400):

    - a percent sign without two hexadecimal digits, or bytes that aren't UTF-8;
    - brackets that don't match;
    - a name used for a value and for a hash;
    - too many fields, or too deep a nesting.
    """
    form: Form = {}
    if not text:
        return form
    fields = [field for field in text.replace("+", " ").split("&") if field]
    if len(fields) > MAX_FIELDS:
        raise _unreadable(f"more than {MAX_FIELDS} parameters.")
    coded = "%" in text or not text.isascii()
    for field in fields:
        name, _, value = field.partition("=")
        if coded and ("%" in field or not field.isascii()):
            name, value = unquote(name), unquote(value)
        _put(form, _path(name), value)
    return form


def unquote(text: str) -> str:
    """Decode percent-encoding; a Fault for a bad escape, or for bytes that aren't UTF-8."""
    if BAD_ESCAPE.search(text):
        raise _unreadable("the parameters have a % without two hexadecimal digits after it.")
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeError:
        raise _unreadable("the parameters are not valid UTF-8.") from None


def _path(name: str) -> tuple[str, ...]:
    """Split `a[b][]` into ("a", "b", "")."""
    head, bracket, rest = name.partition("[")
    if not bracket:
        return (name,)
    path = (head, *rest[:-1].split("]["))
    if len(path) > MAX_DEPTH or not BRACKETS_MATCH.fullmatch(name):
        raise _unreadable(f"the parameter name {name[:80]!r} cannot be read.")
    return path


def _next_index(form: Form) -> str:
    return next(index for index in map(str, count(len(form))) if index not in form)


def _put(form: Form, path: Sequence[str], value: str) -> None:
    for place, part in enumerate(path[:-1]):
        inner = form.setdefault(part or _next_index(form), {})
        if not isinstance(inner, dict):
            raise _both(path[: place + 1])
        form = inner
    last = path[-1] or _next_index(form)
    if isinstance(form.get(last), dict):
        raise _both(path)
    form[last] = value


def _both(path: Sequence[str]) -> Fault:
    name = bracketed(path)
    return _unreadable(f"{name} is given both as a value and as a hash.", name)


def _unreadable(why: str, param: str | None = None) -> Fault:
    return Fault(f"Invalid request: {why}", param=param, assumption="parameter-texts")


def bracketed(path: Sequence[str]) -> str:
    """Write a path as Stripe writes parameter names: `a[b][c]`."""
    return path[0] + "".join(f"[{part}]" for part in path[1:])
