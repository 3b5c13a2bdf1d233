"""Where in the organization accounts are, by the handles of every unit above them."""

from itertools import takewhile

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.db.models import OrganizationalUnit
from protem.domain import names

_DEEPEST = 16
"""Organizations nests five levels; more than this is a circle, which no account is below."""


class Units:
    """The tree of organizational units, read once for as many accounts as there are."""

    def __init__(self, session: Session) -> None:
        unit = OrganizationalUnit
        rows = session.execute(select(unit.id, unit.name, unit.parent_id).where(unit.removed_at.is_(None)))
        self._rows = {row.id: (row.name, row.parent_id) for row in rows}
        self._above: dict[str, frozenset[str]] = {}

    def above(self, parent_id: str) -> frozenset[str]:
        """Return the handles of the unit with this id, and of every one above it."""
        if parent_id not in self._above:
            self._above[parent_id] = frozenset(self._handles(parent_id))
        return self._above[parent_id]

    def _handles(self, unit_id: str) -> list[str]:
        chain = self._chain(unit_id)
        ids = [names.unit_handle(found) for found, _ in chain]
        # A name with a slash in it could pass for a path: such a unit, and what is below, has its id only.
        plain = list(takewhile(lambda name: "/" not in names.key(name), (name for _, name in chain[1:])))
        return [*ids, *(names.unit_path(plain[:depth]) for depth in range(1, len(plain) + 1))]

    def _chain(self, unit_id: str) -> list[tuple[str, str]]:
        """Return the units from the root down to this one, each with its name."""
        chain: list[tuple[str, str]] = []
        following: str | None = unit_id
        while following is not None:
            if following not in self._rows or len(chain) == _DEEPEST:
                return []
            name, parent_id = self._rows[following]
            chain.insert(0, (following, name))
            following = parent_id
        return chain
