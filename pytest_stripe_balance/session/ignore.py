"""The setting `ignore`: its lines, checked against what Stripe documents and what the fake models."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pytest_stripe_balance.api import parameters, routes
from pytest_stripe_balance.api.endpoint import Endpoint
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.modes import BadSettingError, Setting
from pytest_stripe_balance.resources import api_versions

_PLACEHOLDER = re.compile(r"\{\w*\}")
_STEP = re.compile(r"\w+|\[\w*\]")
_NAME = re.compile(r"\w+(\[\w*\])*")
_FORM = "is not of the form `POST /v1/invoices default_tax_rates`: a call, and names of its parameters"
Rule = Mapping[str, Any]


class Ignore(NamedTuple):
    """What a test lets through: names by call, and what to say of the lines that have no use."""

    names: Mapping[str, frozenset[str]]
    notes: tuple[str, ...]


def read_ignored(lines: Iterable[Setting]) -> Ignore:
    """Read lines as "POST /v1/invoices default_tax_rates"; BadSettingError names a slip's nearest.

    A parameter that the fake models is left out, and a note says so.
    """
    found: dict[str, set[str]] = {}
    notes: dict[str, None] = {}
    for line in lines:
        row, names = _read(line)
        for name in names:
            if _is_modelled(row, name):
                notes[f"the fake models {name} of {row}: take it out of stripe_ignore"] = None
            else:
                _check_documented(row, name, line.source)
                found.setdefault(row.name, set()).add(name)
    return Ignore({call: frozenset(names) for call, names in found.items()}, tuple(notes))


def _read(line: Setting) -> tuple[Endpoint, list[str]]:
    method, *rest = line.value.split() or [""]
    path, *names = rest or [""]
    if not names or not path.startswith("/"):
        raise BadSettingError(f"{line.source}: {line.value!r} {_FORM}")
    wanted = f"{method.upper()} {path}"
    for row in routes.ENDPOINTS:
        if _shape(row.name) == _shape(wanted):
            return row, names
    nearest = _nearest(wanted, [row.name for row in routes.ENDPOINTS])
    raise BadSettingError(
        f"{line.source}: the fake models no call {wanted!r}, so no parameter of it can be ignored; "
        f"nearest: {nearest}"
    )


def _shape(call: str) -> str:
    return _PLACEHOLDER.sub("{}", call)


def _steps(name: str) -> list[str]:
    """Give a name's steps, "" for any item of an array: "items[][price]" is items, "", price."""
    return [step.strip("[]") for step in _STEP.findall(name)]


def _is_modelled(row: Endpoint, name: str) -> bool:
    modelled = parameters.modelled_by(row.verb)
    for step in _steps(name):
        if step == "":
            modelled = modelled.items or parameters.ANYTHING
        elif modelled.members is None:
            break
        elif step not in modelled.members:
            return name == "expand"
        else:
            modelled = modelled.members[step]
    return True


def _check_documented(row: Endpoint, name: str, source: str) -> None:
    """Accept a parameter that any API version documents: elsewhere it is Stripe's own 400."""
    known: dict[str, None] = {}
    for version in reversed(api_versions()):
        rule = contract(version).rule(row.name)
        if rule is not None and _NAME.fullmatch(name) and _documents(rule, name, known):
            return
    raise BadSettingError(
        f"{source}: Stripe documents no parameter {name!r} of {row}; nearest: {_nearest(name, known)}"
    )


def _documents(rule: Rule, name: str, known: dict[str, None]) -> bool:
    """Say whether a rule has a parameter; `known` collects what there is where the names part."""
    rules, before = [rule], ""
    for step in _steps(name):
        options = [option for one in rules for option in (one, *one.get("anyOf", ()))]
        named = {key: inner for one in options for key, inner in one.get("properties", {}).items()}
        items = [option["items"] for option in options if "items" in option]
        free = [one["additionalProperties"] for one in options if "additionalProperties" in one]
        rules = items if step == "" else [named[step]] if step in named else free
        if not rules:
            known |= dict.fromkeys(f"{before}[{key}]" if before else key for key in named)
            known |= dict.fromkeys([f"{before}[]"] if items else [])
            return False
        before = f"{before}[{step}]" if before else step
    return True


def _nearest(wanted: str, known: Iterable[str]) -> str:
    return ", ".join(difflib.get_close_matches(wanted, sorted(known), cutoff=0)) or "none"
