"""What the records share: a hash of Stripe's, which never changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Hash = Mapping[str, Any]


NOTHING: Hash = {}  # one object for all, because a Hash never changes
