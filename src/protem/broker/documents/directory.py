"""The catalogue as a document refers to it: by name or by id."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import catalogue
from protem.broker.units import Units
from protem.db.models import Account, Group, Membership, OrganizationalUnit, PermissionSet, Principal
from protem.domain import names
from protem.domain.catalogue import Estate
from protem.domain.selectors import People


@dataclass(frozen=True, slots=True)
class Index:
    """The identifiers of one kind of thing, and which of them each name means."""

    identifiers: frozenset[str]
    by_key: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str]]) -> "Index":
        by_key: dict[str, set[str]] = {}
        for identifier, key in rows:
            by_key.setdefault(key, set()).add(identifier)
        meant = {key: frozenset(found) for key, found in by_key.items()}
        return cls(frozenset[str]().union(*meant.values()), meant)

    def meant(self, wanted: str) -> frozenset[str]:
        """Return the identifiers that ``wanted`` means, as ``names.matches`` has it."""
        if names.is_identifier(wanted):
            return self.identifiers & {wanted}
        return self.by_key.get(names.key(wanted), frozenset())

    def knows(self, wanted: str) -> bool:
        return bool(self.meant(wanted))


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything a document can name, without what has been removed."""

    users: Index
    groups: Index
    estate: Estate
    """All accounts and permission sets, those that cannot be assigned included."""
    handles: frozenset[str]
    """Everything that accounts, organizational units and permission sets are found by."""
    user_names: Mapping[str, str]
    group_members: Mapping[str, frozenset[str]]
    _owners: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)
    _members: dict[People, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def load(cls, session: Session) -> "Directory":
        users = session.execute(
            select(Principal.id, Principal.user_name_key, Principal.user_name).where(
                Principal.removed_at.is_(None)
            )
        ).all()
        groups = session.execute(select(Group.id, Group.name_key).where(Group.removed_at.is_(None)))
        estate = _estate(session)
        present = frozenset(user.id for user in users)
        return cls(
            users=Index.of((user.id, user.user_name_key) for user in users),
            groups=Index.of((row.id, row.name_key) for row in groups),
            estate=estate,
            handles=_units(session).union(
                *(account.handles for account in estate.accounts),
                *(permission_set.handles for permission_set in estate.permission_sets),
            ),
            user_names={user.id: user.user_name for user in users},
            group_members=_members(session, present),
        )

    def members(self, people: People) -> frozenset[str]:
        """Return the ids of everybody whom ``people`` includes."""
        if people not in self._members:
            users = (self.users.meant(user) for user in people.users)
            groups = (group for wanted in people.groups for group in self.groups.meant(wanted))
            inside = (self.group_members.get(group, frozenset()) for group in groups)
            self._members[people] = frozenset[str]().union(*users, *inside)
        return self._members[people]

    def owners(self, tag: str) -> frozenset[str]:
        """Return the ids of everybody whom the value of a tag means: a user, or the members of a group."""
        if tag not in self._owners:
            self._owners[tag] = self.members(People(users=(tag,), groups=(tag,)))
        return self._owners[tag]


def _estate(session: Session) -> Estate:
    units = Units(session)
    accounts = session.scalars(select(Account).where(Account.removed_at.is_(None)).order_by(Account.id))
    sets = session.scalars(select(PermissionSet).where(PermissionSet.removed_at.is_(None)))
    return Estate(
        accounts=tuple(catalogue.account(row, units) for row in accounts),
        permission_sets=tuple(catalogue.permission_set(row) for row in sets),
    )


def _units(session: Session) -> frozenset[str]:
    units = Units(session)
    present = session.scalars(select(OrganizationalUnit.id).where(OrganizationalUnit.removed_at.is_(None)))
    return frozenset[str]().union(*(units.above(unit) for unit in present))


def _members(session: Session, present: frozenset[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for group_id, principal_id in session.execute(select(Membership.group_id, Membership.principal_id)):
        if principal_id in present:
            found.setdefault(group_id, set()).add(principal_id)
    return {group: frozenset(people) for group, people in found.items()}
