"""The command `schemas`: lists, shows and compares the schemas of API versions."""

from __future__ import annotations

from typing import Any

from pytest_stripe_balance import resources
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.contract.kinds import hint

Json = Any


def releases() -> str:
    """Write the API releases that have schemas, oldest first, each with its stripe-python."""
    from pytest_stripe_balance.report import version_diff as report  # noqa: PLC0415 - `check` has no use for it

    contracts = [(release, contract(release.api_version)) for release in resources.releases()]
    return report.releases(
        (release.api_version, release.sdk, len(rules.objects), len(rules.endpoints))
        for release, rules in contracts
    )


def objects(api_version: str) -> list[str]:
    """Name the objects that have a schema at an API version; ValueError if the version has none."""
    return sorted(contract(api_version).objects)


def schema(name: str, api_version: str | None) -> Json:
    """Give an object's schema at an API version, or at the newest; ValueError if there is none."""
    rules = contract(api_version or resources.newest_api_version())
    if name not in rules.objects:
        raise ValueError(f"no schema for {name!r} at {rules.release}; {hint(name, rules.objects)}")
    return rules.schema(name)


def compared(old: str, new: str, name: str | None, form: str) -> str:
    """Write what changed between two API versions, in everything or in one object and its requests.

    `form` is "text" or "json". ValueError if a version or the object has no schema.
    """
    from pytest_stripe_balance.api.routes import ENDPOINTS  # noqa: PLC0415 - as above
    from pytest_stripe_balance.contract.differences import differences  # noqa: PLC0415
    from pytest_stripe_balance.report import version_diff as report  # noqa: PLC0415

    sides = [contract(old), contract(new)]
    known = set().union(*(side.objects for side in sides))
    if name is not None and name not in known:
        raise ValueError(f"no schema for {name!r}; {hint(name, known)}")
    wanted = {name, *(str(endpoint) for endpoint in ENDPOINTS if endpoint.returns == name)}
    rows = [row for row in differences(*sides) if name is None or row.where in wanted]
    titles = [
        side.release
        if side.release == side.api_version
        else f"{side.api_version} (schemas of {side.release})"
        for side in sides
    ]
    if form == "json":
        return report.as_json(titles[0], titles[1], rows)
    return report.as_table(" -> ".join(titles), rows)
