"""`python -m pytest_stripe_balance`."""

import sys

from pytest_stripe_balance.cli import main

sys.exit(main())
