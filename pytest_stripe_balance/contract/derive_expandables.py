"""The expandable paths of objects that have no schema, from the response types of a release.

A path such as `application_fee.balance_transaction` passes through such an object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_stripe_balance.contract import schema_forms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_stripe_balance.contract.derive_objects import Node, Objects


def beyond(objects: Objects, documents: Mapping[str, Node]) -> dict[str, Node]:
    """Derive schemas of the objects that a path can reach and that have no document, by file name."""
    found: dict[str, Node] = {}
    todo = list(documents.values())
    while todo:
        for name in sorted(_targets(todo.pop())):
            file = f"{name}.json"
            if file not in documents and file not in found and objects.knows(name):
                found[file] = objects.document(name)
                todo.append(found[file])
    return found


def _targets(document: Node) -> set[str]:
    return {name for targets, _ in schema_forms.expandable_paths(document).values() for name in targets}


def table(documents: Mapping[str, Node]) -> Node:
    """Map object -> path -> the objects there, as `schema_forms.expandables_as_written` has them."""
    found = {
        document["title"]: schema_forms.expandables_as_written(schema_forms.expandable_paths(document))
        for document in documents.values()
    }
    return {name: paths for name, paths in found.items() if paths}
