"""Finds the calls of stripe-python in an app's source, by `ast`: nothing of the app is imported.

Names are followed through imports, aliases, assignments and annotations. What carries stripe-python or a
client from file to file (a module's variable, an attribute, a function) is known by its name.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from pytest_stripe_balance.commands.app_literals import REST, UNREAD, LiteralNames, copied
from pytest_stripe_balance.contract.sdk_names import Method, Names, Node
from pytest_stripe_balance.report.app_report import Unclear

Value: TypeAlias = Node | Method
# stripe-python's own keywords, which are no parameters of a call, and those of ids in a path.
OPTIONS = frozenset(
    {"api_key", "stripe_account", "stripe_version", "stripe_context", "idempotency_key", "options"}
    | {"headers", "content_type", "max_network_retries", "id", "sid", "nested_id", "expand"}
)
_RAW = ("raw_request", "raw_request_async")
_VERBS = frozenset(
    {"create", "retrieve", "list", "modify", "update", "delete", "search", "cancel", "confirm"}
)
# Methods of objects: the first are Stripe's alone, the others everybody's.
_DISTINCT = frozenset(
    {"apply_customer_balance", "finalize_invoice", "void_invoice", "send_invoice", "fund_cash_balance"}
    | {"mark_uncollectible", "create_funding_instructions", "increment_authorization"}
    | {"delete_discount", "verify_microdeposits", "list_payment_methods"}
)
_COMMON = frozenset({"confirm", "capture", "cancel", "pay", "attach", "detach"})
_OBJECTS = re.compile(r"(intent|invoice|charge|subscription|schedule|payment_method)$", re.IGNORECASE)
_HOST = re.compile(r"https://api\.stripe\.com/\w")
_STRIPE = "[sS]tripe"
_LEFT_OUT = frozenset({"__pycache__", "node_modules", "site-packages"})


class AskedInSource(NamedTuple):
    """A call in the app: as it is written, which call of Stripe's that is, and its literal parameters.

    Values are as `app_literals` has them.
    """

    file: str
    line: int
    name: str
    call: str
    params: dict[str, Any]


@dataclass
class AppSource:
    """What was found in the files of an app."""

    files: int = 0
    found: list[AskedInSource] = field(default_factory=list)
    unclear: list[Unclear] = field(default_factory=list)


def read(paths: Iterable[str], names: Names) -> AppSource:
    """Read files, and all Python files in folders; ValueError for a path that isn't there."""
    texts = {str(file): file.read_bytes() for file in dict.fromkeys(_files(paths))}
    source = AppSource(len(texts))
    trees: dict[str, ast.Module | None] = {}
    carriers: dict[str, Node] = {}

    def read_those_with(words: str, into: AppSource) -> None:
        """Read the files that have some words: parsing all of a big app takes minutes."""
        for file, text in texts.items():
            if re.search(words.encode(), text):
                if file not in trees:
                    trees[file] = _parsed(file, text, source)
                if tree := trees[file]:
                    _Reader(file, names, carriers, into).visit(tree)

    for _ in range(2):  # what one file passes on may come from another
        read_those_with(_STRIPE, AppSource())
    read_those_with("|".join([_STRIPE, *(rf"\b{name}(\(\))?\." for name in carriers)]), source)
    return source


def _parsed(file: str, text: bytes, source: AppSource) -> ast.Module | None:
    try:
        return ast.parse(text, file)
    except (SyntaxError, ValueError) as error:
        why = f"Python {sys.version_info.major}.{sys.version_info.minor} can't read the file"
        line = getattr(error, "lineno", None) or 1
        source.unclear.append(Unclear(file, line, str(getattr(error, "msg", error)), why))
        return None


def _files(paths: Iterable[str]) -> Iterator[Path]:
    for path in map(Path, paths):
        if path.is_dir():
            yield from _in_folder(path)
        elif path.is_file():
            yield path
        else:
            raise ValueError(f"{path} is no file and no folder")


