"""The domain: customers, cash balances, intents and what belongs to them. It does no I/O."""
