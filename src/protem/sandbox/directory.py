"""Users, groups and memberships: the Identity Store behind the instance."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from protem.sandbox.identifiers import Identifiers
from protem.sandbox.timeline import Timeline

PrincipalType = Literal["USER", "GROUP"]


@dataclass(slots=True)
class User:
    id: str
    user_name: str
    display_name: str
    email: str
    created_at: datetime
    updated_at: datetime
    revision: int = 1
    enabled: bool = True
    external_id: str | None = None


@dataclass(slots=True)
class Group:
    id: str
    display_name: str
    description: str
    created_at: datetime
    members: dict[str, "Membership"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Membership:
    id: str
    group_id: str
    user_id: str
    created_at: datetime


class Directory:
    """Changes here are those of an identity administrator: they take effect at once."""

    def __init__(self, *, timeline: Timeline, identifiers: Identifiers) -> None:
        self._timeline = timeline
        self._identifiers = identifiers
        self.store_id = identifiers.identity_store()
        self._users: dict[str, User] = {}
        self._groups: dict[str, Group] = {}

    def add_user(
        self, *, user_name: str, display_name: str = "", email: str = "", external_id: str | None = None
    ) -> str:
        """Return the id of a new user; names are unique without regard to case."""
        with self._timeline as timeline:
            if self.user_named(user_name):
                raise ValueError(f"there is a user {user_name!r} already")
            now = timeline.now()
            user_id = self._identifiers.uuid()
            self._users[user_id] = User(
                user_id,
                user_name,
                display_name or user_name,
                email or user_name,
                now,
                now,
                external_id=external_id,
            )
            return user_id

    def add_group(self, display_name: str, *, description: str = "") -> str:
        with self._timeline as timeline:
            if self.group_named(display_name):
                raise ValueError(f"there is a group {display_name!r} already")
            group_id = self._identifiers.uuid()
            self._groups[group_id] = Group(group_id, display_name, description, timeline.now())
            return group_id

    def add_member(self, group_id: str, user_id: str) -> str:
        """Return the id of the membership, the old one if there is one."""
        with self._timeline as timeline:
            group, user = self._groups[group_id], self._users[user_id]
            if user.id not in group.members:
                group.members[user.id] = Membership(
                    self._identifiers.uuid(), group.id, user.id, timeline.now()
                )
            return group.members[user.id].id

    def remove_member(self, group_id: str, user_id: str) -> None:
        with self._timeline:
            del self._groups[group_id].members[user_id]

    def remove_user(self, user_id: str) -> None:
        with self._timeline:
            del self._users[user_id]
            for group in self._groups.values():
                group.members.pop(user_id, None)

    def remove_group(self, group_id: str) -> None:
        with self._timeline:
            del self._groups[group_id]

    def rename_user(self, user_id: str, *, user_name: str) -> None:
        with self._timeline as timeline:
            user = self._users[user_id]
            user.user_name, user.updated_at = user_name, timeline.now()
            user.revision += 1

    def disable_user(self, user_id: str) -> None:
        with self._timeline:
            self._users[user_id].enabled = False

    def users(self) -> list[User]:
        with self._timeline:
            return list(self._users.values())

    def groups(self) -> list[Group]:
        with self._timeline:
            return list(self._groups.values())

    def user(self, user_id: str) -> User | None:
        with self._timeline:
            return self._users.get(user_id)

    def group(self, group_id: str) -> Group | None:
        with self._timeline:
            return self._groups.get(group_id)

    def user_named(self, user_name: str) -> User | None:
        wanted = user_name.casefold()
        return next((u for u in self.users() if u.user_name.casefold() == wanted), None)

    def group_named(self, display_name: str) -> Group | None:
        wanted = display_name.casefold()
        return next((g for g in self.groups() if g.display_name.casefold() == wanted), None)

    def knows(self, principal_id: str, *, principal_type: PrincipalType) -> bool:
        found = self.user(principal_id) if principal_type == "USER" else self.group(principal_id)
        return found is not None

    def memberships_of(self, user_id: str) -> list[Membership]:
        return [group.members[user_id] for group in self.groups() if user_id in group.members]
