"""Accounts, permission sets and principals, as the catalogue last saw them."""

from pydantic import Field

from protem.api.schemas.fields import Duration, Output
from protem.db import models


class Account(Output):
    id: str
    name: str
    email: str
    status: str = Field(description="AWS's word for it; access can begin only where it is `ACTIVE`.")
    is_management: bool = Field(description="Whether this is the organization's management account.")
    tags: dict[str, str]

    @classmethod
    def of(cls, row: models.Account) -> "Account":
        return cls(
            id=row.id,
            name=row.name,
            email=row.email,
            status=row.status,
            is_management=row.is_management,
            tags=row.tags,
        )


class PermissionSet(Output):
    arn: str
    name: str
    description: str
    instance_arn: str
    session_duration: Duration = Field(description="How long a role session may outlive the end of a grant.")
    tags: dict[str, str]

    @classmethod
    def of(cls, row: models.PermissionSet) -> "PermissionSet":
        return cls(
            arn=row.arn,
            name=row.name,
            description=row.description,
            instance_arn=row.instance_arn,
            session_duration=row.session_duration,
            tags=row.tags,
        )


class Principal(Output):
    id: str
    user_name: str
    display_name: str

    @classmethod
    def of(cls, row: models.Principal) -> "Principal":
        return cls(id=row.id, user_name=row.user_name, display_name=row.display_name)
