"""Reads a cassette's YAML as plain data. No tag ever runs code.

The known tags are those that vcrpy has written in any version: strings, bytes, tuples, file-like and
iterator bodies, aiohttp's header names, and the requests of before vcrpy 1.0. Ruby's VCR writes
`!binary` for a text that isn't ASCII. Any other tag is refused by its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pytest_stripe_balance.cassettes import foreign
from pytest_stripe_balance.input_files import InputError, json_of, text_of

if TYPE_CHECKING:
    _Base = yaml.SafeLoader
else:
    _Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

DEEPEST = 200
_YAML = "tag:yaml.org,2002:"
_ANOTHER = "but found another document"  # PyYAML's message
_TOO_DEEP = "nested too deeply"


class SeveralError(InputError):
    """There are several YAML documents; a cassette has one."""


class Mapping(dict[str, Any]):
    """A YAML mapping, with the line on which it begins."""

    line: int | None = None


class _Loader(_Base):
    """Builds plain data. Every scalar but null stays a string: "2019-05-16" is no date."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way to be configured
        start: [(tag, pattern) for tag, pattern in resolvers if tag == f"{_YAML}null"]
        for start, resolvers in _Base.yaml_implicit_resolvers.items()
    }


def data_of(path: Path) -> Any:  # noqa: ANN401 - any YAML or JSON
    """Read a cassette's file: JSON if its name ends in .json, else YAML. InputError if that fails."""
    text = text_of(str(path))
    return json_of(text) if path.suffix == ".json" else read_yaml(text)


def read_yaml(text: str) -> Any:  # noqa: ANN401 - any YAML
    """Read a YAML cassette; InputError when it isn't YAML, is cut short, or has an unknown tag."""
    if foreign.is_raw_http(text):
        raise InputError(foreign.no_cassette(foreign.RAW_HTTP))
    try:
        _refuse_deep(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - the loader above is a safe one
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"not YAML, or cut short: {error.problem}"
        if isinstance(error, yaml.constructor.ConstructorError):  # a refusal of this module
            reason = error.problem or "not YAML"
        elif "nesting" in (error.problem or ""):  # libYAML's own limit, since PyYAML 6.0.4
            reason = _TOO_DEEP
        line = mark.line + 1 if mark else None
        if isinstance(error, yaml.composer.ComposerError) and error.problem == _ANOTHER:
            raise SeveralError("not a cassette: several YAML documents", line) from error
        raise InputError(reason, line) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InputError(
            f"contains a character that YAML doesn't allow ({error.reason})", line
        ) from error
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"not YAML: {error}") from error


def _refuse_deep(text: str) -> None:
    """Refuse a text that is nested too deeply, before it is built: libYAML would end the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                mark = event.start_mark
                raise InputError(_TOO_DEEP, mark.line + 1 if mark else None)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Iterator[Mapping]:
    mapping = Mapping()
    mapping.line = node.start_mark.line + 1
    yield mapping
    names: set[object] = set()
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str | None):
            raise _refusal("a key must be a string", key_node)
        if key in names:
            raise _refusal(f"the key {key!r} appears twice", key_node)
        names.add(key)
        mapping[str(key)] = loader.construct_object(value_node)


def _whole(loader: _Loader, node: yaml.Node) -> Any:  # noqa: ANN401 - any YAML
    """Construct a node with all its inner nodes, at once."""
    if isinstance(node, yaml.MappingNode):
        return {
            loader.construct_object(key, deep=True): loader.construct_object(value, deep=True)
            for key, value in node.value
        }
    if isinstance(node, yaml.SequenceNode):
        return [loader.construct_object(item, deep=True) for item in node.value]
    return _scalar(loader, node)


def _first(value: Any, key: str) -> Any:  # noqa: ANN401 - any YAML
    """Give the first argument of a pickled object: of its list, or of the list under `key`."""
    arguments = value.get(key) if isinstance(value, dict) else value
    return arguments[0] if isinstance(arguments, list | tuple) and arguments else ""


def _bytes_io(loader: _Loader, node: yaml.Node) -> Any:  # noqa: ANN401 - any YAML
    return _first(_whole(loader, node), "state")


def _iterated(loader: _Loader, node: yaml.Node) -> Any:  # noqa: ANN401 - any YAML
    return _first(_whole(loader, node), "args")


def _header_name(loader: _Loader, _: str, node: yaml.Node) -> str:
    return str(_first(_whole(loader, node), "args"))


def _scalar(loader: _Loader, node: yaml.Node) -> Any:  # noqa: ANN401 - any YAML
    return loader.construct_scalar(node)  # type: ignore[arg-type]  # another node has its own error


def _binary(loader: _Loader, node: yaml.Node) -> str | bytes:
    """Read the base64 of `!!binary`, or of Ruby's `!binary`; give str if it is UTF-8, else bytes."""
    if not isinstance(node, yaml.ScalarNode):
        raise _refusal("!!binary must be a string", node)
    content: bytes = loader.construct_yaml_binary(node)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content


def _refuse(_: _Loader, node: yaml.Node) -> None:
    tag = str(node.tag).replace(_YAML, "!!")
    raise _refusal(f"unknown tag {tag}, which vcrpy doesn't write; its code was not run", node)


def _refusal(problem: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


_KNOWN = {
    "map": _mapping,
    "int": _scalar,
    "float": _scalar,
    "bool": _scalar,
    "timestamp": _scalar,
    "python/str": _scalar,
    "python/unicode": _scalar,
    "python/tuple": _whole,
    "python/object/new:_io.BytesIO": _bytes_io,
    "python/object/apply:builtins.iter": _iterated,
    # Before vcrpy 1.0.
    "python/object:vcr.request.Request": _whole,
    "python/object/apply:builtins.frozenset": _whole,
    "python/object/apply:__builtin__.frozenset": _whole,
}
for _tag, _constructor in _KNOWN.items():
    _Loader.add_constructor(_YAML + _tag, _constructor)
for _kind in ("new", "apply"):  # aiohttp's headers, as vcrpy 2 to 4 wrote them
    _Loader.add_multi_constructor(f"{_YAML}python/object/{_kind}:multidict.", _header_name)
for _tag in (f"{_YAML}binary", "!binary"):
    _Loader.add_constructor(_tag, _binary)
_Loader.add_constructor(None, _refuse)  # PyYAML's catch-all
