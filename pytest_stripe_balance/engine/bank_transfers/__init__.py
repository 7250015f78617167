"""Regions, and the bank accounts that money is sent to."""
