"""Documents held to their contract by one test's levels."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.contract.findings import DEFAULT_LEVELS, Finding, level_of
from pytest_stripe_balance.contract.kinds import kind_of, object_name
from pytest_stripe_balance.contract.parsed import Parsed
from pytest_stripe_balance.masking import shown


class ContractChecker:
    """Checks documents, and notes what is wrong below the level error.

    `warnings` holds the level, the source ("GET /v1/customers") and the finding, in order.
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
        """Check a document; give the findings at level error, note the others.

        ValueError when there is no such object or API version, or it is more than can be checked.
        """
        shapes = contract(api_version or self.api_version)
        try:
            found = shapes.check_parsed(parsed, object)
        except (ValueError, RecursionError) as error:
            raise ValueError(why_unchecked(error)) from error
        return self.by_level(found, source)

    def knows(self, api_version: str) -> bool:
        """Tell whether an API version has schemas."""
        try:
            contract(api_version)
        except ValueError:
            return False
        return True

    def objects(self, api_version: str | None = None) -> frozenset[str]:
        """Name the objects that have a schema at an API version."""
        return contract(api_version or self.api_version).objects

    def by_level(self, findings: Iterable[Finding], source: object) -> list[Finding]:
        """Give the findings at level error, note the others."""
        errors = []
        for finding in findings:
            level = level_of(finding, self.levels)
            if level == "error":
                errors.append(finding)
            else:
                self.warnings.append((level, str(source), finding))
        return errors


def why_unchecked(error: Exception) -> str:
    """Say why a document that is JSON can't be checked."""
    if isinstance(error, UnicodeEncodeError):
        return f"holds {error.object[error.start]!r}, half of a surrogate pair, which is no character"
    if isinstance(error, RecursionError) or "recursion" in str(error).lower():
        return "nested too deeply"
    return str(error)


# What stands round an event on its way: the key that holds it, and the keys beside that.
_ENVELOPES = (
    ("detail", {"detail", "detail-type", "source"}),  # Amazon EventBridge's
    ("data", {"data", "specversion", "source"}),  # CloudEvents, which Azure Event Grid delivers
)


def opened(document: Any) -> tuple[Any, str]:  # noqa: ANN401 - any JSON
    """Take a Stripe object out of the envelope of an event bus: the object, and the key that held it.

    Anything else is given back as it is, with "" for the key.
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
    """Find that an answer is another object than the endpoint returns."""
    name = document.get("object") if isinstance(document, dict) else None
    if name == due:
        return []
    return [Finding("breaking", due, "$.object", f"const: {due}", repr(name), api_version)]
