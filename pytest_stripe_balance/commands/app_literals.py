"""What is literal in an app's source: values, and the dicts and lists that names stand for.

A dict that is changed by item, by `update` or by `|` is followed. What is assigned in a branch is added
to what was there, so that nothing is left out that may be sent.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

UNREAD = object()  # a value that is made while the app runs
REST = "**"  # the key of a dict for what else it may have; its value is UNREAD


class LiteralNames:
    """The literal values of names, by scope. They are python's own, with UNREAD in them."""

    def __init__(self) -> None:
        self._scopes: list[dict[str, Any]] = [{}]
        self.branches = 0

    def enter(self, names: Iterator[str]) -> None:
        """Begin a scope; `names` are a function's arguments, which the app gives."""
        self._scopes.append(dict.fromkeys(names, UNREAD))

    def leave(self) -> None:
        """End a scope."""
        self._scopes.pop()

    def assign(self, target: ast.expr, value: Any) -> None:  # noqa: ANN401 - any literal
        """Note an assignment to a name, or to an item of what it stands for."""
        match target:
            case ast.Name(id=name):
                scope = self._scopes[-1]
                before = scope.get(name) if self.branches else None
                whole = _merged(before, value) if isinstance(before, dict) else value
                scope[name] = whole
            case ast.Subscript(value=of, slice=key):
                into, item = self.value(of), _key(key)
                if isinstance(into, dict):
                    into[REST if item is None else item] = UNREAD if item is None else value
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    self.assign(part, UNREAD)
            case ast.Starred(value=inner):
                self.assign(inner, UNREAD)

    def change(self, call: ast.Call) -> None:
        """Note a method that changes a dict or a list in place."""
        match call.func:
            case ast.Attribute(value=of, attr="update"):
                self._add(self.value(of), self.arguments(call))
            case ast.Attribute(value=of, attr="setdefault") if len(call.args) > 1:
                key = ast.Subscript(value=of, slice=call.args[0])
                self.assign(key, self.value(call.args[1]))
            case ast.Attribute(value=of, attr="append" | "extend" | "insert"):
                into = self.value(of)
                if isinstance(into, list):
                    is_one = call.func.attr == "append" and len(call.args) == 1
                    into.append(self.value(call.args[0]) if is_one else UNREAD)

    def augment(self, target: ast.expr, value: ast.expr) -> None:
        """Note `|=` and `+=`."""
        into, added = self.value(target), self.value(value)
        if isinstance(into, list):
            into.extend(added if isinstance(added, list) else [UNREAD])
        else:
            self._add(into, added)

    def keywords(self, call: ast.Call) -> dict[str, Any]:
        """Give a call's keywords as they are now: later changes don't show."""
        found: dict[str, Any] = copied(
            self.arguments(ast.Call(func=call.func, args=[], keywords=call.keywords))
        )
        return found

    def arguments(self, call: ast.Call) -> dict[str, Any]:
        """Give a call's keywords and dicts as one dict."""
        found: dict[str, Any] = {}
        for one in call.args:
            self._add(found, self.value(one))
        for keyword in call.keywords:
            value = self.value(keyword.value)
            self._add(found, value if keyword.arg is None else {keyword.arg: value})
        return found

    def value(self, node: ast.expr) -> Any:  # noqa: ANN401 - any literal
        """Give what an expression stands for."""
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Dict(keys=keys, values=values):
                found: dict[str, Any] = {}
                for key, one in zip(keys, values, strict=True):
                    name = REST if key is None else _key(key) or REST
                    self._add(found, self.value(one) if key is None else {name: self.value(one)})
                return found
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return [UNREAD if isinstance(one, ast.Starred) else self.value(one) for one in items]
            case ast.Name(id=name):
                return next((scope[name] for scope in self._scopes[::-1] if name in scope), UNREAD)
            case ast.Subscript(value=of, slice=key):
                inner = self.value(of)
                return inner.get(_key(key), UNREAD) if isinstance(inner, dict) else UNREAD
            case ast.Call(func=ast.Name(id="dict")):
                return self.arguments(node)
            case ast.Call(func=ast.Attribute(value=of, attr="copy")):
                inner = self.value(of)
                return {**inner} if isinstance(inner, dict) else UNREAD
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                first, second = self.value(left), self.value(right)
                return _merged(first, second) if isinstance(first, dict) else UNREAD
        return UNREAD

    def _add(self, into: Any, added: Any) -> None:  # noqa: ANN401 - any literal
        if isinstance(into, dict):
            into.update(_merged({}, added))


def copied(value: Any) -> Any:  # noqa: ANN401 - any literal
    """Give a literal as it is now."""
    if isinstance(value, dict):
        return {name: copied(inner) for name, inner in value.items()}
    return [copied(one) for one in value] if isinstance(value, list) else value


def _merged(first: dict[str, Any], second: Any) -> dict[str, Any]:  # noqa: ANN401 - any literal
    return {**first, **(second if isinstance(second, dict) else {REST: UNREAD})}


def _key(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
