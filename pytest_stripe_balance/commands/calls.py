"""The command `calls`: lists the calls that the fake answers."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_stripe_balance.commands import terminal
from pytest_stripe_balance.report.exit_codes import OK

if TYPE_CHECKING:
    from pytest_stripe_balance.api.routes import Endpoint


def print_calls(_: argparse.Namespace) -> int:
    """Print a line for each call: method, path and what it returns."""
    from pytest_stripe_balance.api.routes import ENDPOINTS  # noqa: PLC0415 - only this command needs it

    terminal.say("\n".join(f"{row.method:<6}  {row.path}  ({returned(row)})" for row in ENDPOINTS))
    return OK


def returned(row: Endpoint) -> str:
    """Say what a call returns: "charge", or "list of charge"."""
    return (
        row.returns if row.response_object == row.returns else f"{row.response_object} of {row.returns}"
    )
