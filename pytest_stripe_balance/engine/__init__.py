"""The domain: customers, their cash balances, their intents. Plain values and one `World`; no I/O."""
