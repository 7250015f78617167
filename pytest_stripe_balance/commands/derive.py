"""The command `derive`: schemas, parameter rules and the list of calls, from stripe-python's types."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from pytest_stripe_balance import resources
from pytest_stripe_balance.commands import sdk_releases, terminal
from pytest_stripe_balance.commands.calls import returned
from pytest_stripe_balance.report.exit_codes import OK
from pytest_stripe_balance.resources import Release


class Derived(NamedTuple):
    """What one stripe-python gave: documents by file name, and why it lacks some objects, by name."""

    release: Release
    documents: dict[str, Any]
    lacking: dict[str, str]


def derive_schemas(options: argparse.Namespace) -> int:
    """Write schemas, parameter rules and the list of calls; give the exit code."""
    if options.all and options.sdk:
        raise ValueError("--all takes each release from its own stripe-python; leave --sdk out")
    if options.into is None and resources.is_installed():
        raise ValueError("not in a checkout, whose schemas/ are written to; --into writes elsewhere")
    into = options.into or resources.folder("schemas")
    if options.all:
        with tempfile.TemporaryDirectory() as downloads:
            sdks = [sdk_releases.unpacked(each.sdk, Path(downloads)) for each in resources.releases()]
            everything = [_derived(sdk, options.into) for sdk in sdks]
    else:
        from pytest_stripe_balance.contract import derive  # noqa: PLC0415 - only this command needs it

        everything = [_derived(options.sdk or derive.installed_sdk(), options.into)]
    _refuse_losses(everything, into)
    for derived in everything:
        _write(derived, into)
        if options.into is None:
            _write_release(derived.release, into)
    calls = Path(__file__).parents[2] / "docs" / "calls.md"
    if options.into is None and calls.is_file():
        calls.write_text(_with_calls(calls.read_text("utf-8")), "utf-8")
    return OK


def _derived(folder: Path, into: Path | None) -> Derived:
    """Derive everything from the `stripe` folder of a stripe-python.

    ValueError for a stripe-python that can't be read, that lacks a call of api/routes.py, or that is
    older than the schemas it would replace.
    """
    from pytest_stripe_balance.api import routes  # noqa: PLC0415 - only this command needs them
    from pytest_stripe_balance.contract import derive, releases  # noqa: PLC0415
    from pytest_stripe_balance.contract.sdk import Sdk  # noqa: PLC0415

    sdk = Sdk(folder)
    version = sdk.api_version
    known = releases.release_of(version)
    if into is None or known is None:
        release = releases.pinned_release(version, sdk.version)
    else:  # elsewhere any month will do
        release = known._replace(api_version=version, sdk=sdk.version)
    calls = [str(endpoint) for endpoint in routes.ENDPOINTS if endpoint.since <= version]
    try:
        objects, lacking = derive.surface(folder)
        return Derived(release, derive.derive(folder, objects, calls), lacking)
    except SyntaxError as error:
        raise ValueError(f"{error.filename or folder}:{error.lineno}: not Python: {error.msg}") from None
    except ValueError as error:
        raise ValueError(
            f"stripe {sdk.version} (API version {version}): {error}. A call that Stripe added later "
            "says so in its row of api/routes.py: since= the first API version that has it"
        ) from None


def _refuse_losses(everything: list[Derived], into: Path) -> None:
    """Refuse to write at all when a release lacks an object that its folder has."""
    for release, _, lacking in everything:
        folder = into / release.folder
        if lost := [name for name in lacking if (folder / f"{name}.json").exists()]:
            raise ValueError(
                f"stripe {release.sdk} lacks {', '.join(lost)}, which {folder} has; nothing was written"
            )


def _write(derived: Derived, into: Path) -> None:
    from pytest_stripe_balance.contract import derive  # noqa: PLC0415 - as above

    release, documents, lacking = derived
    changed = derive.write(documents, into / release.folder)
    terminal.say(
        f"{into / release.folder}: {len(documents)} files, {changed} changed "
        f"(stripe {release.sdk}, API version {release.api_version})"
    )
    for reason in lacking.values():
        terminal.say(f"  without an object: {reason}")


def _write_release(release: Release, into: Path) -> None:
    """Bring the list of releases up to what was derived."""
    from pytest_stripe_balance.contract import derive, releases  # noqa: PLC0415 - as above

    if release in resources.releases():
        return
    rows = [f" {json.dumps(each._asdict())}" for each in releases.with_release(release)]
    derive.replace(into / "releases.json", "[\n" + ",\n".join(rows) + "\n]\n")
    resources.releases.cache_clear()
    terminal.say(f"{into / 'releases.json'}: {release.folder} is at {release.api_version} now")
    if release.began == release.api_version[:10]:
        terminal.say(f"  {release.folder} is new: correct `began` if it had an earlier month")


def _with_calls(page: str) -> str:
    """Put the list of the calls that are answered between its marks in docs/calls.md."""
    from pytest_stripe_balance.api import routes  # noqa: PLC0415 - as above

    before, start, rest = page.partition("<!-- calls -->\n")
    _, end, after = rest.partition("<!-- /calls -->")
    rows = ["| method | path | returns |", "|---|---|---|"]
    rows += [f"| {row.method} | `{row.path}` | {returned(row)} |" for row in routes.ENDPOINTS]
    return before + start + "\n".join(rows) + "\n" + end + after
