"""The nodes of fixtures' scopes, and the order in which fixtures are set up."""

from __future__ import annotations

import pytest

from pytest_stripe_balance.plugin import settings

_RANKS = {"session": 0, "package": 1, "module": 2, "class": 3}


def node_of(item: pytest.Item, scope: str) -> pytest.Item | pytest.Collector:
    """Give the node of a scope, as pytest does: a function without a class is its own class."""
    if scope == "session":
        return item.session
    found = item.getparent(pytest.Module if scope == "module" else pytest.Class)
    return item if found is None else found


def scope_of(node: object) -> str:
    """Name the scope of a node; a function is its own class, as in `node_of`."""
    for kind, scope in (
        (pytest.Session, "session"),
        (pytest.Package, "package"),
        (pytest.Module, "module"),
    ):
        if isinstance(node, kind):
            return scope
    return "class"


def put_first(item: pytest.Item) -> None:
    """Move our wider worlds to the front of their scope: before setup_module, setUpClass and others.

    A test that asks for one runs in a copy, which is set up before its own fixtures.
    """
    names: list[str] = item.fixturenames  # type: ignore[attr-defined] # of a function
    first = {*settings.WORLDS.values(), settings.OWN_WORLD}
    if settings.OWN_WORLD not in names:
        names.append(settings.OWN_WORLD)
    definitions = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined] # noqa: SLF001 - pytest tells of scopes nowhere else

    def rank(name: str) -> tuple[int, bool]:
        scope = definitions[name][-1].scope if definitions.get(name) else "function"
        return _RANKS.get(scope, len(_RANKS)), name not in first

    names.sort(key=rank)
