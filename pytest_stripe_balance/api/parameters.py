"""Checks a request's parameters twice: against Stripe's documentation, and against the verb.

1. Rules derived from the SDK's types come from the session. A parameter against them gets Stripe's own
   error (docs/stripe.md 5.4).
2. The verb's signature lists the modelled parameters. A documented parameter that it lacks is Refused.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, is_typeddict

from pytest_stripe_balance.api import texts
from pytest_stripe_balance.api.form import Form, bracketed
from pytest_stripe_balance.engine.state import faults, fields
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.refused import EXPECTED, Refused

Rule = Mapping[str, Any]
Path = tuple[str, ...]
MAX_DIGITS = 18
EXCLUSIVE = (
    ("starting_after", "ending_before"),
    ("type", "types"),
    ("payment_method", "payment_method_data"),
    ("allowed_payment_method_types", "automatic_payment_methods"),
    ("allowed_payment_method_types", "payment_method_types"),
    ("automatic_payment_methods", "payment_method_types"),
    ("amount", "quantity"),
    ("amount", "unit_amount_decimal"),
    ("days_until_due", "due_date"),
)
# What Stripe says an unknown parameter may mean, where the call has that one [obs
# onetimesecret/onetimesecret, of invoice items].
_MEANT = {"price": "pricing"}
INDEX = re.compile(r"[0-9]{1,4}")
NAMELIKE = re.compile(r"[a-z_]{1,40}")
_DECIMAL = re.compile(r"-?[0-9]{0,20}\.?[0-9]{1,20}")
_LETS_THROUGH = (
    "This line of stripe_ignore in pytest's ini file, or of ignore=[...] in the marker, lets through "
    "what is on it, without a meaning:"
)
BELOW_MINIMUM = "This value must be greater than or equal to 1."


def read(form: Form, rule: Rule) -> dict[str, Any]:
    """Turn a decoded form into typed parameters by `rule`, a node like JSON Schema's.

    An empty string becomes None if it may clear the parameter. Raises the Fault of the first mistake:
    unknown names, then missing ones, then each value's type and range.
    """
    return _hash(form, rule, ())


def value_at(path: Path, raw: str | Form, rule: Rule) -> Any:  # noqa: ANN401 - any JSON
    """Read one value, as `read` does. `path` is its name in a fault."""
    if raw == "":
        return _cleared(rule, path)
    if "anyOf" in rule:
        return _alternative(raw, rule["anyOf"], path)
    match rule.get("type"):
        case "string":  # most values are strings
            return _string(raw, rule, path)
        case "object":
            return _hash(raw, rule, path)
        case "array":
            return _array(raw, rule, path)
        case "integer":
            return _integer(raw, rule, path)
        case "boolean":
            return _boolean(raw, path)
        case "number":
            return _number(raw, path)
        case kind:  # "any": the SDK's types don't say
            return raw if kind == "any" else _string(raw, rule, path)


def _alternative(raw: str | Form, rules: list[Rule], path: Path) -> Any:  # noqa: ANN401 - any JSON
    """Read by the first alternative that accepts the value, or raise the first one's fault."""
    nested = ("object", "array")
    fitting = [rule for rule in rules if (rule.get("type") in nested) == isinstance(raw, dict)]
    fault: Fault | None = None
    for rule in fitting or rules[:1]:
        try:
            return value_at(path, raw, rule)
        except Fault as refused:
            fault = fault or refused
    assert fault is not None, "unreachable because one alternative at least was tried"
    raise fault


def _cleared(rule: Rule, path: Path) -> None:
    """Accept an empty string where it clears the parameter; a fault elsewhere."""
    if any(option.get("clearable") for option in (rule, *rule.get("anyOf", ()))):
        return
    name = bracketed(path)
    message = (
        f"You passed an empty string for '{name}'. We assume empty values are an attempt to "
        f"unset a parameter; however '{name}' cannot be unset. You should remove '{name}' from "
        "your request or supply a non-empty value."
    )
    raise Fault(message, code="parameter_invalid_empty", param=name)


def _hash(raw: str | Form, rule: Rule, path: Path) -> dict[str, Any]:
    """Read a hash with named members, or a map such as metadata."""
    if not isinstance(raw, dict):
        raise _not_a("object", path)
    members = rule.get("properties")
    if members is None:
        return _map(raw, rule, path)
    if not raw.keys() <= members.keys():
        raise _unknown([bracketed((*path, name)) for name in raw if name not in members], members)
    for name in raw:
        if "gone" in members[name]:
            raise _gone(members[name], (*path, name))
    for name in rule.get("required", ()):
        if name not in raw:
            raise faults.missing_parameter(bracketed((*path, name)))
    return {name: value_at((*path, name), value, members[name]) for name, value in raw.items()}


