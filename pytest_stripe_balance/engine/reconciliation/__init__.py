"""Automatic reconciliation: the steps, the group search, and the explanation."""
