"""Reading an unpacked stripe-python release: its modules, classes and services, by `ast` alone.

Nothing of the release is imported or run, so one process can read any release beside the installed
one.
"""

from __future__ import annotations

import ast
import difflib
import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from pytest_stripe_balance.contract.annotations import Instance, OneOf, Reader, Type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_OBJECT_NAME = re.compile(
    r'(?:OBJECT_NAME\b[^=]*=\s*\(?\s*"|^class (?=ErrorObject\())([\w.]+)', re.MULTILINE
)
_PATH = re.compile(r'"(/v\d+/[^"]*)"')
_PLACEHOLDER = re.compile(r"\{[^}]*\}")
_UNNAMED_OBJECTS = {"error": "ErrorObject"}
# The files of the first typed releases had public names.
_VERSION_FILES = ("_api_version.py", "api_version.py")


@dataclass(frozen=True)
class Class:
    """A class of the release. Equal by where it stands, so it can be a key."""

    module: Module = field(repr=False)
    path: str
    node: ast.ClassDef = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """The class's own name."""
        return self.node.name

    @cached_property
    def object_name(self) -> str | None:
        """The `object` that its instances carry, None for nested and plain classes."""
        for statement in self.node.body:
            targets = _targets(statement)
            if "OBJECT_NAME" in targets:
                value = getattr(statement, "value", None)
                return str(value.value) if isinstance(value, ast.Constant) else None
        return None

    def nested(self, name: str) -> Class | None:
        """Find the class of that name written in the body of this one."""
        for node in self.node.body:
            if isinstance(node, ast.ClassDef) and node.name == name:
                return Class(self.module, f"{self.path}.{name}", node)
        return None

    @cached_property
    def fields(self) -> dict[str, Type]:
        """Field name -> type, inherited ones first, constants and private names left out."""
        found: dict[str, Type] = {}
        for base in self.node.bases:
            found |= self._inherited(base)
        for statement in self.node.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                name = statement.target.id
                if not (name.startswith("_") or name.isupper()):
                    found[name] = Reader(self.module, self).read(statement.annotation)
        return found

    @cached_property
    def documented(self) -> dict[str, str]:
        """Field name -> what its docstring says, on one line; those of this body alone."""
        body = self.node.body
        return {
            field.target.id: " ".join(said.split())
            for field, told in pairwise(body)
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
            if isinstance(told, ast.Expr) and isinstance(told.value, ast.Constant)
            if isinstance(said := told.value.value, str)
        }

    def _inherited(self, base: ast.expr) -> dict[str, Type]:
        if not isinstance(base, ast.Name) or base.id in _BASES:
            return {}
        functional = self.module.typed_dicts.get(base.id)
        if functional is not None:
            reader = Reader(self.module, None)
            return {
                str(key.value): reader.read(value)
                for key, value in zip(functional.keys, functional.values, strict=True)
                if isinstance(key, ast.Constant)
            }
        parent = self.module.resolve(base.id)
        return parent.fields if parent else {}


# RequestOptions holds the SDK's own settings (api_key, stripe_account), which are no parameters.
_BASES = frozenset({"RequestOptions", "TypedDict", "StripeObject", "APIResource", "VerifyMixin"})


