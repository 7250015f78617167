"""What a form's names alone decide, found once: that all is well with them, and how each value is read.

Tests ask for the same few things with other values. By `form` and `parameters` each request would find
out again that its names are known, modelled, complete and nested as they are: for a create that was a
fifth of its time in the fake. What isn't plain here is read by them, and they say what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from pytest_stripe_balance.api import form, parameters, texts
from pytest_stripe_balance.api.form import Form
from pytest_stripe_balance.api.parameters import ANYTHING, Modelled, Path, Rule
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.refused import Refused

LONG = 4000  # characters; of what is longer no names are kept
BOOLEANS = {"true": True, "false": False}
# Where a part goes (the container by its number, its key there), which value it is, and how that is
# read, None as it is; a container has no value, and what makes it.
Step = tuple[int, str | int, int | None, Callable[..., Any] | None]


class _NotPlainError(Exception):
    """Names that need the long way."""


def read(
    text: str, endpoint: str, rule: Callable[[str], Rule | None], verb: Callable[..., object]
) -> dict[str, Any] | None:
    """Read a form into typed parameters, as `parameters.read` does; None where that is to do it.

    A Fault is the one that it would raise.
    """
    if len(text) > LONG or not text.isascii():
        return None
    fields = [field.partition("=") for field in text.replace("+", " ").split("&")] if text else []
    values = [value for _, _, value in fields]
    if "" in values:  # clears, or is nothing
        return None
    steps = _steps(endpoint, rule, verb, tuple([name for name, _, _ in fields]))
    if steps is None:
        return None
    if "%" in text:
        values = [form.unquote(value) if "%" in value else value for value in values]
    params: dict[str, Any] = {}
    made: list[Any] = [params]
    try:
        for into, key, place, reader in steps:
            if place is None:
                made[into][key] = container = reader()  # type: ignore[misc] # what makes it
                made.append(container)
            else:
                made[into][key] = reader(values[place]) if reader else values[place]
    except KeyError:  # a choice that isn't there, or a text that doesn't fit
        return None
    return params


@lru_cache(256)
def _steps(
    endpoint: str,
    rule: Callable[[str], Rule | None],
    verb: Callable[..., object],
    names: tuple[str, ...],
) -> list[Step] | None:
    """Find how a form with these names is read; None where that can't be told without its values."""
    found = _Steps()
    try:
        # Each value's place stands for it.
        places = form.decode("&".join(f"{name}={place}" for place, name in enumerate(names)))
        found.of_hash(0, places, rule(endpoint) or {}, parameters.modelled_by(verb), ())
        parameters.refuse_together(places, endpoint)
    except (_NotPlainError, Fault, Refused):
        return None
    return found.steps


class _Steps:
    """Finds the steps, as `parameters` would take them; _NotPlainError where the long way is due."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._containers = 1

    def of_hash(self, into: int, places: Form, rule: Rule, modelled: Modelled, path: Path) -> None:
        """Find how a container's named members, or those of a map, are read."""
        members, known = rule.get("properties"), modelled.members
        longest = rule.get("propertyNames", {}).get("maxLength", LONG)
        if max(map(len, places), default=0) > longest:
            raise _NotPlainError
        required = {*rule.get("required", ())}
        if members is not None and not required <= places.keys() <= members.keys():
            raise _NotPlainError
        for name, place in places.items():
            inner = rule.get("additionalProperties", {}) if members is None else members[name]
            within = ANYTHING
            if known is not None and (path or name != "expand"):  # which is no verb's to model
                if name not in known:
                    raise _NotPlainError
                within = known[name]
            self._of_part(into, name, place, inner, within, (*path, name))

    def _of_part(
        self,
        into: int,
        key: str | int,
        place: str | Form,
        rule: Rule,
        modelled: Modelled,
        path: Path,
    ) -> None:
        if "gone" in rule:
            raise _NotPlainError
        if isinstance(place, str):
            self.steps.append((into, key, int(place), _reader(rule, modelled, path)))
            return
        if "anyOf" in rule:
            fitting = [option for option in rule["anyOf"] if option.get("type") in ("object", "array")]
            if len(fitting) != 1:
                raise _NotPlainError
            (rule,) = fitting
        kind = rule.get("type")
        if kind == "object" and modelled.items is None and modelled.values is None:
            self.of_hash(self._container(into, key, dict), place, rule, modelled, path)
        elif kind == "array" and modelled.members is None and modelled.values is None:
            self._of_array(into, key, place, rule, modelled, path)
        else:
            raise _NotPlainError

    def _of_array(
        self, into: int, key: str | int, places: Form, rule: Rule, modelled: Modelled, path: Path
    ) -> None:
        if not all(map(parameters.INDEX.fullmatch, places)):
            raise _NotPlainError
        array = self._container(into, key, partial(list, [None] * len(places)))
        in_order = sorted(places.items(), key=lambda item: int(item[0]))
        for at, (index, place) in enumerate(in_order):
            within = modelled.items or ANYTHING
            self._of_part(array, at, place, rule.get("items", {}), within, (*path, index))

    def _container(self, into: int, key: str | int, make: Callable[[], Any]) -> int:
        self.steps.append((into, key, None, make))
        self._containers += 1
        return self._containers - 1


def _reader(rule: Rule, modelled: Modelled, path: Path) -> Callable[[str], Any] | None:
    """Give what reads one value, by a look-up where it is one of few; a KeyError for another."""
    if modelled.members is not None or modelled.items is not None:
        raise _NotPlainError
    kind, known = rule.get("type"), modelled.values
    choices: dict[str, Any] = {}
    if kind == "boolean":
        choices = BOOLEANS
    elif kind == "string":
        choices = {choice: choice for choice in rule.get("enum", known or ())}
    if choices:
        modelled_ones = {
            text: choice for text, choice in choices.items() if known is None or choice in known
        }
        return modelled_ones.__getitem__
    if known is not None:
        raise _NotPlainError
    if kind != "string":
        return partial(parameters.value_at, path, rule=rule)
    # What is longer than LONG doesn't come here.
    if "format" in rule or rule.get("maxLength", LONG) < LONG:
        return partial(_fitting, rule)
    return None


def _fitting(rule: Rule, text: str) -> str:
    """Read a text that is bound; a KeyError for one that isn't as its rule asks."""
    if not texts.fits(text, rule):
        raise KeyError(text)
    return text