def _in_folder(folder: Path) -> Iterator[Path]:
    """List a folder's Python files, without those of environments and hidden folders."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if not (
                path.name.startswith(".") or path.name in _LEFT_OUT or (path / "pyvenv.cfg").is_file()
            ):
                yield from _in_folder(path)
        elif path.suffix == ".py":
            yield path


class _Reader(ast.NodeVisitor):
    """Reads one file. `carriers` are the names that pass stripe-python or a client on, of all files."""

    def __init__(self, file: str, names: Names, carriers: dict[str, Node], source: AppSource) -> None:
        self.file, self.names, self.carriers, self.source = file, names, carriers, source
        self._scopes: list[dict[str, Value | None]] = [{}]
        self._literals = LiteralNames()
        self._functions: list[str] = []
        self._called: set[ast.expr] = set()
        self._knows_stripe = False

    # What names mean.

    def visit_Import(self, node: ast.Import) -> None:
        """Bind `import stripe`, `import stripe as s`, `import stripe.checkout`."""
        for alias in node.names:
            first, *rest = alias.name.split(".")
            value: Value | None = self.names.module if first == "stripe" else None
            for name in rest if alias.asname else ():
                value = value.step(name) if isinstance(value, Node) else None
            self._bind(alias.asname or first, value)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Bind `from stripe import Customer`, and what another file of the app passes on."""
        first, *rest = (node.module or "").split(".")
        base: Value | None = self.names.module if first == "stripe" and not node.level else None
        for name in rest:
            base = base.step(name) if isinstance(base, Node) else None
        for alias in node.names:
            value = base.step(alias.name) if isinstance(base, Node) else None
            if base is None:
                value = self.carriers.get(alias.name)
                value = self.names.module if alias.name == "stripe" and value is None else value
            self._bind(alias.asname or alias.name, value)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Bind what is assigned."""
        self.visit(node.value)
        literal = self._literals.value(node.value)
        for target in node.targets:
            self._assign(target, self._value(node.value))
            self._literals.assign(target, literal)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Bind what is assigned, or what the annotation says."""
        value = self._annotated(node.annotation)
        if node.value is not None:
            self.visit(node.value)
            value = self._value(node.value) or value
            self._literals.assign(node.target, self._literals.value(node.value))
        self._assign(node.target, value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """Follow a dict or a list that is added to."""
        self.generic_visit(node)
        self._literals.augment(node.target, node.value)

    def visit_If(self, node: ast.stmt) -> None:
        """Read a branch, in which what is assigned may not come about."""
        self._literals.branches += 1
        self.generic_visit(node)
        self._literals.branches -= 1

    visit_While = visit_Try = visit_Match = visit_If  # noqa: N815 - the visitor's own names

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        """Read a loop; nobody knows what its name stands for."""
        self._literals.assign(node.target, UNREAD)
        self.visit_If(node)

    visit_AsyncFor = visit_For  # noqa: N815 - the visitor's own name

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """Bind what is assigned inside an expression."""
        self.visit(node.value)
        self._assign(node.target, self._value(node.value))
        self._literals.assign(node.target, self._literals.value(node.value))

    def visit_withitem(self, node: ast.withitem) -> None:
        """Bind what a `with` block names."""
        self.visit(node.context_expr)
        if node.optional_vars is not None:
            self._assign(node.optional_vars, self._value(node.context_expr))

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Read a function in a scope of its own, with what its annotations say."""
        for outer in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(outer)
        self._carry(node.name, self._annotated(node.returns))
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        self._scopes.append({one.arg: self._annotated(one.annotation) for one in every})
        self._literals.enter(one.arg for one in (*every, arguments.vararg, arguments.kwarg) if one)
        self._functions.append(node.name)
        for statement in node.body:
            self.visit(statement)
        self._functions.pop()
        self._literals.leave()
        self._scopes.pop()

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - the visitor's own name

    def visit_Return(self, node: ast.Return) -> None:
        """Note a function that gives stripe-python, or a client."""
        if node.value is not None:
            self.visit(node.value)
            if self._functions:
                self._carry(self._functions[-1], self._value(node.value))

    def _bind(self, name: str, value: Value | None) -> None:
        self._scopes[-1][name] = value
        self._knows_stripe = self._knows_stripe or value is not None

    def _assign(self, target: ast.expr, value: Value | None) -> None:
        match target:
            case ast.Name(id=name):
                self._bind(name, value)
                if not self._functions:
                    self._carry(name, value)
            case ast.Attribute(attr=name):
                self._carry(name, value)

    def _carry(self, name: str, value: Value | None) -> None:
        if isinstance(value, Node) and (value.kind == "module" or value == self.names.client):
            self.carriers[name] = value

    def _annotated(self, annotation: ast.expr | None) -> Value | None:
        """Give what has an annotation: a client, or an object of a resource's class."""
        match annotation:
            case ast.Constant(value=str(text)):
                try:
                    return self._annotated(ast.parse(text, mode="eval").body)
                except SyntaxError:
                    return None
            case ast.Subscript(slice=inner):  # Optional[...], Annotated[...]
                parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                return next((found for part in parts if (found := self._annotated(part))), None)
            case ast.BinOp(left=left, right=right):  # X | None
                return self._annotated(left) or self._annotated(right)
            case ast.Name() | ast.Attribute():
                return self._made(self._value(annotation))
        return None

    def _made(self, of: Value | None) -> Value | None:
        """Give an instance of a class."""
        if not isinstance(of, Node) or of.kind != "class":
            return of if isinstance(of, Node) and of.kind == "service" else None
        made = Node(self.names, of.of, "object")
        return self.names.client if of.of == self.names.client.of else made

    def _value(self, node: ast.expr) -> Value | None:
        """Give what an expression is, as far as it is stripe-python's."""
        match node:
            case ast.Name(id=name):
                return self._bound(name)
            case ast.Attribute(value=base, attr=name):
                return self._attribute(base, name)
            case ast.Call(func=function):
                return self._result(self._value(function) or self._named(function))
            case ast.Await(value=inner) | ast.NamedExpr(value=inner):
                return self._value(inner)
            case ast.IfExp(body=first, orelse=second):
                return self._value(first) or self._value(second)
            case ast.BoolOp(values=values):
                return next((found for one in values if (found := self._value(one))), None)
        return None

    def _bound(self, name: str) -> Value | None:
        return next((scope[name] for scope in self._scopes[::-1] if name in scope), None)

    def _attribute(self, base: ast.expr, name: str) -> Value | None:
        of = self._value(base)
        if isinstance(of, Node):
            return of.step(name)
        if of is None:
            of = self._named(base)
            if isinstance(of, Node) and (found := of.step(name)) is not None:
                return found
            if "stripe" in _simple(base).lower():  # a name that nobody else would give
                return self.names.module.step(name) or self.names.client.step(name)
        return None

    def _named(self, node: ast.expr) -> Value | None:
        """Give what an attribute or a function passes on, by its name."""
        match node:
            case ast.Attribute(attr="stripe"):
                return self.names.module
            case ast.Attribute(attr=name):
                return self.carriers.get(name)
            case ast.Name(id=name) if not any(name in scope for scope in self._scopes):
                return self.carriers.get(name)
        return None

    def _result(self, called: Value | None) -> Value | None:
        if isinstance(called, Method):
            return Node(self.names, called.returns, "object") if called.returns else None
        if isinstance(called, Node) and called.kind == "class":
            return self._made(called)
        return called  # a function that passes something on

    # What is asked.

    def visit_Call(self, node: ast.Call) -> None:
        """Note a call that asks Stripe."""
        function = node.func
        value = self._value(function)
        if isinstance(value, Method):
            self._called.add(function)
            self._note(function, value.call, self._parameters(node, value))
        elif isinstance(function, ast.Attribute):
            self._look_closer(node, function)
        elif self._is_computed(node):
            self._leave(node, "the name is made while the app runs")
        self._literals.change(node)
        self._note_handed_on(node)
        self.generic_visit(node)

    def _note_handed_on(self, call: ast.Call) -> None:
        """Note methods that are handed on with their parameters, as to asyncio.to_thread."""
        for one in call.args:
            if isinstance(one, ast.Attribute) and isinstance(value := self._value(one), Method):
                self._called.add(one)
                self._note(one, value.call, self._keywords(call))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Note a method that is kept, to be called later."""
        if node not in self._called and isinstance(value := self._value(node), Method):
            self._note(node, value.call, {})
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Note a URL of Stripe's API."""
        if isinstance(node.value, str) and _HOST.match(node.value):
            self._leave(node, "it goes to Stripe without stripe-python")

    def _look_closer(self, node: ast.Call, function: ast.Attribute) -> None:
        base, name = function.value, function.attr
        root, of = _simple(base), self._value(base)
        if name in _RAW and (isinstance(of, Node) or "stripe" in root.lower()):
            call = _raw_call(node)
            if call is None:
                self._leave(function, "its path is made while the app runs")
            else:
                self._note(function, call, self._keywords(node))
        elif name in _VERBS and of is None and (prefix := self._known_prefix(base)):
            self._leave(function, f"stripe-python {self.names.sdk.version} has no {prefix}")
        elif name in _VERBS and isinstance(of, Node) and of.kind != "object":
            shown = ast.unparse(function)
            self._leave(function, f"stripe-python {self.names.sdk.version} has no {shown}")
        elif of is None and self._knows_stripe and _may_be_an_objects(root, name):
            self._leave(function, "the class of the object isn't known here")

    def _is_computed(self, node: ast.Call) -> bool:
        """Say whether it is `getattr` of something of stripe-python's, with a name that is made."""
        match node:
            case ast.Call(func=ast.Name(id="getattr"), args=[of, name, *_]):
                return isinstance(self._value(of), Node) and not isinstance(name, ast.Constant)
        return False

    def _known_prefix(self, node: ast.expr) -> str | None:
        """Name the first part of a chain that stripe-python lacks, if what is before it is its own."""
        while isinstance(node, ast.Attribute):
            if isinstance(of := self._value(node.value), Node) and of.kind != "object":
                return ast.unparse(node)
            node = node.value
        return None

    def _parameters(self, call: ast.Call, method: Method) -> dict[str, Any]:
        """Give the parameters of a call; a service takes them in one dict, after the ids of the path."""
        if not method.is_service:
            return self._keywords(call)
        given = [keyword.value for keyword in call.keywords if keyword.arg == "params"]
        given += call.args[method.call.count("{") :][:1]
        if not given:
            is_spread = any(keyword.arg is None for keyword in call.keywords)
            return {REST: UNREAD} if is_spread else {}
        found = copied(self._literals.value(given[0]))
        if found is None:
            return {}
        return _without_options(found) if isinstance(found, dict) else {REST: UNREAD}

    def _keywords(self, call: ast.Call) -> dict[str, Any]:
        return _without_options(self._literals.keywords(call))

    def _note(self, node: ast.expr, call: str, params: dict[str, Any]) -> None:
        name = _shown(node)
        self.source.found.append(AskedInSource(self.file, node.lineno, name, call, params))

    def _leave(self, node: ast.expr, why: str) -> None:
        self.source.unclear.append(Unclear(self.file, node.lineno, _shown(node), why))


def _without_options(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name not in OPTIONS}


def _simple(node: ast.expr) -> str:
    """Give the last name of an expression: "client" of `self.client` and of `client()`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=inner) | ast.Await(value=inner) | ast.Subscript(value=inner):
            return _simple(inner)
    return ""


def _may_be_an_objects(root: str, name: str) -> bool:
    if root in ("self", "cls", "super"):
        return False
    return name in _DISTINCT or (name in _COMMON and _OBJECTS.search(root) is not None)


def _shown(node: ast.expr) -> str:
    """Write an expression on one line, without the arguments inside it."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=base, attr=name):
            return f"{_shown(base)}.{name}"
        case ast.Call(func=ast.Name(id="getattr")):
            return " ".join(ast.unparse(node).split())
        case ast.Call(func=inner):
            return f"{_shown(inner)}()"
        case ast.Await(value=inner):
            return f"(await {_shown(inner)})"
        case ast.Constant(value=str(text)):
            return text.partition("?")[0]
    return "(...)"


def _raw_call(call: ast.Call) -> str | None:
    """Give the call of a raw_request with a literal path; None where it isn't literal."""
    match call.args:
        case [ast.Constant(value=str(method)), ast.Constant(value=str(path)), *_]:
            return f"{method.upper()} {path.partition('?')[0]}"
        case [ast.Constant(value=str(method)), ast.JoinedStr(values=parts), *_]:
            texts = [str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts]
            path = "".join(texts).partition("?")[0]
            return f"{method.upper()} {path}" if path.startswith("/v") else None
    return None