@dataclass(frozen=True)
class Module:
    """One source file. Equal by name within its release."""

    sdk: Sdk = field(compare=False, repr=False)
    name: str
    tree: ast.Module = field(compare=False, repr=False)

    @cached_property
    def classes(self) -> dict[str, Class]:
        """The classes at the top of the file."""
        nodes = (node for node in self.tree.body if isinstance(node, ast.ClassDef))
        return {node.name: Class(self, node.name, node) for node in nodes}

    @cached_property
    def imports(self) -> dict[str, tuple[str, str]]:
        """Local name -> (module, name there), those for type checkers included."""
        return {
            alias.asname or alias.name: (node.module, alias.name)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }

    @cached_property
    def typed_dicts(self) -> dict[str, ast.Dict]:
        """The call form `X = TypedDict("X", {...})`, which holds keys that are Python keywords."""
        return {
            node.targets[0].id: node.value.args[1]
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Call)
            and getattr(node.value.func, "id", None) == "TypedDict"
            and len(node.value.args) > 1
            and isinstance(node.value.args[1], ast.Dict)
        }

    def resolve(self, name: str) -> Class | None:
        """Find the class that a global name of this file means, None when the release has none."""
        if name in self.classes:
            return self.classes[name]
        where, original = self.imports.get(name, ("", ""))
        if not where.startswith("stripe."):
            return None
        module = self.sdk.module(where)
        return module.resolve(original) if module else None


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

    def has_object(self, name: str) -> bool:
        """Tell whether there is a class of a Stripe object."""
        return name in self._object_files

    def parameters(self, endpoint: str) -> Class | None:
        """Find the class of the parameters of an endpoint such as "GET /v1/events/{id}".

        None when its method takes none; a service's method stands before a resource's own. ValueError
        names an unknown endpoint and its nearest match.
        """
        verb, _, path = endpoint.partition(" ")
        shape = self.shape(path)
        for where in self._path_files.get(shape, []):
            module = self.module(where)
            for owner, method in _methods(module) if module else ():
                if (verb.lower(), shape) in _requests(method):
                    return _params(owner, method)
        raise ValueError(_unknown("endpoint", f"{verb} {shape}", self._endpoints_like(shape)))

    @property
    def paths(self) -> Iterable[str]:
        """The paths that the release asks, their placeholders unnamed."""
        return self._path_files

    @staticmethod
    def shape(path: str) -> str:
        """Unname the placeholders of a path: their names differ between releases and callers."""
        return _PLACEHOLDER.sub("{}", path)

    def _endpoints_like(self, shape: str) -> Iterator[str]:
        """List the endpoints of the file with the path most like a shape: all take seconds."""
        paths = difflib.get_close_matches(shape, self._path_files, n=1, cutoff=0)
        for where in self._path_files[paths[0]] if paths else ():
            module = self.module(where)
            for _, method in _methods(module) if module else ():
                yield from (f"{verb.upper()} {path}" for verb, path in _requests(method))

    @cached_property
    def _object_files(self) -> dict[str, list[str]]:
        return self._index(_OBJECT_NAME, "*.py", str)

    @cached_property
    def _path_files(self) -> dict[str, list[str]]:
        services = self._index(_PATH, "*_service.py", self.shape)
        others = self._index(_PATH, "*.py", self.shape)
        return {path: [*services.get(path, ()), *others[path]] for path in others}

    def _index(
        self, pattern: re.Pattern[str], names: str, key: Callable[[str], str]
    ) -> dict[str, list[str]]:
        """Map what a pattern finds to the modules it stands in; text scans faster than trees."""
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


def _targets(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def _methods(module: Module) -> Iterator[tuple[Class, ast.FunctionDef]]:
    """List the synchronous methods of the classes in a file, each with its class."""
    for owner in module.classes.values():
        for node in owner.node.body:
            if isinstance(node, ast.FunctionDef):
                yield owner, node


def _requests(method: ast.FunctionDef) -> set[tuple[str, str]]:
    """Give the (verb, path shape) of every request that a method makes."""
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
                found.add((verb, Sdk.shape(path)))
    return found


def _params(owner: Class, method: ast.FunctionDef) -> Class | None:
    """Find the class that the `params` of a method are annotated with; a resource unpacks its own."""
    spread = [method.args.kwarg] if method.args.kwarg else []
    for argument in [*method.args.args, *method.args.kwonlyargs, *spread]:
        if argument.arg == "params" and argument.annotation is not None:
            kind = Reader(owner.module, owner).read(argument.annotation)
            parts = kind.of if isinstance(kind, OneOf) else (kind,)
            return next((part.of for part in parts if isinstance(part, Instance)), None)
    return None
