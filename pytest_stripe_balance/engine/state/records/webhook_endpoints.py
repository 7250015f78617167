"""Addresses that hear of events."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pytest_stripe_balance.engine.state.records.hashes import NOTHING, Hash


class WebhookEndpoint(NamedTuple):
    """An address that hears of events (docs/stripe.md 1.12). `api_version` None is the account's.

    `old_secrets` are signed with as well, each until a moment in seconds of the machine's time. Only the
    answer to its creation `shows_secret`. `enabled_at` is when it was enabled last.
    """

    id: str
    created: int
    url: str
    enabled_events: tuple[str, ...]
    secret: str
    api_version: str | None = None
    connect: bool = False
    description: str | None = None
    metadata: Hash = NOTHING
    status: Literal["enabled", "disabled"] = "enabled"
    enabled_at: int = 0
    old_secrets: tuple[tuple[str, int], ...] = ()
    shows_secret: bool = False
    deleted: bool = False

    def secrets_at(self, now: int) -> tuple[str, ...]:
        """Give the secrets to sign with at a second of the machine's time, the newest first."""
        return (self.secret, *(secret for secret, until in self.old_secrets if now < until))
