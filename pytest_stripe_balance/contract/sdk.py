"""An unpacked stripe-python release: where its objects and calls are defined.

It is read by `ast` and never imported, so one process can read releases beside the installed one.
"""

from __future__ import annotations

import ast
import difflib
import re
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_stripe_balance.contract.annotations import Instance, OneOf, Reader
from pytest_stripe_balance.contract.source import Module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from pytest_stripe_balance.contract.source import Class

_OBJECT_NAME = re.compile(
    r'(?:OBJECT_NAME\b[^=]*=\s*\(?\s*"|^class (?=ErrorObject\())([\w.]+)', re.MULTILINE
)
# A path that is written with "%s" is left out: a service has the same call, with "{}".
_PATH = re.compile(r'"(/v\d+/[^"%]*)"')
_PLACEHOLDER = re.compile(r"\{[^}]*\}")
_UNNAMED_OBJECTS = {"error": "ErrorObject"}
_V1, _V2_OBJECT = "/v1/", "v2."
# The first typed releases have no underscore in their files' names.
_VERSION_FILES = ("_api_version.py", "api_version.py")
_SDK_VERSION = re.compile(r'^VERSION = "([^"]+)"', re.MULTILINE)


def shape(path: str) -> str:
    """Write each placeholder of a path as "{}"."""
    return _PLACEHOLDER.sub("{}", path)


class Sdk:
    """An unpacked release: the folder named `stripe`."""

    def __init__(self, folder: Path) -> None:
        """Raise ValueError when the folder holds no stripe-python release."""
        self.folder = folder
        self._modules: dict[str, Module | None] = {}
        self.api_version = self._pinned()

    def _pinned(self) -> str:
        for name in _VERSION_FILES:
            file = self.folder / name
            tree = (
                ast.parse(file.read_text("utf-8"), str(file)) if file.is_file() else ast.Module([], [])
            )
            for node in ast.walk(tree):
                match node:
                    case ast.Assign(
                        targets=[ast.Name(id="CURRENT")], value=ast.Constant(value=str(version))
                    ):
                        return version
        message = f"{self.folder} pins no API version: stripe-python 7.1 or newer is needed"
        raise ValueError(message)

    @cached_property
    def version(self) -> str:
        """The release's own version, "16.1.0"; ValueError when it says none."""
        file = self.folder / "_version.py"
        found = _SDK_VERSION.search(file.read_text("utf-8")) if file.is_file() else None
        if found is None:
            raise ValueError(f"{file} doesn't say which stripe-python this is")
        return found[1]

    def module(self, name: str) -> Module | None:
        """Parse the file of a name such as `stripe._customer`, once; None if there is none."""
        if name not in self._modules:
            base = self.folder.joinpath(*name.split(".")[1:])
            file = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
            known = file.is_file()
            tree = ast.parse(file.read_text("utf-8"), str(file)) if known else None
            self._modules[name] = Module(self, name, tree) if tree else None
        return self._modules[name]

    def object_class(self, name: str) -> Class:
        """Find the class of a Stripe object; ValueError names an unknown one and the nearest."""
        title = _UNNAMED_OBJECTS.get(name)
        for where in self._object_files.get(title or name, []):
            found = self.module(where)
            for candidate in found.classes.values() if found else ():
                if candidate.object_name == name or candidate.name == title:
                    return candidate
        raise ValueError(_unknown("object", name, [*self._object_files, *_UNNAMED_OBJECTS]))

    def parameters(self, endpoint: str) -> Class | None:
        """Find the class of the parameters of an endpoint such as "GET /v1/events/{id}".

        None when its method takes no parameters. A service's method is preferred to a resource's own.
        ValueError names an unknown endpoint and the nearest that there is.
        """
        verb, _, path = endpoint.partition(" ")
        wanted = verb.lower(), shape(path)
        for where in self._path_files.get(wanted[1], []):
            module = self.module(where)
            for owner, method in _methods(module) if module else ():
                if wanted in {(asked, shape(at)) for asked, at in _requests(method)}:
                    return _params(owner, method)
        raise ValueError(
            _unknown("endpoint", f"{verb} {shape(path)}", self._endpoints_like(shape(path)))
        )

    @property
    def objects(self) -> list[str]:
        """The names of the objects of the API v1, in order."""
        classes = {name for name in self._object_files if not name.startswith(_V2_OBJECT)}
        return sorted(classes - set(_UNNAMED_OBJECTS.values()) | set(_UNNAMED_OBJECTS))

    @cached_property
    def calls(self) -> list[str]:
        """The calls of the API v1, such as "GET /v1/events/{id}", in order."""
        found = set()
        for where in sorted({where for files in self._path_files.values() for where in files}):
            module = self.module(where)
            for _, method in _methods(module) if module else ():
                found |= {f"{verb.upper()} {path}" for verb, path in _requests(method)}
        return sorted(call for call in found if call.partition(" ")[2].startswith(_V1))

    def _endpoints_like(self, near: str) -> Iterator[str]:
        """List the endpoints of the file whose path is nearest; listing all would take seconds."""
        paths = difflib.get_close_matches(near, self._path_files, n=1, cutoff=0)
        for where in self._path_files[paths[0]] if paths else ():
            module = self.module(where)
            for _, method in _methods(module) if module else ():
                yield from (f"{verb.upper()} {shape(path)}" for verb, path in _requests(method))

    @cached_property
    def _object_files(self) -> dict[str, list[str]]:
        return self._index(_OBJECT_NAME, "*.py", str)

    @cached_property
    def _path_files(self) -> dict[str, list[str]]:
        services = self._index(_PATH, "*_service.py", shape)
        others = self._index(_PATH, "*.py", shape)
        return {path: [*services.get(path, ()), *others[path]] for path in others}

    def _index(
        self, pattern: re.Pattern[str], names: str, key: Callable[[str], str]
    ) -> dict[str, list[str]]:
        """Map what a pattern finds to the modules that have it. Searching is faster than parsing."""
        found: dict[str, list[str]] = {}
        for file in sorted(self.folder.rglob(names)):
            where = ".".join(["stripe", *file.relative_to(self.folder).with_suffix("").parts])
            for name in dict.fromkeys(map(key, pattern.findall(file.read_text("utf-8")))):
                found.setdefault(name, []).append(where)
        return found


