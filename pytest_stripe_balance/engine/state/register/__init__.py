"""The entries of the register of assumptions, a file for each part of the API."""
