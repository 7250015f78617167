"""What `drift` finds between two recordings, as a list."""

from pytest_stripe_balance.comparison.drift import ComparedRecordings


def drifts(old, new):
    """Give the changes between two lists of exchanges."""
    return list(ComparedRecordings(old, new).drifts())
