"""Checks documents at the levels that one test has set for findings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.contract.findings import DEFAULT_LEVELS, Finding, level_of
from pytest_stripe_balance.contract.kinds import kind_of, object_name
from pytest_stripe_balance.contract.parsed import Parsed
from pytest_stripe_balance.masking import shown


class ContractChecker:
    """Checks documents, and collects the findings below the level error.

    `warnings` lists those in order: level, source (such as "GET /v1/customers") and finding.
    """

    def __init__(self, levels: Mapping[str, str], api_version: str) -> None:
        self.levels = {**DEFAULT_LEVELS, **levels}
        self.api_version = api_version
        self.warnings: list[tuple[str, str, Finding]] = []

    def check(
        self,
        parsed: Parsed,
        source: object,
        *,
        object: str | None = None,  # noqa: A002 - Stripe's own name for it
        api_version: str | None = None,
    ) -> list[Finding]:
        """Check a document. Return the findings at level error and add the others to `warnings`.

        ValueError when the object or API version has no schema, or the document can't be checked.
        """
        shapes = contract(api_version or self.api_version)
        try:
            found = shapes.check_parsed(parsed, object)
        except (ValueError, RecursionError) as error:
            raise ValueError(why_unchecked(error)) from error
        return self.by_level(found, source)

    def knows(self, api_version: str) -> bool:
        """Say whether an API version has schemas."""
        try:
            contract(api_version)
        except ValueError:
            return False
        return True

    def objects(self, api_version: str | None = None) -> frozenset[str]:
        """Return the names of the objects that have a schema at an API version."""
        return contract(api_version or self.api_version).objects

    def by_level(self, findings: Iterable[Finding], source: object) -> list[Finding]:
        """Return the findings at level error and add the others to `warnings`."""
        errors = []
        for finding in findings:
            level = level_of(finding, self.levels)
            if level == "error":
                errors.append(finding)
            else:
                self.warnings.append((level, str(source), finding))
        return errors


def why_unchecked(error: Exception) -> str:
    """Say why a JSON document can't be checked."""
    if isinstance(error, UnicodeEncodeError):
        return f"holds {error.object[error.start]!r}, half of a surrogate pair, not a character"
    if isinstance(error, RecursionError) or "recursion" in str(error).lower():
        return "nested too deeply"
    return str(error)


# Envelopes of event buses: the key that holds the event, and the keys that every envelope has.
_ENVELOPES = (
    ("detail", {"detail", "detail-type", "source"}),  # Amazon EventBridge's
    ("data", {"data", "specversion", "source"}),  # CloudEvents, which Azure Event Grid delivers
)


def opened(document: Any) -> tuple[Any, str]:  # noqa: ANN401 - any JSON
    """Take a Stripe object out of an event bus's envelope; return it and the key that held it.

    A document without an envelope is returned as it is, with "" as the key.
    """
    for key, keys in _ENVELOPES:
        if isinstance(document, dict) and "object" not in document and document.keys() >= keys:
            inside = document[key]
            if object_name(inside) is not None:
                return inside, key
    return document, ""


def unknown_in(document: Any, objects: Collection[str]) -> Iterator[str]:  # noqa: ANN401 - as above
    """Say of a document, a list's items and an event's object which ones no schema describes."""
    kind = kind_of(document)
    if kind is not None and kind not in objects:
        yield f"of kind {shown(kind)}, which has no schema"
    inside = document.get("data") if kind in ("list", "search_result", "event") else None
    if isinstance(inside, dict):
        inside = [inside.get("object")]
    for item in inside if isinstance(inside, list) else ():
        named = kind_of(item)
        if named is not None and named not in objects:
            yield f"of kind {shown(named)} in {kind}, which has no schema"


def wrong_kind(document: Any, due: str, api_version: str) -> list[Finding]:  # noqa: ANN401 - any JSON
    """Check that an answer is the object that the endpoint returns; [] when it is."""
    name = document.get("object") if isinstance(document, dict) else None
    if name == due:
        return []
    return [Finding("breaking", due, "$.object", f"const: {due}", repr(name), api_version)]
