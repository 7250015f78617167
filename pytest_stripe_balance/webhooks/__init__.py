"""Webhooks on the wire: signatures, the ways into an app, and what chaos does to deliveries."""
