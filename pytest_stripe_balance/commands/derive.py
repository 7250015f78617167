"""The command `derive`: schemas, parameter rules and the list of calls, from stripe-python's types."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_stripe_balance import resources
from pytest_stripe_balance.commands import sdk_releases, terminal
from pytest_stripe_balance.commands.calls import returned
from pytest_stripe_balance.report.exit_codes import OK
from pytest_stripe_balance.resources import Release

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_stripe_balance.contract.schema_files import Contents


class Derived(NamedTuple):
    """What one stripe-python gave."""

    release: Release
    contents: Contents


def derive_schemas(options: argparse.Namespace) -> int:
    """Write schemas, parameter rules and the list of calls; give the exit code."""
    from pytest_stripe_balance.contract import schema_files  # noqa: PLC0415 - only this command needs it

    if options.all and options.sdk:
        raise ValueError("--all takes each release from its own stripe-python; leave --sdk out")
    if options.into is None and resources.is_installed():
        raise ValueError("not in a checkout, whose schemas/ are written to; --into writes elsewhere")
    into = options.into or resources.folder("schemas")
    before = {release.folder: contents for release, contents in schema_files.read(into).items()}
    derived = _all_derived(options)
    _refuse_losses(derived, before, into)
    for release, contents in derived:
        _tell(release, contents, before.get(release.folder), into)
    changed = schema_files.write(_together(derived, into), into)
    terminal.say(f"{into}: {changed} files changed")
    if options.into is None:
        resources.releases.cache_clear()
    calls = Path(__file__).parents[2] / "docs" / "calls.md"
    if options.into is None and calls.is_file():
        calls.write_text(_with_calls(calls.read_text("utf-8")), "utf-8")
    return OK


def _all_derived(options: argparse.Namespace) -> list[Derived]:
    """Derive from one stripe-python, or from that of each release."""
    from pytest_stripe_balance.contract import derive  # noqa: PLC0415 - as above

    if not options.all:
        return [_derived(options.sdk or derive.installed_sdk(), options.into)]
    with tempfile.TemporaryDirectory() as downloads:
        sdks = [sdk_releases.unpacked(each.sdk, Path(downloads)) for each in resources.releases()]
        return [_derived(sdk, options.into) for sdk in sdks]


def _derived(folder: Path, into: Path | None) -> Derived:
    """Derive everything from the `stripe` folder of a stripe-python.

    ValueError for a stripe-python that can't be read, that lacks a call of api/routes.py, or that is
    older than the schemas it would replace.
    """
    from pytest_stripe_balance.api import routes  # noqa: PLC0415 - as above
    from pytest_stripe_balance.contract import derive, releases  # noqa: PLC0415
    from pytest_stripe_balance.contract.sdk import Sdk  # noqa: PLC0415

    sdk = Sdk(folder)
    version = sdk.api_version
    known = releases.release_of(version)
    if into is None or known is None:
        release = releases.pinned_release(version, sdk.version)
    else:  # elsewhere any month will do
        release = known._replace(api_version=version, sdk=sdk.version)
    try:
        for endpoint in routes.ENDPOINTS:
            if endpoint.since <= version:
                sdk.parameters(str(endpoint))
        return Derived(release, derive.derive(folder))
    except SyntaxError as error:
        raise ValueError(f"{error.filename or folder}:{error.lineno}: not Python: {error.msg}") from None
    except ValueError as error:
        raise ValueError(
            f"stripe {sdk.version} (API version {version}): {error}. A call that Stripe added later "
            "says so in its row of api/routes.py: since= the first API version that has it"
        ) from None


def _refuse_losses(derived: list[Derived], before: Mapping[str, Contents], into: Path) -> None:
    """Refuse to write at all when a release lacks an object that it had."""
    for release, contents in derived:
        old = before.get(release.folder)
        if old and (lost := sorted(old.objects.keys() - contents.objects.keys())):
            raise ValueError(
                f"stripe {release.sdk} lacks {', '.join(lost)}, which {release.folder} in {into} has; "
                "nothing was written"
            )


def _tell(release: Release, contents: Contents, old: Contents | None, into: Path) -> None:
    """Say what a release has, and how much of it is another than before."""
    objects, rules = (old.objects, old.rules) if old else ({}, {})
    changed = sum(objects.get(name) != schema for name, schema in contents.objects.items())
    changed += sum(rules.get(endpoint) != rule for endpoint, rule in contents.rules.items())
    terminal.say(
        f"{release.folder}: {len(contents.objects)} objects and {len(contents.rules)} calls, {changed} "
        f"changed (stripe {release.sdk}, API version {release.api_version})"
    )
    if old is None and into == resources.folder("schemas"):
        terminal.say(
            f"  {release.folder} is new: correct `began` in releases.json if it had an earlier month"
        )


def _together(derived: list[Derived], into: Path) -> dict[Release, Contents]:
    """Put what was derived in the place of what a folder has of the same releases; oldest first."""
    from pytest_stripe_balance.contract import schema_files  # noqa: PLC0415 - as above

    new = {release.folder for release, _ in derived}
    kept = [(row, held) for row, held in schema_files.read(into).items() if row.folder not in new]
    return dict(sorted([*kept, *derived], key=lambda row: row[0].began))


def _with_calls(page: str) -> str:
    """Put the list of the calls that are answered between its marks in docs/calls.md."""
    from pytest_stripe_balance.api import routes  # noqa: PLC0415 - as above

    before, start, rest = page.partition("<!-- calls -->\n")
    _, end, after = rest.partition("<!-- /calls -->")
    rows = ["| method | path | returns |", "|---|---|---|"]
    rows += [f"| {row.method} | `{row.path}` | {returned(row)} |" for row in routes.ENDPOINTS]
    return before + start + "\n".join(rows) + "\n" + end + after
