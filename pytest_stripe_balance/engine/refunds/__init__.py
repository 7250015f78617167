"""Refunds: the calls, and the steps of a refund."""
