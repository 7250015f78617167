"""Compares an app's calls of stripe-python with what the fake models."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_stripe_balance.api import parameters, routes
from pytest_stripe_balance.commands import app_source
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.contract.derive import installed_sdk
from pytest_stripe_balance.contract.releases import release_of
from pytest_stripe_balance.contract.sdk import Sdk
from pytest_stripe_balance.contract.sdk_names import Names
from pytest_stripe_balance.report.app_report import AppCall, AppReport
from pytest_stripe_balance.resources import newest_api_version


def compared(paths: Sequence[str]) -> AppReport:
    """Find and compare the calls in files and folders; ValueError for a path that isn't there.

    The names are those of the installed stripe-python. The parameters are those of its API version, or
    of the newest that is modelled.
    """
    names = Names(Sdk(installed_sdk()))
    source = app_source.read(paths, names)
    pinned = names.sdk.api_version
    version = pinned if release_of(pinned) is not None else newest_api_version()
    calls = [_compared(found, version) for found in source.found]
    return AppReport(paths, source.files, calls, source.unclear)


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
    params = {name: value for name, value in found.params.items() if name not in row.placeholders}
    known = {name: value for name, value in params.items() if name in rule["properties"]}
    gaps = tuple(gap.shown for gap in parameters.gaps(known, row.verb))
    unknown = tuple(name for name in params if name not in known)
    return AppCall(*place, row.name, is_route=True, gaps=gaps, unknown=unknown)
