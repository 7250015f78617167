"""Checkout Sessions that are paid by bank transfer or by card (docs/stripe.md 1.14, 3.11)."""
