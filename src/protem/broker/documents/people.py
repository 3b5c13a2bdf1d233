"""People, as authors name them."""

from typing import Self

from pydantic import Field, model_validator

from protem.broker.documents.scalars import Part, Texts
from protem.broker.documents.tags import TrustedTag
from protem.domain import names


class People(Part):
    users: Texts = Field(default=[], description="a list of user names or ids")
    groups: Texts = Field(default=[], description="a list of group names or ids")

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.names_somebody:
            raise ValueError("names nobody; write users or groups, as in {groups: [engineers]}")
        return self

    @property
    def names_somebody(self) -> bool:
        return bool(self.users or self.groups)


class Approvers(People):
    owner_tag: TrustedTag | None = Field(
        default=None,
        description="the tag of an account that holds the name or id of its owner, a user or a group",
    )

    @property
    def names_somebody(self) -> bool:
        return super().names_somebody or self.owner_tag is not None

    @property
    def most(self) -> int | None:
        """How many people these can be; None where that depends on groups and owners."""
        if self.groups or self.owner_tag:
            return None
        return len({names.key(user) for user in self.users})
