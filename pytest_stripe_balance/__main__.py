"""`python -m pytest_stripe_balance`."""

import sys

try:
    from pytest_stripe_balance.commands.cli import main

    code = main()
except KeyboardInterrupt:  # before main could meet it
    print("pytest_stripe_balance: interrupted", file=sys.stderr)  # noqa: T201 - a command's voice
    code = 130
sys.exit(code)
