"""The types in a stripe-python release's annotations, as plain values, and their reader."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_stripe_balance.contract.source import Class, Module


@dataclass(frozen=True)
class Plain:
    """A JSON scalar by its JSON Schema name, or `decimal`: a number that travels as a string."""

    name: str


@dataclass(frozen=True)
class Literals:
    """The documented values of a field."""

    values: tuple[str | bool | int, ...]


@dataclass(frozen=True)
class Null:
    """None, as in Optional."""


@dataclass(frozen=True)
class Anything:
    """A type that allows anything: Any, a type variable, or a name from outside the release."""


@dataclass(frozen=True)
class Instance:
    """An object of a class."""

    of: Class


@dataclass(frozen=True)
class Items:
    """A JSON array."""

    of: Type


@dataclass(frozen=True)
class Keyed:
    """A map: any keys, values of one type."""

    of: Type


@dataclass(frozen=True)
class ListObject:
    """A ListObject or SearchResultObject. `name` is the value of its `object`, such as "list"."""

    name: str
    of: Type


@dataclass(frozen=True)
class Expandable:
    """An id, or the object itself when it is expanded."""

    of: Type


@dataclass(frozen=True)
class OneOf:
    """A union. Its members are in the order of the source, and none is a union itself."""

    of: tuple[Type, ...]


@dataclass(frozen=True)
class Absent:
    """A key that may be left out (NotRequired)."""

    of: Type


Type: TypeAlias = (
    Plain
    | Literals
    | Null
    | Anything
    | Instance
    | Items
    | Keyed
    | ListObject
    | Expandable
    | OneOf
    | Absent
)


def union(members: Iterable[Type]) -> Type:
    """Make one type of several. A union inside is flattened; a single member is returned as it is."""
    flat: list[Type] = []
    for member in members:
        parts = member.of if isinstance(member, OneOf) else (member,)
        flat += [part for part in parts if part not in flat]
    return flat[0] if len(flat) == 1 else OneOf(tuple(flat))


_NAMES: dict[str, Type] = {
    "str": Plain("string"),
    "int": Plain("integer"),
    "float": Plain("number"),
    "bool": Plain("boolean"),
    "Decimal": Plain("decimal"),
    "None": Null(),
    "UntypedStripeObject": Keyed(Anything()),
}
_GENERICS: dict[str, Callable[[list[Type]], Type]] = {
    "Optional": lambda of: union((*of, Null())),
    "Union": union,
    "NotRequired": lambda of: Absent(of[0]),
    "Unpack": lambda of: of[0],
    "List": lambda of: Items(of[0]),
    "Dict": lambda of: Keyed(of[-1]),
    "Mapping": lambda of: Keyed(of[-1]),
    "UntypedStripeObject": lambda of: Keyed(of[-1]),
    "ListObject": lambda of: ListObject("list", of[0]),
    "SearchResultObject": lambda of: ListObject("search_result", of[0]),
    "ExpandableField": lambda of: Expandable(of[0]),
}


@dataclass(frozen=True)
class Reader:
    """Turns annotations into types. Names are looked up as Python does: class body first, then file."""

    module: Module
    inside: Class | None

    def read(self, node: ast.expr) -> Type:
        """Return the type of an annotation; `Anything` for an annotation that isn't known."""
        match node:
            case ast.Constant(value=str(text)):
                return self.read(ast.parse(text, mode="eval").body)
            case ast.BinOp(op=ast.BitOr()):
                return union((self.read(node.left), self.read(node.right)))
            case ast.Subscript(value=ast.Name(id=name)):
                arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                return self._generic(name, arguments)
            case ast.Name() | ast.Attribute() | ast.Constant(value=None):
                return self._named(ast.unparse(node))
        return Anything()

    def _generic(self, name: str, arguments: list[ast.expr]) -> Type:
        if name == "Literal":
            return Literals(tuple(ast.literal_eval(value) for value in arguments))
        make = _GENERICS.get(name)
        return make([self.read(argument) for argument in arguments]) if make else Anything()

    def _named(self, dotted: str) -> Type:
        if dotted in _NAMES:
            return _NAMES[dotted]
        head, *rest = dotted.split(".")
        found = self.inside.nested(head) if self.inside else None
        found = found or self.module.resolve(head)
        for name in rest:
            found = found.nested(name) if found else None
        return Instance(found) if found else Anything()
