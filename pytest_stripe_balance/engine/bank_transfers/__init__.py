"""The regions of bank transfers, and the bank accounts to pay into."""
