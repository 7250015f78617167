"""`python -m pytest_stripe_balance`."""

import sys

try:
    from pytest_stripe_balance.commands.cli import main

    code = main()
except KeyboardInterrupt:  # while this was being imported
    from pytest_stripe_balance.report.exit_codes import INTERRUPTED

    print("pytest_stripe_balance: interrupted", file=sys.stderr)  # noqa: T201 - a command prints
    code = INTERRUPTED
sys.exit(code)
