"""Root, organizational units and accounts: the Organizations the instance belongs to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from protem.sandbox.identifiers import Identifiers
from protem.sandbox.timeline import Timeline

AccountStatus = Literal["ACTIVE", "SUSPENDED", "PENDING_CLOSURE"]


@dataclass(slots=True)
class Unit:
    id: str
    name: str
    parent_id: str
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Account:
    id: str
    name: str
    email: str
    parent_id: str
    joined_at: datetime
    tags: dict[str, str] = field(default_factory=dict)
    status: AccountStatus = "ACTIVE"


class Organization:
    """Born with a root and the management account; changes take effect at once."""

    def __init__(self, *, timeline: Timeline, identifiers: Identifiers, management_account: str) -> None:
        self._timeline = timeline
        self._identifiers = identifiers
        self.id = identifiers.organization()
        self.root_id = identifiers.root()
        self.management_account = management_account
        self._units: dict[str, Unit] = {}
        self._accounts: dict[str, Account] = {}
        self.add_account(management_account, name="management", email="aws@example.com")

    def add_unit(
        self,
        name: str,
        *,
        parent: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Return the id of a new unit; without a parent it hangs below the root."""
        with self._timeline:
            parent_id = self._checked_parent(parent)
            unit_id = self._identifiers.unit(self.root_id)
            self._units[unit_id] = Unit(unit_id, name, parent_id, dict(tags or {}))
            return unit_id

    def add_account(
        self,
        account_id: str,
        *,
        name: str,
        email: str = "",
        unit: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        with self._timeline as timeline:
            if account_id in self._accounts:
                raise ValueError(f"there is an account {account_id} already")
            self._accounts[account_id] = Account(
                account_id,
                name,
                email or f"aws+{account_id}@example.com",
                self._checked_parent(unit),
                timeline.now(),
                dict(tags or {}),
            )
            return account_id

    def suspend(self, account_id: str, *, status: AccountStatus = "SUSPENDED") -> None:
        with self._timeline:
            self._accounts[account_id].status = status

    def reinstate(self, account_id: str) -> None:
        self.suspend(account_id, status="ACTIVE")

    def move(self, account_id: str, *, unit: str | None) -> None:
        """Hang an account below another unit, or with `None` below the root."""
        with self._timeline:
            self._accounts[account_id].parent_id = self._checked_parent(unit)

    def remove(self, account_id: str) -> None:
        with self._timeline:
            del self._accounts[account_id]

    def tag(self, resource_id: str, **tags: str) -> None:
        with self._timeline:
            resource = self._accounts.get(resource_id) or self._units[resource_id]
            resource.tags.update(tags)

    def untag(self, resource_id: str, *keys: str) -> None:
        with self._timeline:
            resource = self._accounts.get(resource_id) or self._units[resource_id]
            for key in keys:
                resource.tags.pop(key, None)

    def accounts(self) -> list[Account]:
        with self._timeline:
            return list(self._accounts.values())

    def account(self, account_id: str) -> Account | None:
        with self._timeline:
            return self._accounts.get(account_id)

    def units(self) -> list[Unit]:
        with self._timeline:
            return list(self._units.values())

    def unit(self, unit_id: str) -> Unit | None:
        with self._timeline:
            return self._units.get(unit_id)

    def path_of(self, resource_id: str) -> str:
        """Return organization, root, units and the resource itself, each with a slash after it."""
        return "".join(f"{step}/" for step in [self.id, *reversed([*self._upwards(resource_id)])])

    def _upwards(self, resource_id: str) -> Iterator[str]:
        while resource_id != self.root_id:
            yield resource_id
            resource = self._accounts.get(resource_id) or self._units[resource_id]
            resource_id = resource.parent_id
        yield self.root_id

    def _checked_parent(self, parent: str | None) -> str:
        if parent not in (None, self.root_id) and parent not in self._units:
            raise ValueError(f"there is no organizational unit {parent}")
        return parent or self.root_id
