"""The command `calls`: lists the calls that the fake answers, or tells which of an app's it answers."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_stripe_balance.commands import terminal
from pytest_stripe_balance.report.exit_codes import BAD_INPUT, FINDINGS, OK

if TYPE_CHECKING:
    from pytest_stripe_balance.api.endpoint import Endpoint


def print_calls(options: argparse.Namespace) -> int:
    """Print a line for each call: method, path and what it returns; with `--in`, an app's calls."""
    if options.paths:
        return _print_app(options)
    from pytest_stripe_balance.api.routes import ENDPOINTS  # noqa: PLC0415 - only this command needs it

    terminal.say("\n".join(f"{row.method:<6}  {row.path}  ({returned(row)})" for row in ENDPOINTS))
    return OK


def returned(row: Endpoint) -> str:
    """Say what a call returns: "charge", or "list of charge"."""
    return (
        row.returns if row.response_object == row.returns else f"{row.response_object} of {row.returns}"
    )


def _print_app(options: argparse.Namespace) -> int:
    """Print which calls of an app are modelled; 1 if one isn't, or a parameter of one."""
    from pytest_stripe_balance.commands import app_calls  # noqa: PLC0415 - only with --in
    from pytest_stripe_balance.report import app_report  # noqa: PLC0415 - as above

    found = app_calls.compared(options.paths)
    terminal.say(app_report.FORMATS[options.format](found))
    if not (found.calls or found.unclear):
        terminal.complain("pytest_stripe_balance calls: no call of stripe-python was found")
        return BAD_INPUT
    return OK if all(call.is_modelled for call in found.calls) else FINDINGS
