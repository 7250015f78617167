"""Invoices by bank transfer, their items and their payments."""
