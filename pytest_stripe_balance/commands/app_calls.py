"""Compares an app's calls of stripe-python with what the fake models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_stripe_balance.api import parameters, routes
from pytest_stripe_balance.api.parameters import ANYTHING, Modelled
from pytest_stripe_balance.commands import app_source
from pytest_stripe_balance.commands.app_literals import REST, UNREAD
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.contract.derive import installed_sdk
from pytest_stripe_balance.contract.releases import release_of
from pytest_stripe_balance.contract.sdk import Sdk
from pytest_stripe_balance.contract.sdk_names import Names
from pytest_stripe_balance.report.app_report import AppCall, AppReport, Unclear
from pytest_stripe_balance.resources import newest_api_version

UNTOLD = "a part of its parameters is made while the app runs"


def compared(paths: Sequence[str]) -> AppReport:
    """Find and compare the calls in files and folders; ValueError for a path that isn't there.

    The names are those of the installed stripe-python. The parameters are those of its API version, or
    of the newest that is modelled.
    """
    names = Names(Sdk(installed_sdk()))
    source = app_source.read(paths, names)
    pinned = names.sdk.api_version
    version = pinned if release_of(pinned) is not None else newest_api_version()
    calls, unclear = [], source.unclear
    for found in source.found:
        call = _compared(found, version)
        if call.is_modelled and _is_untold(found):
            unclear.append(Unclear(found.file, found.line, found.name, UNTOLD))
        else:
            calls.append(call)
    return AppReport(paths, source.files, calls, unclear)


def _is_untold(found: app_source.AskedInSource) -> bool:
    method, _, path = found.call.partition(" ")
    matched = routes.match(method, path.replace("{}", "x"))
    return matched is not None and _has_unread(found.params, parameters.modelled_by(matched[0].verb))


def _has_unread(value: Any, modelled: Modelled) -> bool:  # noqa: ANN401 - any literal
    """Tell whether a hash or an array can't be read in which something may not be modelled."""
    if value is UNREAD:
        return modelled.members is not None or modelled.items is not None
    if isinstance(value, dict):
        members = modelled.members
        return members is not None and any(
            name == REST or _has_unread(inner, members.get(name, ANYTHING))
            for name, inner in value.items()
        )
    if isinstance(value, list):
        return any(_has_unread(one, modelled.items or ANYTHING) for one in value)
    return False


def _read(value: Any) -> Any:  # noqa: ANN401 - any literal
    """Give a value with None in the place of what can't be read."""
    if isinstance(value, dict):
        return {name: _read(inner) for name, inner in value.items() if name != REST}
    if isinstance(value, list):
        return [_read(one) for one in value]
    return None if value is UNREAD else value


def _compared(found: app_source.AskedInSource, version: str) -> AppCall:
    method, _, path = found.call.partition(" ")
    place = (found.file, found.line, found.name)
    matched = routes.match(method, path.replace("{}", "x"))
    if matched is None:
        return AppCall(*place, found.call, is_route=False)
    row, _ = matched
    rule = contract(version).rule(row.name)
    if rule is None:
        return AppCall(*place, row.name, is_route=True, lacking=f"Stripe has it since {row.since}")
    given: dict[str, Any] = _read(found.params)
    params = {name: value for name, value in given.items() if name not in row.placeholders}
    known = {name: value for name, value in params.items() if name in rule["properties"]}
    gaps = tuple(gap.shown for gap in parameters.gaps(known, row.verb))
    unknown = tuple(name for name in params if name not in known)
    return AppCall(*place, row.name, is_route=True, gaps=gaps, unknown=unknown)
