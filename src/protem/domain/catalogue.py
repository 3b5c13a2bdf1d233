"""What AWS has, as the rules see it: people, accounts and permission sets, each with its handles.

A handle is a normalised id or name. A rule names some, a thing has some, and where they meet the
rule applies.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

from protem.domain import names

Tags = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Group:
    """An Identity Center group, by id and name."""

    id: str
    name: str


@dataclass(frozen=True)
class Person:
    """An Identity Center user with the groups they are in."""

    id: str
    user_name: str
    groups: frozenset[Group] = frozenset()

    @cached_property
    def handles(self) -> frozenset[str]:
        own = names.handles("user", identifier=self.id, name=self.user_name)
        return own.union(*(names.handles("group", identifier=g.id, name=g.name) for g in self.groups))

    def is_in(self, group: str) -> bool:
        """Tell whether they are in the group with this very id or name, and not one that looks like it."""
        if names.is_identifier(group):
            return any(one.id == group for one in self.groups)
        return any(names.spelled(one.name) == names.spelled(group) for one in self.groups)


@dataclass(frozen=True)
class Account:
    """An AWS account as the catalogue last saw it; ``units`` has the handles of every unit above it."""

    id: str
    name: str
    status: str = "ACTIVE"
    is_management: bool = False
    units: frozenset[str] = frozenset()
    tags: Tags = frozenset()

    @cached_property
    def handles(self) -> frozenset[str]:
        return names.handles("account", identifier=self.id, name=self.name)

    @property
    def assignable(self) -> bool:
        """Whether AWS lets a delegated administrator assign access here."""
        return self.status == "ACTIVE" and not self.is_management

    def tag(self, name: str) -> str | None:
        """Return the value of a tag; None where the account does not have it."""
        return next((value for key, value in self.tags if key == name), None)


@dataclass(frozen=True)
class PermissionSet:
    """A permission set as the catalogue last saw it; the digest covers everything it allows."""

    arn: str
    name: str
    instance_arn: str
    policies_digest: str
    session_duration: timedelta
    tags: Tags = frozenset()

    @cached_property
    def handles(self) -> frozenset[str]:
        return names.handles("permission-set", identifier=self.arn, name=self.name)


@dataclass(frozen=True, slots=True)
class Target:
    """One (account, permission set) pair that a request asks for."""

    account: Account
    permission_set: PermissionSet


@dataclass(frozen=True)
class Estate:
    """All accounts and permission sets that can be assigned, in the order in which they are shown."""

    accounts: tuple[Account, ...]
    permission_sets: tuple[PermissionSet, ...]
    _picked: dict[Hashable, tuple[Any, ...]] = field(default_factory=dict, compare=False, repr=False)

    def picked(self, selector: Hashable, things: Iterable[Any], include: Callable[[Any], bool]) -> Any:
        """Return the things that a selector includes; asked again, what it was told before."""
        if selector not in self._picked:
            self._picked[selector] = tuple(thing for thing in things if include(thing))
        return self._picked[selector]
