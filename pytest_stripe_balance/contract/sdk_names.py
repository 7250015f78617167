"""What stripe-python's names ask: `stripe.PaymentIntent.create` is POST /v1/payment_intents.

A name is walked step by step through the release's source: modules, classes, the services of a client,
and at last a method, whose body says which call it makes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from pytest_stripe_balance.contract.source import Module

if TYPE_CHECKING:
    from pytest_stripe_balance.contract.sdk import Sdk
    from pytest_stripe_balance.contract.source import Class

CLIENT = "StripeClient"
_METHODS = ("get", "post", "delete")
_PLACEHOLDER = re.compile(r"\{[^}]*\}|%s")
_PATH = re.compile(r"/(v\d+|oauth)/")
_PAGES = "_auto_paging_iter"
# What a method uses that puts an id into its path.
_ID_USED = {"instance_url", "_build_instance_url", "sanitize_id", "quote_plus"}
_ITEM_METHODS = ("retrieve", "refresh", "save")
# Methods of base classes, which ask the object's own path.
_INHERITED = {"refresh": "get", "save": "post"}
Kind: TypeAlias = Literal["module", "class", "service", "object"]


class Method(NamedTuple):
    """A method that makes a call, as "POST /v1/customers/{}"; `returns` is the class of the answer."""

    call: str
    returns: Class | None
    is_service: bool


@dataclass(frozen=True)
class Node:
    """A name on the way to a method: a module, or a class in one of its roles.

    A class of resources has methods of its own; a client and its services have services and methods; an
    object is what a call has returned.
    """

    names: Names
    of: Module | Class
    kind: Kind

    def step(self, name: str) -> Node | Method | None:
        """Give what a name below this one is; None if it is nothing that leads to a call."""
        return self.names.step(self, name)


class Names:
    """The names of one release."""

    def __init__(self, sdk: Sdk) -> None:
        self.sdk = sdk
        self._steps: dict[tuple[Module | Class, str, str], Node | Method | None] = {}

    @cached_property
    def module(self) -> Node:
        """The module `stripe`."""
        found = self.sdk.module("stripe")
        assert found is not None, "unreachable because an Sdk is a folder of stripe-python's"
        return Node(self, found, "module")

    @cached_property
    def client(self) -> Node:
        """An instance of StripeClient."""
        made = self.module.step(CLIENT)
        assert isinstance(made, Node), "unreachable because every release that is typed has it"
        return Node(self, made.of, "service")

    def step(self, node: Node, name: str) -> Node | Method | None:
        """Give what a name below a node is; each is looked up once."""
        key = (node.of, node.kind, name)
        if key not in self._steps:
            self._steps[key] = self._below(node, name)
        return self._steps[key]

    def _below(self, node: Node, name: str) -> Node | Method | None:
        of = node.of
        if isinstance(of, Module):
            return self._in_module(of, name)
        nested = of.nested("TestHelpers" if name == "test_helpers" else name)
        if nested is not None and node.kind != "service":
            return Node(self, nested, node.kind)
        if node.kind == "service" and (service := _service(of, name)) is not None:
            return Node(self, service, "service")
        return _method(of, name, is_service=node.kind == "service")

    def _in_module(self, module: Module, name: str) -> Node | None:
        package = f"{module.name}.{name}"
        if self.sdk.folder.joinpath(*package.split(".")[1:]).is_dir():
            inner = self.sdk.module(package)
            return Node(self, inner, "module") if inner else None
        found = module.resolve(name)
        return Node(self, found, "class") if found else None


def _service(owner: Class, name: str) -> Class | None:
    """Find the class of a service that is an attribute of a client or of another service."""
    for node in owner.node.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=target), annotation=annotation) if target == name:
                return _named_by(owner, annotation)
            case ast.FunctionDef(name=target, returns=returns, decorator_list=[_, *_]) if target == name:
                return _named_by(owner, returns)
            case ast.FunctionDef(name="__init__"):
                for inner in ast.walk(node):
                    match inner:
                        case ast.Assign(
                            targets=[ast.Attribute(attr=target)], value=ast.Call(func=made)
                        ) if target == name:
                            return _named_by(owner, made)
    return None


def _named_by(owner: Class, annotation: ast.expr | None) -> Class | None:
    """Find the class that an annotation names, as "Customer"; None for a list of some."""
    match annotation:
        case ast.Name(id=name) | ast.Constant(value=str(name)):
            return owner.module.resolve(name.rpartition(".")[2])
    return None


def _method(owner: Class, name: str, *, is_service: bool) -> Method | None:
    """Find the call that a method makes, by its name; None for one that makes none."""
    plain = name.removesuffix("_async").removesuffix(_PAGES)
    for function in _functions(owner, f"_cls_{plain}", plain):
        path = next(_paths(function), None) or _own_path(owner, function)
        method = next(_verbs(function), None)
        if path and method:
            returns = _named_by(owner, function.returns)
            call = f"{method.upper()} {_PLACEHOLDER.sub('{}', path)}"
            return Method(call, returns, is_service)
    if plain in _INHERITED and (url := _class_url(owner)) and not is_service:
        return Method(f"{_INHERITED[plain].upper()} {url}/{{}}", owner, is_service)
    return None


def _functions(owner: Class, *names: str) -> Iterator[ast.FunctionDef]:
    """List the methods of these names, that of the first name first; the last overload has the body."""
    for name in names:
        found = [
            node for node in owner.node.body if isinstance(node, ast.FunctionDef) and node.name == name
        ]
        yield from found[::-1]


def _paths(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        match node:
            case ast.Constant(value=str(text)) if _PATH.match(text):
                yield text


def _verbs(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) if name in ("_search", "refresh"):
                yield "get"
            case ast.Call(func=ast.Attribute(attr=name), args=[ast.Constant(value=str(verb)), *_]) if (
                "request" in name and verb in _METHODS
            ):
                yield verb


def _own_path(owner: Class, function: ast.FunctionDef) -> str | None:
    """Give the path of a method that names none: that of its resource, or of one of its objects."""
    url = _class_url(owner)
    if url is None:
        return None
    called = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
    called |= {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    of_one = _ID_USED & called or function.name in _ITEM_METHODS
    return f"{url}/{{}}" if of_one and not _is_single(owner) else url


def _class_url(owner: Class) -> str | None:
    for function in _functions(owner, "class_url"):
        return next(_paths(function), None)
    name = owner.object_name
    if name is None:
        return None
    path = f"/v1/{name.replace('.', '/')}"
    return path if _is_single(owner) else f"{path}s"


def _is_single(owner: Class) -> bool:
    bases = [ast.unparse(base) for base in owner.node.bases]
    return any(base.startswith("SingletonAPIResource") for base in bases)
