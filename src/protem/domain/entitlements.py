"""Entitlements: named rules about who may ask for what, for how long, with whose approval."""

from dataclasses import dataclass, field
from datetime import timedelta

from protem.domain import names


@dataclass(frozen=True, slots=True)
class Group:
    """An Identity Center group, by id and name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """An Identity Center user with the groups they are in."""

    id: str
    user_name: str
    groups: frozenset[Group] = frozenset()


@dataclass(frozen=True, slots=True)
class Account:
    """An AWS account as the catalogue last saw it."""

    id: str
    name: str
    status: str = "ACTIVE"
    is_management: bool = False


@dataclass(frozen=True, slots=True)
class PermissionSet:
    """A permission set as the catalogue last saw it; the digest covers everything it allows."""

    arn: str
    name: str
    instance_arn: str
    policies_digest: str
    session_duration: timedelta


@dataclass(frozen=True, slots=True)
class Target:
    """One (account, permission set) pair that a request asks for."""

    account: Account
    permission_set: PermissionSet


@dataclass(frozen=True, slots=True)
class People:
    """Users and groups, by id or name; they add up."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def include(self, person: Person) -> bool:
        return any(
            names.matches(user, identifier=person.id, name=person.user_name) for user in self.users
        ) or any(
            names.matches(wanted, identifier=group.id, name=group.name)
            for wanted in self.groups
            for group in person.groups
        )


@dataclass(frozen=True, slots=True)
class PermissionSets:
    """Permission sets by name or ARN."""

    names: tuple[str, ...] = ()

    def include(self, permission_set: PermissionSet) -> bool:
        return any(
            names.matches(wanted, identifier=permission_set.arn, name=permission_set.name)
            for wanted in self.names
        )


@dataclass(frozen=True, slots=True)
class Accounts:
    """Accounts by id, or all of them; ``excluded`` takes away last."""

    ids: tuple[str, ...] = ()
    all: bool = False
    excluded: tuple[str, ...] = ()

    def include(self, account: Account) -> bool:
        return (self.all or account.id in self.ids) and account.id not in self.excluded


@dataclass(frozen=True, slots=True)
class DurationLimits:
    """How long a grant lasts when nobody says, and at most."""

    default: timedelta
    maximum: timedelta


@dataclass(frozen=True, slots=True)
class ApprovalStep:
    """A number of people out of a set who must all say yes."""

    name: str
    approvers: People
    required: int = 1


@dataclass(frozen=True, slots=True)
class Approval:
    """The steps to an answer, how long there is for it, and which services may relay decisions."""

    steps: tuple[ApprovalStep, ...]
    expires_after: timedelta
    through: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entitlement:
    """One rule, whole: nothing outside it decides anything about a request made under it."""

    name: str
    requesters: People
    permission_sets: PermissionSets
    accounts: Accounts
    duration: DurationLimits
    description: str = ""
    justification_minimum_length: int = 1
    approval: Approval | None = None

    def covers(self, target: Target) -> bool:
        return self.accounts.include(target.account) and self.permission_sets.include(target.permission_set)


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of all entitlements; version 0 is the empty one, under which nobody may anything."""

    version: int = 0
    digest: str = ""
    entitlements: tuple[Entitlement, ...] = field(default=())

    def named(self, name: str) -> Entitlement | None:
        return next(
            (rule for rule in self.entitlements if names.key(rule.name) == names.key(name)),
            None,
        )
