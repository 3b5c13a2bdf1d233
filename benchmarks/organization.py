"""An organization of any size, the same at each run: accounts in nested units, people in groups."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product

from sqlalchemy import insert
from sqlalchemy.orm import Session

from protem.db import models
from protem.domain import catalogue, names

INSTANCE = "arn:aws:sso:::instance/ssoins-1111111111111111"
ROOT = "r-1111"
STORE = "11111111-1111-1111"
ENVIRONMENTS = ("prod", "staging", "dev", "sandbox")
RISKS = ("low", "high")


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of everything."""

    accounts: int = 500
    users: int = 5_000
    groups: int = 500
    permission_sets: int = 40
    groups_each: int = 5


@dataclass(frozen=True, slots=True)
class Unit:
    """An organizational unit, with the names on the way to it."""

    id: str
    path: tuple[str, ...]
    parent: str


@dataclass
class Organization:
    """What a catalogue of this size holds, as the rules and as the database see it."""

    size: Size
    units: tuple[Unit, ...] = field(init=False)
    groups: tuple[catalogue.Group, ...] = field(init=False)
    people: tuple[catalogue.Person, ...] = field(init=False)
    accounts: tuple[catalogue.Account, ...] = field(init=False)
    permission_sets: tuple[catalogue.PermissionSet, ...] = field(init=False)
    places: dict[str, Unit] = field(init=False)
    members: dict[catalogue.Group, list[catalogue.Person]] = field(init=False)

    def __post_init__(self) -> None:
        chance = random.Random(1)
        self.units = _units()
        self.groups = tuple(
            catalogue.Group(f"{STORE}-1111-{number:012}", f"group-{number}")
            for number in range(self.size.groups)
        )
        self.people = tuple(self._person(number, chance) for number in range(self.size.users))
        self.places = {
            f"{number:012}": chance.choice(self.units) for number in range(1, self.size.accounts + 1)
        }
        self.accounts = tuple(self._account(*found, chance) for found in self.places.items())
        self.permission_sets = tuple(_permission_set(number) for number in range(self.size.permission_sets))
        self.members = {group: [] for group in self.groups}
        for person in self.people:
            for group in person.groups:
                self.members[group].append(person)

    def _person(self, number: int, chance: random.Random) -> catalogue.Person:
        groups = frozenset(chance.sample(self.groups, min(self.size.groups_each, len(self.groups))))
        return catalogue.Person(f"{STORE}-2222-{number:012}", f"user-{number}@example.com", groups)

    def _account(self, identifier: str, unit: Unit, chance: random.Random) -> catalogue.Account:
        above = [one for one in self.units if one.path == unit.path[: len(one.path)]]
        ids = [names.unit_handle(one) for one in (ROOT, *(unit.id for unit in above))]
        tags = {"env": chance.choice(ENVIRONMENTS), "owner": chance.choice(self.groups).name}
        return catalogue.Account(
            id=identifier,
            name=f"account-{int(identifier)}",
            units=frozenset({*ids, *(names.unit_path(one.path) for one in above)}),
            tags=frozenset(tags.items()),
        )

    def fill(self, session: Session) -> None:
        """Write all of it down, as a synchronisation would."""
        now = datetime.now(UTC)
        session.add(
            models.Instance(arn=INSTANCE, identity_store_id="d-1111111111", owner_account_id="9" * 12)
        )
        session.add(models.CatalogueSync(part="catalogue", started_at=now, completed_at=now))
        session.add(models.OrganizationalUnit(id=ROOT, name="Root"))
        session.add_all(
            models.OrganizationalUnit(id=unit.id, name=unit.path[-1], parent_id=unit.parent)
            for unit in self.units
        )
        session.flush()
        session.execute(insert(models.Group), [_group_row(group) for group in self.groups])
        session.execute(insert(models.Principal), [_principal_row(person) for person in self.people])
        session.execute(
            insert(models.Membership),
            [
                {"group_id": group.id, "principal_id": person.id}
                for person in self.people
                for group in person.groups
            ],
        )
        session.execute(insert(models.Account), [self._account_row(account) for account in self.accounts])
        session.execute(insert(models.PermissionSet), [_set_row(one) for one in self.permission_sets])

    def _account_row(self, account: catalogue.Account) -> dict[str, object]:
        return {
            "id": account.id,
            "name": account.name,
            "name_key": names.key(account.name),
            "email": f"{account.name}@example.com",
            "status": account.status,
            "parent_id": self.places[account.id].id,
            "is_management": False,
            "tags": dict(account.tags),
        }


def _units() -> tuple[Unit, ...]:
    """Return units four levels deep."""
    found: list[Unit] = []
    above = [Unit(ROOT, (), "")]
    for width in (3, 3, 2, 2):
        above = [
            Unit(f"ou-1111-{len(found) + place:08}", (*parent.path, f"Unit {number}"), parent.id)
            for place, (parent, number) in enumerate(product(above, range(width)))
        ]
        found += above
    return tuple(found)


def _permission_set(number: int) -> catalogue.PermissionSet:
    return catalogue.PermissionSet(
        arn=f"arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-{number:016}",
        name=f"{('ReadOnly', 'Operator', 'Administrator')[number % 3]}-{number}",
        instance_arn=INSTANCE,
        policies_digest="sha256:1",
        session_duration=timedelta(hours=1),
        tags=frozenset({("risk", RISKS[number % 2])}),
    )


def _group_row(group: catalogue.Group) -> dict[str, object]:
    return {"id": group.id, "name": group.name, "name_key": names.key(group.name)}


def _principal_row(person: catalogue.Person) -> dict[str, object]:
    return {
        "id": person.id,
        "user_name": person.user_name,
        "user_name_key": names.key(person.user_name),
        "display_name": person.user_name,
    }


def _set_row(one: catalogue.PermissionSet) -> dict[str, object]:
    return {
        "arn": one.arn,
        "instance_arn": one.instance_arn,
        "name": one.name,
        "name_key": names.key(one.name),
        "description": "",
        "session_duration": one.session_duration,
        "tags": dict(one.tags),
        "policies_digest": one.policies_digest,
    }
