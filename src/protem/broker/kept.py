"""The catalogue in memory, for as long as nothing in it changes.

The database gives the catalogue a new stamp with every change, one that was never there before: what is
kept under a stamp is what any transaction would read that finds this stamp.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session

from protem.broker import bearings

Part = TypeVar("Part")

CAPACITY = 20_000
"""Parts of one catalogue: people, names and selections of them; beyond that it is begun anew."""
_CATALOGUES = 4
_lock = threading.Lock()
_catalogues: OrderedDict[str, "Kept"] = OrderedDict()


class Kept:
    """What was read of one catalogue so far; parts are read and never written."""

    def __init__(self) -> None:
        self._parts: dict[Hashable, Any] = {}

    def part(self, name: Hashable, read: Callable[[], Part]) -> Part:
        """Return a part as it was read, the first time now; nothing is kept of what is not there."""
        found = self.find(name)
        if found is None:
            found = read()
            if found is not None:
                self.keep(name, found)
        return cast("Part", found)

    def find(self, name: Hashable) -> Any | None:
        """Return a part that was kept, if it was."""
        return self._parts.get(name)

    def keep(self, name: Hashable, part: object) -> None:
        if len(self._parts) >= CAPACITY:
            self._parts = {}
        self._parts[name] = part


def catalogue(session: Session) -> Kept:
    """Return what is kept of the catalogue that this transaction goes by."""
    stamp = bearings.of(session).stamp
    if stamp is None:
        return Kept()
    with _lock:
        found = _catalogues.setdefault(stamp, Kept())
        _catalogues.move_to_end(stamp)
        while len(_catalogues) > _CATALOGUES:
            _catalogues.popitem(last=False)
        return found
