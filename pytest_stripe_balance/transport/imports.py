"""Watching for imports of some modules: the first, reloads, and those after sys.modules is cleared."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

Take = Callable[[ModuleType], None]


class _Watched(Loader):
    """Loads as another loader does, and gives the module to those who watch for it."""

    def __init__(self, loader: Loader, takers: Sequence[Take]) -> None:
        self._loader, self._takers = loader, takers

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        for take in list(self._takers):
            take(module)


class ImportWatch:
    """A finder among Python's own that gives watched modules to their takers, once they are loaded."""

    def __init__(self) -> None:
        self._takers: dict[str, list[Take]] = {}

    def begin(self, take: Take, names: Iterable[str]) -> None:
        """Give each module of these names to `take` when it is imported from now on."""
        if not self._takers:
            # Not as the first, which pyfakefs takes for its own when it goes.
            known = (at for at, finder in enumerate(sys.meta_path) if finder is PathFinder)
            sys.meta_path.insert(next(known, len(sys.meta_path)), self)
        for name in names:
            self._takers.setdefault(name, []).append(take)

    def end(self, take: Take) -> None:
        """Give nothing more to `take`."""
        for takers in self._takers.values():
            takers[:] = [taker for taker in takers if taker != take]
        self._takers = {name: takers for name, takers in self._takers.items() if takers}
        if not self._takers and self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find as the other finders do; None for every module that isn't watched for."""
        if (takers := self._takers.get(name)) is None:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        found = (finder.find_spec(name, path, target) for finder in others)
        spec = next(filter(None, found), None)
        if spec is not None and spec.loader is not None:
            spec.loader = _Watched(spec.loader, takers)
        return spec


WATCH = ImportWatch()
