"""Where money moves: allocation, charges, balance transactions, invoice settlement."""
