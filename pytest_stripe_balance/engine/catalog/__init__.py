"""Products and their prices (docs/stripe.md 1.13)."""
