"""Webhooks: who hears of events, and what waits to be sent."""
