"""The contract of an API version, derived from the stripe-python release that pins it.

Its response types become a JSON Schema (draft 2020-12) for each object. Its parameter types become the
rules in `parameters/`. overlay.json corrects what the types lack or get wrong, with a reason each.
"""

from __future__ import annotations

import importlib.util
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_stripe_balance.contract import derive_expandables, derive_parameters, overlay
from pytest_stripe_balance.contract.derive_objects import DELETED, Objects, is_deletable
from pytest_stripe_balance.contract.sdk import Sdk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

JSON: TypeAlias = dict[str, Any]

LINE = 100  # characters

EXPANDABLES, LITERALS = "expandables.json", "literals.json"
SURFACE = (
    "balance",
    "balance_transaction",
    "cash_balance",
    "charge",
    "customer",
    "customer_cash_balance_transaction",
    "error",
    "event",
    "funding_instructions",
    "invoice",
    "invoice_payment",
    "invoiceitem",
    "list",
    "payment_intent",
    "payment_method",
    "refund",
    "search_result",
    "webhook_endpoint",
)


def derive(sdk: Path, objects: Sequence[str], endpoints: Sequence[str]) -> dict[str, JSON]:
    """Derive schemas of objects, of their deleted forms, and parameter rules: file name -> document.

    `sdk` is the unpacked folder `stripe`. `objects` are names such as "payment_intent", `endpoints` such
    as "POST /v1/customers/{customer}". ValueError names an object or endpoint that the release lacks,
    and the nearest that it has.
    """
    source = Sdk(sdk)
    names = dict.fromkeys(objects)
    names |= dict.fromkeys(
        DELETED + name
        for name in objects
        if not name.startswith(DELETED) and is_deletable(source.object_class(name))
    )
    schemas = Objects(source, names)
    documents = {f"{name}.json": schemas.document(name) for name in names}
    beyond = derive_expandables.beyond(schemas, documents)
    rules = derive_parameters.rules(source, endpoints)
    overlay.apply({**documents, **beyond}, rules, source.api_version)
    overlay.apply_calendar(documents, source.api_version)
    return {
        **documents,
        EXPANDABLES: derive_expandables.table(beyond),
        LITERALS: derive_parameters.literals(source, endpoints),
        **derive_parameters.files(rules),
    }


def surface(sdk: Path) -> tuple[list[str], dict[str, str]]:
    """Return the names in SURFACE that a release has, and for each other name why it is missing."""
    source = Sdk(sdk)
    present: list[str] = []
    skipped: dict[str, str] = {}
    for name in SURFACE:
        try:
            source.object_class(name)
        except ValueError as error:
            skipped[name] = f"{source.api_version}: {error}"
        else:
            present.append(name)
    return present, skipped


def write(documents: Mapping[str, JSON], folder: Path) -> int:
    """Write the documents into a folder; return how many files were added, changed or removed.

    The same documents give the same text. Each file is replaced as a whole, and JSON files of the folder
    that are no longer derived are removed.
    """
    changed = 0
    for name, document in documents.items():
        path, text = folder / name, written(document)
        if not path.is_file() or path.read_text("utf-8") != text:
            replace(path, text)
            changed += 1
    for path in set(folder.rglob("*.json")) - {folder / name for name in documents}:
        path.unlink()
        changed += 1
    return changed


def replace(path: Path, text: str) -> None:
    """Write a file as a whole or not at all. A missing folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    Path(draft).chmod(0o644)
    Path(draft).replace(path)


def written(document: Any) -> str:  # noqa: ANN401 - any JSON
    """Write JSON as text: keys sorted, short values on one line, a newline at the end."""
    return _lines(document, 0, 0) + "\n"


def _lines(value: Any, depth: int, taken: int) -> str:  # noqa: ANN401 - as above
    line = json.dumps(value, sort_keys=True, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or depth + taken + len(line) < LINE:
        return line
    parts = (
        [(f"{json.dumps(key, ensure_ascii=False)}: ", value[key]) for key in sorted(value)]
        if isinstance(value, dict)
        else [("", item) for item in value]
    )
    inner = [" " * (depth + 1) + name + _lines(item, depth + 1, len(name)) for name, item in parts]
    body = ",\n".join(inner) + "\n" + " " * depth
    return f"{{\n{body}}}" if isinstance(value, dict) else f"[\n{body}]"


def installed_sdk() -> Path:
    """Find the folder of the installed stripe package without importing it; ImportError if none."""
    found = importlib.util.find_spec("stripe")
    if found is None or not found.submodule_search_locations:
        message = "stripe is not installed"
        raise ImportError(message)
    return Path(found.submodule_search_locations[0])
