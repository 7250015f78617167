"""Turns records into the objects that Stripe answers, at the newest shape."""
