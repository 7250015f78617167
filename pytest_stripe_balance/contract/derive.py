"""The contract of an API version, derived from the stripe-python release that pins it.

Its response types become a JSON Schema (draft 2020-12) for each object. Its parameter types become the
rules of each call. overlay.json corrects what the types lack or get wrong, with a reason each.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_stripe_balance.contract import derive_parameters, overlay
from pytest_stripe_balance.contract.derive_objects import DELETED, Objects, is_deletable
from pytest_stripe_balance.contract.schema_files import Contents
from pytest_stripe_balance.contract.sdk import Sdk

if TYPE_CHECKING:
    from collections.abc import Iterable


def derive(
    sdk: Path, objects: Iterable[str] | None = None, endpoints: Iterable[str] | None = None
) -> Contents:
    """Derive schemas of objects and of their deleted forms, and the parameter rules of calls.

    `sdk` is the unpacked folder `stripe`. `objects` are names such as "payment_intent", `endpoints` such
    as "POST /v1/customers/{customer}"; all that the release has by default. ValueError names an object
    or endpoint that the release lacks, and the nearest that it has.
    """
    source = Sdk(sdk)
    names = dict.fromkeys(source.objects if objects is None else objects)
    names |= dict.fromkeys(
        DELETED + name
        for name in names
        if not name.startswith(DELETED) and is_deletable(source.object_class(name))
    )
    schemas = Objects(source, names)
    documents = {name: schemas.document(name) for name in names}
    rules = derive_parameters.rules(source, source.calls if endpoints is None else endpoints)
    overlay.apply(documents, rules, source.api_version)
    overlay.apply_calendar(documents, source.api_version)
    return Contents(documents, rules)


def installed_sdk() -> Path:
    """Find the folder of the installed stripe package without importing it; ImportError if none."""
    found = importlib.util.find_spec("stripe")
    if found is None or not found.submodule_search_locations:
        message = "stripe is not installed"
        raise ImportError(message)
    return Path(found.submodule_search_locations[0])
