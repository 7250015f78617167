"""The files of `schemas/` that are derived, and what one release has in them.

- `objects/charge.json` is the JSON Schema of an object, and `objects.json` lists the objects.
- `parameters/charges.json` has the parameter rules of the calls below /v1/charges.
- `literals.json` has the words in paths that are no ids.
- `releases.json` has a row for each release.

Each file holds all releases, as by_release.py says.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_stripe_balance.contract import parameter_files
from pytest_stripe_balance.contract.by_release import ABSENT, held, merged
from pytest_stripe_balance.contract.sdk import shape
from pytest_stripe_balance.resources import Release

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

JSON: TypeAlias = dict[str, Any]

LINE = 100  # characters
OBJECTS = "objects"  # the folder, and the list
RELEASES, LITERALS = "releases.json", "literals.json"


@dataclass(frozen=True)
class Contents:
    """What one release has: the schemas of objects by name, and the parameter rules by endpoint."""

    objects: Mapping[str, JSON]
    rules: Mapping[str, JSON]


def read(folder: Path) -> dict[Release, Contents]:
    """Read what each release has in a folder as `write` makes it, oldest first; {} of an empty one."""
    if not (folder / RELEASES).is_file():
        return {}
    rows = [Release(**row) for row in json.loads((folder / RELEASES).read_text("utf-8"))]
    names = [row.folder for row in rows]
    objects = {path.stem: _read(path) for path in sorted((folder / OBJECTS).glob("*.json"))}
    rules = [_read(path) for path in sorted((folder / parameter_files.FOLDER).glob("*.json"))]
    found = {}
    for count, row in enumerate(rows, 1):
        until = names[:count]
        documents = {name: held(tree, until) for name, tree in objects.items()}
        found[row] = Contents(
            {name: document for name, document in documents.items() if document is not ABSENT},
            {endpoint: rule for file in rules for endpoint, rule in _rules(file, until)},
        )
    return found


def _read(path: Path) -> JSON:
    document: JSON = json.loads(path.read_text("utf-8"))
    return document


def _rules(file: JSON, until: list[str]) -> Iterable[tuple[str, JSON]]:
    known: dict[str, JSON] = {}
    for endpoint in file:
        rule = parameter_files.whole(file, endpoint, known, until)
        if rule is not None:
            yield endpoint, rule


def write(everything: Mapping[Release, Contents], folder: Path) -> int:
    """Write what all releases have, oldest first; return how many files were added, changed or removed.

    The same contents give the same text. Each file is replaced as a whole, and a derived file that is no
    longer due is removed.
    """
    due = {name: written(document) for name, document in _files(everything).items()}
    rows = [f" {json.dumps(release._asdict())}" for release in everything]
    due[RELEASES] = "[\n" + ",\n".join(rows) + "\n]\n"
    changed = 0
    for name, text in due.items():
        path = folder / name
        if not path.is_file() or path.read_text("utf-8") != text:
            replace(path, text)
            changed += 1
    for derived in (OBJECTS, parameter_files.FOLDER):
        for path in set((folder / derived).glob("*.json")) - {folder / name for name in due}:
            path.unlink()
            changed += 1
    return changed


def _files(everything: Mapping[Release, Contents]) -> dict[str, Any]:
    """Make one document a file of what the releases have."""
    releases = [release.folder for release in everything]
    objects = _merged([each.objects for each in everything.values()], releases)
    rules = _merged([each.rules for each in everything.values()], releases)
    by_file: dict[str, JSON] = {}
    for endpoint, rule in rules.items():
        by_file.setdefault(parameter_files.file_of(endpoint), {})[endpoint] = rule
    return {
        f"{OBJECTS}.json": merged([sorted(each.objects) for each in everything.values()], releases),
        LITERALS: literals(rules),
        **{f"{OBJECTS}/{name}.json": document for name, document in objects.items()},
        **{
            f"{parameter_files.FOLDER}/{file}": parameter_files.shared(of_file)
            for file, of_file in by_file.items()
        },
    }


def _merged(contents: Sequence[Mapping[str, JSON]], releases: Sequence[str]) -> JSON:
    """Make one tree a name of what each release has by that name."""
    names = sorted({name for each in contents for name in each})
    return {name: merged([each.get(name, ABSENT) for each in contents], releases) for name in names}


def literals(endpoints: Iterable[str]) -> dict[str, list[str]]:
    """Map the part of a path before a placeholder to the words that aren't ids there.

    As "/v1/invoices/" -> ["search", "upcoming"]: there are paths of their own for those. Earlier
    placeholders are written "{}".
    """
    paths = {shape(endpoint.partition(" ")[2]) for endpoint in endpoints}
    found: dict[str, list[str]] = {}
    for path in sorted(paths):
        *parts, _ = path.split("{}")
        for count in range(1, len(parts) + 1):
            before = "{}".join(parts[:count])
            after = (other.removeprefix(before) for other in paths if other.startswith(before))
            words = {rest.partition("/")[0] for rest in after} - {"{}", ""}
            if words:
                found[before] = sorted(words)
    return found


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
