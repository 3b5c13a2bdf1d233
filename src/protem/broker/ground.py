"""What rules are measured against: everybody and everything that the catalogue has, at one moment."""

import heapq
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy.orm import Session

from protem.broker.documents.directory import Directory
from protem.domain.catalogue import Account, Estate, PermissionSet
from protem.domain.effects import Reach
from protem.domain.entitlements import Entitlement
from protem.domain.selectors import People


@dataclass(frozen=True, slots=True)
class Some:
    """How many there are, and the first of them by name."""

    count: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Each of these people with each of these permission sets in each of these accounts."""

    principals: Some
    accounts: Some
    permission_sets: Some


@dataclass(frozen=True)
class Ground:
    """People, accounts and permission sets, without what has been removed or AWS cannot assign."""

    directory: Directory
    estate: Estate

    @classmethod
    def load(cls, session: Session) -> "Ground":
        directory = Directory.load(session)
        known = directory.estate
        assignable = tuple(account for account in known.accounts if account.assignable)
        return cls(directory, Estate(assignable, known.permission_sets))

    def reach(self, rule: Entitlement) -> Reach:
        """Return whom a rule lets ask for what."""
        return Reach(
            principals=self.members(rule.requesters),
            accounts=frozenset(account.id for account in rule.accounts.pick(self.estate)),
            permission_sets=frozenset(found.arn for found in rule.permission_sets.pick(self.estate)),
        )

    def members(self, people: People) -> frozenset[str]:
        """Return the ids of everybody whom ``people`` includes."""
        return self.directory.members(people)

    def shown(self, part: Reach, *, named: int) -> Block:
        """Return a part of a reach for people to read, with so many names of each kind at most."""
        return Block(
            principals=self.people(part.principals, named=named),
            accounts=_some(part.accounts, self._labels, named),
            permission_sets=_some(part.permission_sets, self._set_names, named),
        )

    def people(self, ids: Collection[str], *, named: int) -> Some:
        """Return some people by user name."""
        return _some(ids, self.directory.user_names, named)

    @cached_property
    def accounts(self) -> Mapping[str, Account]:
        return {account.id: account for account in self.estate.accounts}

    @cached_property
    def permission_sets(self) -> Mapping[str, PermissionSet]:
        return {found.arn: found for found in self.estate.permission_sets}

    @cached_property
    def _labels(self) -> Mapping[str, str]:
        return {account.id: f"{account.name} ({account.id})" for account in self.estate.accounts}

    @cached_property
    def _set_names(self) -> Mapping[str, str]:
        return {found.arn: found.name for found in self.estate.permission_sets}


def _some(ids: Collection[str], names: Mapping[str, str], most: int) -> Some:
    return Some(len(ids), tuple(heapq.nsmallest(most, (names[found] for found in ids))))
