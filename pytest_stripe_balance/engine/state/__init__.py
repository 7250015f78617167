"""What the world remembers: records, ledger, tables, clock and register."""
