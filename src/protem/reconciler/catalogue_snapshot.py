"""Everything that AWS tells about people, accounts and permission sets, as rows of the catalogue."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from protem.db.models import Account, Group, Instance, OrganizationalUnit, PermissionSet, Principal, Table
from protem.domain import names
from protem.identity_center import values
from protem.identity_center.gateway import Directory

Row: TypeAlias = dict[str, Any]


class InstanceChoiceError(Exception):
    """Which Identity Center instance is meant cannot be told from what AWS lists."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What AWS told, by table; tables that others point to come first."""

    rows: Mapping[type[Table], list[Row]]
    memberships: frozenset[tuple[str, str]]
    """Group ids with the ids of their users."""


def take(directory: Directory, *, instance_arn: str | None) -> Snapshot:
    """Read it all; whatever part cannot be read, nothing is returned."""
    instance = _choose(directory.instances(), instance_arn)
    groups = tuple(directory.groups(instance.identity_store_id))
    return Snapshot(
        rows={
            Instance: [asdict(instance)],
            Principal: [_principal(user) for user in directory.users(instance.identity_store_id)],
            Group: [_group(group) for group in groups],
            OrganizationalUnit: [asdict(unit) for unit in directory.organizational_units()],
            Account: [_named(account) for account in directory.accounts()],
            PermissionSet: [_named(found) for found in directory.permission_sets(instance.arn)],
        },
        memberships=frozenset((group.id, user_id) for group in groups for user_id in group.member_ids),
    )


def _choose(instances: Iterable[values.Instance], wanted: str | None) -> values.Instance:
    listed = tuple(instances)
    fitting = [instance for instance in listed if wanted in (None, instance.arn)]
    if len(fitting) != 1:
        arns = ", ".join(instance.arn for instance in listed) or "none"
        message = f"AWS lists these Identity Center instances: {arns}; name the one that is meant"
        raise InstanceChoiceError(f"{wanted} is not listed. {message}" if wanted else message)
    return fitting[0]


def _principal(user: values.User) -> Row:
    keys = {"user_name_key": names.key(user.user_name), "email_key": user.email and names.key(user.email)}
    return asdict(user) | keys


def _group(group: values.Group) -> Row:
    return {"id": group.id, "name": group.name, "name_key": names.key(group.name)}


def _named(value: values.Account | values.PermissionSet) -> Row:
    return asdict(value) | {"name_key": names.key(value.name)}
