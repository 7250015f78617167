"""The command `derive`: schemas, parameter rules and the list of calls, from stripe-python's types."""

from __future__ import annotations

import argparse
from pathlib import Path

from pytest_stripe_balance.commands import terminal
from pytest_stripe_balance.commands.calls import _returned
from pytest_stripe_balance.commands.terminal import OK


def _with_calls(readme: str) -> str:
    """Put the list of the calls that are answered between its marks in the README."""
    from pytest_stripe_balance.api import routes  # noqa: PLC0415 - only derive needs it

    before, start, rest = readme.partition("<!-- calls -->\n")
    _, end, after = rest.partition("<!-- /calls -->")
    rows = ["| method | path | returns |", "|---|---|---|"]
    rows += [f"| {row.method} | `{row.path}` | {_returned(row)} |" for row in routes.ENDPOINTS]
    return before + start + "\n".join(rows) + "\n" + end + after


def _derive(options: argparse.Namespace) -> int:
    from pytest_stripe_balance import resources  # noqa: PLC0415 - only this command needs them
    from pytest_stripe_balance.api import routes  # noqa: PLC0415
    from pytest_stripe_balance.contract import derive  # noqa: PLC0415

    sdk = options.sdk or derive.installed_sdk()
    version = derive.api_version(sdk)
    folder = (options.into or resources.folder("schemas")) / derive.release_folder(version)
    if options.into is None and resources.is_installed():
        raise ValueError("not in a checkout, whose schemas/ are written to; --into writes elsewhere")
    if options.into is None and folder.name != version:
        raise ValueError(
            f"{sdk} pins {version}; the folder holds {folder.name}. --into writes elsewhere"
        )
    try:
        objects, skipped = derive.surface(sdk)
        calls = [str(endpoint) for endpoint in routes.ENDPOINTS if endpoint.since <= version]
        documents = derive.derive(sdk, objects, calls)
    except SyntaxError as error:
        raise ValueError(f"{error.filename or sdk}:{error.lineno}: not Python: {error.msg}") from None
    if lost := [name for name in skipped if (folder / f"{name}.json").exists()]:
        raise ValueError(f"{sdk} lacks {', '.join(lost)}, which {folder} has; nothing was written")
    written = derive.write(documents, folder)
    readme = Path(__file__).parents[2] / "docs" / "calls.md"
    if options.into is None and readme.is_file():
        readme.write_text(_with_calls(readme.read_text("utf-8")), "utf-8")
    for name, reason in skipped.items():
        terminal.say(f"without {name}: {reason}")
    terminal.say(f"{len(written)} files in {folder}")
    return OK
