"""Documented parameters that a test lets through without a meaning: the setting `ignore`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_stripe_balance.api.parameters import Path, ignored_name


@dataclass
class Ignored:
    """What is let through. `names` are by call: "POST /v1/invoices" -> {"default_tax_rates"}.

    `met` has what was let through so far, as "POST /v1/invoices default_tax_rates", each once.
    """

    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    met: dict[str, None] = field(default_factory=dict)

    def take_out(self, call: str, params: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give a request's parameters without those to ignore, and of these the ones outside hashes."""
        names = self.names.get(call)
        if names is None:
            return params, {}
        rest: dict[str, Any] = self._without(params, (), call, names)
        return rest, {name: value for name, value in params.items() if name not in rest}

    def _without(self, value: Any, path: Path, call: str, names: frozenset[str]) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(value, list):
            return [self._without(item, (*path, str(at)), call, names) for at, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        rest = {}
        for key, inner in value.items():
            if (name := ignored_name((*path, key))) in names:
                self.met[f"{call} {name}"] = None
            else:
                rest[key] = self._without(inner, (*path, key), call, names)
        return rest