def _map(raw: Form, rule: Rule, path: Path) -> dict[str, Any]:
    """Read a map with free keys, such as metadata. An empty value stays: it removes the key.

    A key or value that is too long is a fault with the map's name as param.
    """
    inner, of_keys = rule.get("additionalProperties", {}), rule.get("propertyNames", {})
    name = bracketed(path)
    read: dict[str, Any] = {}
    for key, value in raw.items():
        texts.check_length(key, of_keys, name)
        if isinstance(value, str):
            texts.check_length(value, inner, name)
        read[key] = value if value == "" else value_at((*path, key), value, inner)
    return read


def _array(raw: str | Form, rule: Rule, path: Path) -> list[Any]:
    """Read an array, in the order of its indexes."""
    if not isinstance(raw, dict) or not all(map(INDEX.fullmatch, raw)):
        raise _not_a("array", path)
    if len(raw) > (most := rule.get("maxItems", len(raw))):
        name = bracketed(path)
        message = f"Array {name} exceeded maximum {most} allowed elements."
        raise Fault(message, param=name, assumption="parameter-texts")
    inner = rule.get("items", {})
    in_order = sorted(raw.items(), key=lambda item: int(item[0]))
    return [value_at((*path, index), value, inner) for index, value in in_order]


def _unknown(names: list[str], members: Container[str]) -> Fault:
    if len(names) == 1:
        message = f"Received unknown parameter: {names[0]}"
        if (meant := _MEANT.get(names[0])) in members:
            message += f". Did you mean {meant}?"
    else:
        message = f"Received unknown parameters: {', '.join(names)}"
    return Fault(message, code="parameter_unknown", param=names[0])


def _gone(rule: Rule, path: Path) -> Fault:
    name = bracketed(path)
    message = (
        f"The parameter {name} is no longer supported in this API version. Use allowed_{name} instead."
    )
    return Fault(message, code=rule["gone"], param=name, assumption="payment-method-types-gone")


def _scalar(raw: str | Form, kind: str, path: Path) -> str:
    if isinstance(raw, dict):
        raise _not_a(kind, path)
    return raw


def _not_a(kind: str, path: Path) -> Fault:
    return Fault(f"Invalid {kind}", param=bracketed(path), assumption="parameter-texts")


def _integer(raw: str | Form, rule: Rule, path: Path) -> int:
    text = _scalar(raw, "integer", path)
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > MAX_DIGITS:
        raise _bad_integer(f"Invalid integer: {text}", path)
    number = int(text)
    if number < rule.get("minimum", number):
        raise _bad_integer(rule.get("below", BELOW_MINIMUM), path)
    return number


def _bad_integer(message: str, path: Path) -> Fault:
    return Fault(message, code="parameter_invalid_integer", param=bracketed(path))


def _boolean(raw: str | Form, path: Path) -> bool:
    text = _scalar(raw, "boolean", path)
    if text.lower() not in ("true", "false"):
        raise _not_a(f"boolean: {text}", path)
    return text.lower() == "true"


def _number(raw: str | Form, path: Path) -> Decimal:
    text = _scalar(raw, "number", path)
    if not _DECIMAL.fullmatch(text):
        raise _not_a(f"decimal: {text}", path)
    return Decimal(text)


def _string(raw: str | Form, rule: Rule, path: Path) -> str:
    if isinstance(raw, dict):
        raise _not_a("string", path)
    if len(rule) > 1:  # it has more rules than its type
        texts.check(raw, rule, bracketed(path))
    return raw


@dataclass(frozen=True)
class Modelled:
    """The values that a verb models: any, certain ones, a hash of members, or a list of items."""

    values: frozenset[object] | None = None
    members: Mapping[str, Modelled] | None = None
    items: Modelled | None = None


ANYTHING = Modelled()


@cache
def modelled_by(verb: Callable[..., object]) -> Modelled:
    """Read the modelled parameters from a verb's signature, nested ones too."""
    members: dict[str, Modelled] = {}
    scope = verb.__globals__
    for parameter in inspect.signature(verb).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY:
            members[parameter.name] = _modelled(eval(parameter.annotation, scope))  # noqa: S307 - our own annotations
        elif parameter.kind is parameter.VAR_KEYWORD:
            (unpacked,) = get_args(eval(parameter.annotation, scope))  # noqa: S307 - as above
            members.update(_modelled(unpacked).members or {})
    return Modelled(members=members)


