"""stripe-python imported anew while a tap is open: by a reload, or after sys.modules was cleared.

Its client classes are others then, and what they send would pass by.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

from stripe._http_client import HTTPClient

_Take = Callable[[ModuleType], None]
CLIENTS, TELEMETRY = "stripe._http_client", "stripe._telemetry_id"


def other_clients() -> ModuleType | None:
    """Give the module of clients that is imported by now, where it isn't the one that is tapped."""
    module = sys.modules.get(CLIENTS)
    return None if getattr(module, "HTTPClient", HTTPClient) is HTTPClient else module


class _Handing(Loader):
    """Loads as another does, and hands the module over when it is there."""

    def __init__(self, loader: Loader, takes: Sequence[_Take]) -> None:
        self._loader, self._takes = loader, takes

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        for take in list(self._takes):
            take(module)


class ContractChecker:
    """Stands among Python's finders of modules while taps are open, and hands them what comes."""

    def __init__(self) -> None:
        self._takes: list[_Take] = []

    def begin(self, take: _Take) -> None:
        """Hand modules over to one more tap."""
        if not self._takes:
            # Not as the first, which pyfakefs takes for its own when it goes.
            known = (at for at, finder in enumerate(sys.meta_path) if finder is PathFinder)
            sys.meta_path.insert(next(known, len(sys.meta_path)), self)
        self._takes.append(take)

    def end(self, take: _Take) -> None:
        """Hand nothing more to a tap."""
        if take in self._takes:
            self._takes.remove(take)
        if not self._takes and self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find as the other finders do; None for all but stripe-python's clients."""
        if name not in (CLIENTS, TELEMETRY):
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        found = (finder.find_spec(name, path, target) for finder in others)
        spec = next(filter(None, found), None)
        if spec is not None and spec.loader is not None:
            spec.loader = _Handing(spec.loader, self._takes)
        return spec


WATCH = ContractChecker()
