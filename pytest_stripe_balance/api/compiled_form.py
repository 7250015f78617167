"""A form parser that is compiled once for each set of names; then only the values are read.

Tests send the same few sets of names with other values. `form` and `parameters` would check the names of
each request again, which took a fifth of a create's time. They still read every form that can't be
compiled, and raise all faults.
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

LONG = 4000  # characters; longer forms aren't compiled
BOOLEANS = {"true": True, "false": False}
# How one part is read: the number of its container, its key there, the place of its value, and the
# value's reader (None: as it is). A container has no value, and its maker in place of a reader.
Step = tuple[int, str | int, int | None, Callable[..., Any] | None]


class _NotPlainError(Exception):
    """The names can't be compiled."""


def read(
    text: str, endpoint: str, rule: Callable[[str], Rule | None], verb: Callable[..., object]
) -> dict[str, Any] | None:
    """Read a form into typed parameters as `parameters.read` does; None if that has to do it.

    Both raise the same Faults.
    """
    if len(text) > LONG or not text.isascii():
        return None
    fields = [field.partition("=") for field in text.replace("+", " ").split("&")] if text else []
    values = [value for _, _, value in fields]
    if "" in values:  # an empty value clears, or has no name
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
                made[into][key] = container = reader()  # type: ignore[misc] # a container's maker
                made.append(container)
            else:
                made[into][key] = reader(values[place]) if reader else values[place]
    except KeyError:  # an unknown choice, or a text against its rule
        return None
    return params


@lru_cache(256)
def _steps(
    endpoint: str,
    rule: Callable[[str], Rule | None],
    verb: Callable[..., object],
    names: tuple[str, ...],
) -> list[Step] | None:
    """Find how to read a form with these names; None if that depends on its values."""
    found = _Steps()
    try:
        # Each value is replaced by its place in the form.
        places = form.decode("&".join(f"{name}={place}" for place, name in enumerate(names)))
        found.of_hash(0, places, rule(endpoint) or {}, parameters.modelled_by(verb), ())
        parameters.refuse_together(places, endpoint)
    except (_NotPlainError, Fault, Refused):
        return None
    return found.steps


class _Steps:
    """Finds the steps that `parameters` would take; _NotPlainError if they depend on values."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._containers = 1

    def of_hash(self, into: int, places: Form, rule: Rule, modelled: Modelled, path: Path) -> None:
        """Find how to read a container's members, named or of a map."""
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
            if known is not None and (path or name != "expand"):  # no verb has it as a parameter
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
        if len(places) > rule.get("maxItems", len(places)):
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
    """Give the reader of one value; it raises KeyError for a value that isn't allowed."""
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
    # Longer texts than LONG don't come here.
    if "format" in rule or rule.get("maxLength", LONG) < LONG:
        return partial(_fitting, rule)
    return None


def _fitting(rule: Rule, text: str) -> str:
    """Give a text that follows its rule; KeyError otherwise."""
    if not texts.fits(text, rule):
        raise KeyError(text)
    return text