def _modelled(annotation: Any) -> Modelled:  # noqa: ANN401 - any type
    if is_typeddict(annotation):
        hints = typing.get_type_hints(annotation)
        return Modelled(members={name: _modelled(hint) for name, hint in hints.items()})
    origin = get_origin(annotation)
    if origin is Literal:
        return Modelled(values=frozenset(get_args(annotation)))
    if origin is list:
        return Modelled(items=_modelled(get_args(annotation)[0]))
    if origin in (Union, UnionType):
        kinds = [_modelled(kind) for kind in get_args(annotation) if kind is not type(None)]
        return kinds[0] if len(kinds) == 1 else ANYTHING
    return ANYTHING


def refuse_together(params: Mapping[str, Any], where: str) -> None:
    """Refuse parameters that exclude each other, because Stripe's answer is unknown."""
    for first, second in EXCLUSIVE if len(params) > 1 else ():
        if first in params and second in params:
            raise Refused(f"{where}: {first} and {second} exclude each other. Send one of them")


class Gap(NamedTuple):
    """A documented parameter that a verb doesn't model, or a value of one that it models otherwise.

    `name` is as `ignored_name` has it. `shown` is for messages, and `values` are the modelled ones.
    """

    name: str
    shown: str
    values: frozenset[object] | None = None


def without_cleared(params: Mapping[str, Any], verb: Callable[..., object]) -> dict[str, Any]:
    """Take out unmodelled parameters that are cleared, in hashes too.

    Clearing them changes nothing, because the fake never sets them.
    """
    kept: dict[str, Any] = _without_cleared(params, modelled_by(verb))
    return kept


def _without_cleared(value: Any, modelled: Modelled) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, Mapping) and (members := modelled.members) is not None:
        return {
            name: _without_cleared(inner, members.get(name, ANYTHING))
            for name, inner in value.items()
            if name in members or not fields.is_cleared(inner)
        }
    if isinstance(value, list) and modelled.items is not None:
        return [_without_cleared(inner, modelled.items) for inner in value]
    return value


def refuse_unmodelled(params: Mapping[str, Any], verb: Callable[..., object], where: str) -> None:
    """Refuse all documented parameters and values that the verb doesn't model; `where` is the call."""
    if found := gaps(params, verb):
        raise Refused(f"{where}: {_told(found, where)}")


def gaps(params: Mapping[str, Any], verb: Callable[..., object]) -> list[Gap]:
    """Find all documented parameters and values that a verb doesn't model. A value of None is any."""
    return list(_gaps(params, modelled_by(verb), ()))


def ignored_name(path: Path) -> str:
    """Write a parameter's place, whichever item of an array it is in: "items[][price]"."""
    return bracketed(path[:1]) + "".join(
        "[]" if INDEX.fullmatch(step) else f"[{step}]" for step in path[1:]
    )


def _told(found: list[Gap], where: str) -> str:
    """Name all gaps and the ways out; last the line that lets all of them through.

    A value of a modelled parameter can't be ignored, so that with one of those no line would do.
    """
    shown = list(dict.fromkeys(gap.shown for gap in found))
    s, them = ("", "it") if len(shown) == 1 else ("s", "them")
    told = f"Stripe takes the parameter{s} {', '.join(shown)}, and the fake does not model {them}. "
    modelled = {gap.name: gap.values for gap in found if gap.values is not None}
    for name, values in modelled.items():
        told += f"Of {name} it models {', '.join(sorted(map(str, values)))}. "
    told += f"Leave {them} out in this test, or {EXPECTED}"
    if modelled:
        return told
    names = dict.fromkeys(gap.name for gap in found)
    return f"{told}. {_LETS_THROUGH}\n    {' '.join((where, *names))}"


def _gaps(value: Any, modelled: Modelled, path: Path) -> Iterator[Gap]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict) and (members := modelled.members) is not None:
        for name, inner in value.items():
            if name not in members:
                yield _gap((*path, name), inner)
            elif members[name] is not ANYTHING:
                yield from _gaps(inner, members[name], (*path, name))
    elif isinstance(value, list) and modelled.items is not None:
        for index, inner in enumerate(value):
            yield from _gaps(inner, modelled.items, (*path, str(index)))
    elif modelled.values is not None and value is not None and value not in modelled.values:
        yield _gap(path, value, modelled.values)


def _gap(path: Path, value: object, values: frozenset[object] | None = None) -> Gap:
    # Only values like Stripe's own words are shown; others could be secrets.
    shown = f"={value!r}" if value is not None and NAMELIKE.fullmatch(str(value).lower()) else ""
    return Gap(ignored_name(path), f"{bracketed(path)}{shown}", values)
