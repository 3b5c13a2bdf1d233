"""The organization that the broker is tested with, as rows of the catalogue."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from protem.db.models import (
    Account,
    CatalogueSync,
    Group,
    Instance,
    Membership,
    OrganizationalUnit,
    PermissionSet,
    Principal,
)
from protem.domain import names

INSTANCE = "arn:aws:sso:::instance/ssoins-1111111111111111"
ALPHA, BETA, MANAGEMENT, SUSPENDED, GONE = (
    "111111111111",
    "222222222222",
    "333333333333",
    "444444444444",
    "555555555555",
)
ACCOUNTS = {
    ALPHA: "alpha",
    BETA: "beta",
    MANAGEMENT: "management",
    SUSPENDED: "suspended",
    GONE: "gone",
}
PEOPLE = ("alice", "bob", "carol", "dave", "erin")
GROUPS = {"engineers": ("alice", "bob"), "leads": ("carol", "dave"), "security": ("dave",)}
PERMISSION_SETS = ("AdministratorAccess", "ReadOnlyAccess")
RISKS = {"AdministratorAccess": "high", "ReadOnlyAccess": "low"}

ROOT, WORKLOADS, PROD, DEV = "r-1111", "ou-1111-workload", "ou-1111-prodprod", "ou-1111-devdevde"
UNITS = {
    ROOT: ("Root", None),
    WORKLOADS: ("Workloads", ROOT),
    PROD: ("Prod", WORKLOADS),
    DEV: ("Dev", WORKLOADS),
}
PLACES = {ALPHA: PROD, BETA: DEV}
TAGS = {ALPHA: {"env": "prod", "owner": "leads"}, BETA: {"env": "dev", "owner": "dave@example.com"}}


POLICY = """
entitlements:
  - name: read
    requesters: {groups: [engineers]}
    permission_sets: {names: [ReadOnlyAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT4H}
  - name: admin
    requesters: {groups: [engineers]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {ids: ["111111111111", "222222222222"]}
    duration: {default: PT1H, maximum: PT4H}
    justification: {minimum_length: 5}
    approval:
      expires_after: PT24H
      through: [slack]
      steps:
        - {name: lead, approvers: {groups: [leads]}}
"""


def arn(permission_set: str) -> str:
    """Return the ARN of a permission set of this world."""
    number = PERMISSION_SETS.index(permission_set)
    return f"arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-{number:016}"


def person_id(name: str) -> str:
    """Return the id of somebody of this world."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def group_id(name: str) -> str:
    """Return the id of a group of this world."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def user_name(name: str) -> str:
    """Return how the directory calls somebody of this world."""
    return f"{name}@example.com"


def fill(session: Session, *, now: datetime) -> None:
    """Write all of it down, as a synchronisation would."""
    session.add(Instance(arn=INSTANCE, identity_store_id="d-1111111111", owner_account_id=MANAGEMENT))
    session.add(CatalogueSync(part="catalogue", started_at=now, completed_at=now))
    session.add_all(
        OrganizationalUnit(id=id_, name=name, parent_id=parent) for id_, (name, parent) in UNITS.items()
    )
    session.add_all(_account(identifier, name) for identifier, name in ACCOUNTS.items())
    session.add_all(_principal(name) for name in PEOPLE)
    session.add_all(Group(id=group_id(name), name=name, name_key=names.key(name)) for name in GROUPS)
    session.flush()
    session.add_all(_permission_set(name) for name in PERMISSION_SETS)
    session.add_all(
        Membership(group_id=group_id(group), principal_id=person_id(member))
        for group, members in GROUPS.items()
        for member in members
    )
    session.get_one(Account, GONE).removed_at = now


def _account(identifier: str, name: str) -> Account:
    return Account(
        id=identifier,
        name=name,
        name_key=names.key(name),
        email=f"{name}@example.com",
        status="SUSPENDED" if identifier == SUSPENDED else "ACTIVE",
        parent_id=PLACES.get(identifier, ROOT),
        is_management=identifier == MANAGEMENT,
        tags=TAGS.get(identifier, {}),
    )


def _principal(name: str) -> Principal:
    return Principal(
        id=person_id(name),
        user_name=user_name(name),
        user_name_key=names.key(user_name(name)),
        display_name=name.title(),
        email=user_name(name),
        email_key=names.key(user_name(name)),
        external_id=f"00u-{name}",
    )


def _permission_set(name: str) -> PermissionSet:
    return PermissionSet(
        arn=arn(name),
        instance_arn=INSTANCE,
        name=name,
        name_key=names.key(name),
        description="",
        session_duration=timedelta(hours=1),
        tags={"risk": RISKS[name]},
        policies_digest=f"sha256:{name}",
    )