def _unknown(kind: str, name: str, known: Iterable[str]) -> str:
    nearest = difflib.get_close_matches(name, sorted(set(known)), n=1, cutoff=0)
    hint = f"the nearest is {nearest[0]!r}" if nearest else f"it has no {kind} at all"
    return f"the release has no {kind} {name!r}; {hint}"


def _methods(module: Module) -> Iterator[tuple[Class, ast.FunctionDef]]:
    """List the synchronous methods of the classes in a file, each with its class."""
    for owner in module.classes.values():
        for node in owner.node.body:
            if isinstance(node, ast.FunctionDef):
                yield owner, node


def _requests(method: ast.FunctionDef) -> set[tuple[str, str]]:
    """Give the (verb, path) of every request that a method makes."""
    found = set()
    for node in ast.walk(method):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="_request" | "_static_request"),
                args=[
                    ast.Constant(value=str(verb)),
                    ast.Constant(value=str(path))
                    | ast.Call(func=ast.Attribute(value=ast.Constant(value=str(path)))),
                    *_,
                ],
            ):
                found.add((verb, path))
    return found


def _params(owner: Class, method: ast.FunctionDef) -> Class | None:
    """Find the class in the annotation of a method's `params`; a resource's method unpacks it."""
    spread = [method.args.kwarg] if method.args.kwarg else []
    for argument in [*method.args.args, *method.args.kwonlyargs, *spread]:
        if argument.arg == "params" and argument.annotation is not None:
            kind = Reader(owner.module, owner).read(argument.annotation)
            parts = kind.of if isinstance(kind, OneOf) else (kind,)
            return next((part.of for part in parts if isinstance(part, Instance)), None)
    return None
