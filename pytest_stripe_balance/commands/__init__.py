"""The commands of `python -m pytest_stripe_balance`, a file for each."""
