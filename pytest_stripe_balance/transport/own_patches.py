"""What is patched while own clients run: sockets, and libraries, also those that they import."""

from __future__ import annotations

import functools
import sys
import threading
from types import ModuleType

from pytest_stripe_balance.transport import sockets
from pytest_stripe_balance.transport.imports import WATCH
from pytest_stripe_balance.transport.libraries import LIBRARIES
from pytest_stripe_balance.transport.patches import Group, Layer, spot


class _OwnPatches:
    """Put on by the first of the calls that run at once, taken off by the last."""

    def __init__(self) -> None:
        self._layer, self._lock, self._calls = Layer(), threading.RLock(), 0

    def __enter__(self) -> None:
        with self._lock:
            self._calls += 1
            if self._calls > 1:
                self._layer.mend()
                return
            for group in sockets.groups():
                self._layer.put_on(group)
            WATCH.begin(self._take, LIBRARIES)
            for name in LIBRARIES:
                if (module := sys.modules.get(name)) is not None:
                    self._take(module)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._calls -= 1
            if not self._calls:
                WATCH.end(self._take)
                self._layer.take_off()

    def _take(self, module: ModuleType) -> None:
        self._layer.put_on(_group_of(module))


@functools.lru_cache(maxsize=len(LIBRARIES))
def _group_of(module: ModuleType) -> Group:
    """Give the patches of a library; what another one of its name lacks needs none."""
    known = ((vars(module).get(owner), name, wrap) for owner, name, wrap in LIBRARIES[module.__name__])
    return Group([spot(one, name, wrap, whatever=True) for one, name, wrap in known if one is not None])


PATCHED = _OwnPatches()
