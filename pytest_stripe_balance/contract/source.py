"""The source files of a stripe-python release, and the classes in them."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from pytest_stripe_balance.contract.annotations import Reader, Type

if TYPE_CHECKING:
    from pytest_stripe_balance.contract.sdk import Sdk

# RequestOptions holds the SDK's own settings (api_key, stripe_account), which aren't parameters.
_BASES = frozenset({"RequestOptions", "TypedDict", "StripeObject", "APIResource", "VerifyMixin"})


@dataclass(frozen=True)
class Class:
    """A class of the release. Two are equal when they are at the same place."""

    module: Module = field(repr=False)
    path: str
    node: ast.ClassDef = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """The name of the class, without those around it."""
        return self.node.name

    @cached_property
    def object_name(self) -> str | None:
        """The `object` of its instances; None for nested and plain classes."""
        for statement in self.node.body:
            targets = _targets(statement)
            if "OBJECT_NAME" in targets:
                value = getattr(statement, "value", None)
                return str(value.value) if isinstance(value, ast.Constant) else None
        return None

    def nested(self, name: str) -> Class | None:
        """Find a class by name in the body of this one."""
        for node in self.node.body:
            if isinstance(node, ast.ClassDef) and node.name == name:
                return Class(self.module, f"{self.path}.{name}", node)
        return None

    @cached_property
    def fields(self) -> dict[str, Type]:
        """Field name -> type. Inherited fields come first; constants and private names are left out."""
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
        """Field name -> its docstring on one line. Inherited fields are left out."""
        return {
            field.target.id: " ".join(text.split())
            for field, below in pairwise(self.node.body)
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
            if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
            if isinstance(text := below.value.value, str)
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


@dataclass(frozen=True)
class Module:
    """One source file. Two of a release are equal when their names are."""

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
        """Local name -> (module, name there). Imports for type checkers are included."""
        return {
            alias.asname or alias.name: (node.module, alias.name)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }

    @cached_property
    def typed_dicts(self) -> dict[str, ast.Dict]:
        """Dicts of the form `X = TypedDict("X", {...})`, used for keys that are Python keywords."""
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
        """Find the class behind a global name of this file; None when the release has none."""
        if name in self.classes:
            return self.classes[name]
        where, original = self.imports.get(name, ("", ""))
        if not where.startswith("stripe."):
            return None
        module = self.sdk.module(where)
        return module.resolve(original) if module and module != self else None


def _targets(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []
