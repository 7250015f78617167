"""Documents held to their contract by one test's levels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pytest_stripe_balance.contract.findings import DEFAULT_LEVELS, Finding
from pytest_stripe_balance.contract.rules import Read, contract


class Watch:
    """Checks documents, and notes what is wrong below the level error.

    `noted` holds the level, the source ("GET /v1/customers") and the finding, in order.
    """

    def __init__(self, levels: Mapping[str, str], api_version: str) -> None:
        self.levels = {**DEFAULT_LEVELS, **levels}
        self.api_version = api_version
        self.noted: list[tuple[str, str, Finding]] = []

    def over(
        self,
        given: Read,
        source: str,
        *,
        object: str | None = None,  # noqa: A002 - Stripe's own name for it
        api_version: str | None = None,
    ) -> list[Finding]:
        """Check a document; give the findings at level error, note the others.

        ValueError when there is no such object or API version.
        """
        shapes = contract(api_version or self.api_version)
        return self.graded(shapes.check_read(given, object), source)

    def objects(self, api_version: str | None = None) -> frozenset[str]:
        """Name the objects that have a schema at an API version."""
        return contract(api_version or self.api_version).objects

    def graded(self, findings: Iterable[Finding], source: str) -> list[Finding]:
        """Give the findings at level error, note the others."""
        errors = []
        for finding in findings:
            level = self.levels[finding.kind]
            if level == "error":
                errors.append(finding)
            else:
                self.noted.append((level, source, finding))
        return errors


def wrong_kind(document: Any, due: str, api_version: str) -> list[Finding]:  # noqa: ANN401 - any JSON
    """Find that an answer is another object than the endpoint returns."""
    name = document.get("object") if isinstance(document, dict) else None
    if name == due:
        return []
    return [Finding("breaking", due, "$.object", f"const: {due}", repr(name), api_version)]
