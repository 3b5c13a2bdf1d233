"""How a rule says whom and what it is about: by name, by place, by tag."""

import fnmatch
import re
from dataclasses import dataclass
from functools import cached_property

from protem.domain import names
from protem.domain.catalogue import Account, Estate, PermissionSet, Person, Tags

Wanted = tuple[tuple[str, frozenset[str]], ...]
"""Tags that must all be there, each with one of these values."""


def tagged(tags: Tags, wanted: Wanted) -> bool:
    """Tell whether ``tags`` have one of the values for each wanted name; values are compared exactly."""
    return all(any((name, value) in tags for value in values) for name, values in wanted)


@dataclass(frozen=True)
class People:
    """Users and groups, by id or name, and the owners that a tag of an account names; they add up."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    owner_tag: str | None = None
    """The name of a trusted tag whose value is a user or a group; resolved before anybody is asked."""

    @cached_property
    def handles(self) -> frozenset[str]:
        users = (names.handle("user", user) for user in self.users)
        return frozenset((*users, *(names.handle("group", group) for group in self.groups)))

    def include(self, person: Person) -> bool:
        return not self.handles.isdisjoint(person.handles)


@dataclass(frozen=True)
class PermissionSets:
    """Permission sets by name or ARN, by pattern, by tags; they add up, and ``excluded`` takes away last."""

    names: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    """Names in which ``*`` stands for anything and ``?`` for one character."""
    tags: Wanted = ()
    excluded: tuple[str, ...] = ()

    @cached_property
    def _named(self) -> frozenset[str]:
        return frozenset(names.handle("permission-set", name) for name in self.names)

    @cached_property
    def _excluded(self) -> frozenset[str]:
        return frozenset(names.handle("permission-set", name) for name in self.excluded)

    @cached_property
    def _like(self) -> tuple[re.Pattern[str], ...]:
        return tuple(_glob(pattern) for pattern in self.patterns)

    def include(self, permission_set: PermissionSet) -> bool:
        picked = (
            not self._named.isdisjoint(permission_set.handles)
            or any(like.fullmatch(names.key(permission_set.name)) for like in self._like)
            or (bool(self.tags) and tagged(permission_set.tags, self.tags))
        )
        return picked and self._excluded.isdisjoint(permission_set.handles)

    def pick(self, estate: Estate) -> tuple[PermissionSet, ...]:
        picked: tuple[PermissionSet, ...] = estate.picked(self, estate.permission_sets, self.include)
        return picked


@dataclass(frozen=True)
class Accounts:
    """Accounts by id or name, or by unit and tags together, or all; ``excluded`` takes away last."""

    named: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    """Organizational units by path or id, each with everything below it."""
    tags: Wanted = ()
    all: bool = False
    excluded: tuple[str, ...] = ()

    @cached_property
    def _named(self) -> frozenset[str]:
        return frozenset(names.handle("account", name) for name in self.named)

    @cached_property
    def _excluded(self) -> frozenset[str]:
        return frozenset(names.handle("account", name) for name in self.excluded)

    @cached_property
    def _units(self) -> frozenset[str]:
        return frozenset(names.unit_handle(unit) for unit in self.units)

    def include(self, account: Account) -> bool:
        picked = self.all or not self._named.isdisjoint(account.handles) or self._placed(account)
        return picked and self._excluded.isdisjoint(account.handles)

    def _placed(self, account: Account) -> bool:
        if not (self.units or self.tags):
            return False
        below = not self.units or not self._units.isdisjoint(account.units)
        return below and tagged(account.tags, self.tags)

    def pick(self, estate: Estate) -> tuple[Account, ...]:
        picked: tuple[Account, ...] = estate.picked(self, estate.accounts, self.include)
        return picked


def _glob(pattern: str) -> re.Pattern[str]:
    # What it makes never goes back on what a star has taken, so no pattern takes exponential time.
    # Brackets would mean something to it; here they are characters like any other.
    return re.compile(fnmatch.translate(names.key(pattern).replace("[", "[[]")))
