"""Things that others point to: an id with the name that people know."""

from protem.api.schemas.fields import Output
from protem.db import models


class Person(Output):
    id: str
    user_name: str

    @classmethod
    def of(cls, row: models.Principal) -> "Person":
        return cls(id=row.id, user_name=row.user_name)


class AccountName(Output):
    id: str
    name: str


class PermissionSetName(Output):
    arn: str
    name: str


class Target(Output):
    """One account and permission set, as they were called when they were asked for."""

    account: AccountName
    permission_set: PermissionSetName
    instance_arn: str

    @classmethod
    def of(cls, row: models.Target) -> "Target":
        return cls(
            account=AccountName(id=row.account_id, name=row.account_name),
            permission_set=PermissionSetName(arn=row.permission_set_arn, name=row.permission_set_name),
            instance_arn=row.instance_arn,
        )
