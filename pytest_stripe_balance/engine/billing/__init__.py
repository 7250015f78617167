"""Invoices, their items and their payments."""
