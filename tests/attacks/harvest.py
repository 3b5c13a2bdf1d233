"""What the attacker has seen: ids, digests, cursors and tags, to be sent where they do not belong."""

import re
from collections import defaultdict, deque
from random import Random
from typing import Any

from tests.broker.worlds import ALPHA, BETA

_REMEMBERED = 64
_ASTRAY = 0.15
_SEGMENT = re.compile(r"^/v1/([a-z-]+)")

_KNOWN = {
    "account": [ALPHA, BETA, "alpha"],
    "permission_set": ["AdministratorAccess", "ReadOnlyAccess"],
    "entitlement": ["read", "admin", "glass"],
    "duration": ["PT30M", "PT1H", "PT2H30M"],
    "lifetime": ["P1D"],
    "justification": ["the pager went off"],
    "user_name": ["alice@example.com", "bob@example.com"],
}
"""What everybody knows before they have seen an answer."""


class Harvest:
    """Everything of use in the answers so far, by the name it goes by; old things are forgotten."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[Any]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))
        for name, values in _KNOWN.items():
            self._seen[name].extend(values)

    def reap(self, path: str, answer: Any) -> None:
        """Remember what a JSON answer from this address holds."""
        noun = _SEGMENT.match(path)
        self._walk(answer, noun[1] if noun else "")

    def note(self, name: str, value: Any) -> None:
        if value not in self._seen[name]:
            self._seen[name].append(value)

    def names(self) -> set[str]:
        return {name for name, values in self._seen.items() if values}

    def some(self, name: str, chance: Random) -> Any:
        """Return one of what goes by this name, or None."""
        values = self._seen.get(name)
        return chance.choice(values) if values else None

    def path_value(self, name: str, path: str, chance: Random) -> Any:
        """Return something for a part of an address: mostly of the right kind, now and then of another."""
        if chance.random() < _ASTRAY:
            return self.some("any id", chance)
        noun = _SEGMENT.match(path)
        return self.some(f"id of {noun[1]}" if noun and name.endswith("_id") else name, chance)

    def _walk(self, value: Any, noun: str) -> None:
        match value:
            case dict():
                if "digest" in value and "id" in value:
                    self.note(f"digest of {value['id']}", value["digest"])
                for name, inner in value.items():
                    self._leaf(name, inner, noun)
                    self._walk(inner, noun if name == "items" else name)
            case list():
                for inner in value:
                    self._walk(inner, noun)

    def _leaf(self, name: str, value: Any, noun: str) -> None:
        if not isinstance(value, str | int) or value in {"", True, False}:
            return
        if name == "id":
            self.note(f"id of {noun}", value)
            self.note("any id", value)
        self.note(name, value)
