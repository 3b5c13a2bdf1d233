"""The users and groups of an identity store."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from protem.identity_center.aws.attempts import Attempts
from protem.identity_center.errors import CallRejected
from protem.identity_center.values import Group, User

if TYPE_CHECKING:
    from mypy_boto3_identitystore import IdentityStoreClient
    from mypy_boto3_identitystore.type_defs import UserTypeDef

_SHUT_OUT = "DISABLED"


class People:
    """Everybody whom the identity store API knows."""

    def __init__(self, client: "IdentityStoreClient", *, attempts: Attempts) -> None:
        self._client = client
        self._attempts = attempts
        attempts.watch(client)

    def users(self, store_id: str) -> tuple[User, ...]:
        """Return everybody who has not been shut out.

        Directories that provision users disable those who leave, and delete them much later if at all.
        """
        with self._attempts.of("ListUsers"):
            pages = self._client.get_paginator("list_users").paginate(IdentityStoreId=store_id)
            return tuple(
                _user(answer)
                for page in pages
                for answer in page.get("Users", ())
                if answer.get("UserStatus") != _SHUT_OUT
            )

    def knows(self, store_id: str, user_id: str) -> bool:
        """Tell whether there is such a user, shut out or not."""
        try:
            with self._attempts.of("DescribeUser"):
                self._client.describe_user(IdentityStoreId=store_id, UserId=user_id)
        except CallRejected as refusal:
            if refusal.code != "ResourceNotFoundException":
                raise
            return False
        return True

    def groups(self, store_id: str) -> tuple[Group, ...]:
        with self._attempts.of("ListGroups"):
            pages = self._client.get_paginator("list_groups").paginate(IdentityStoreId=store_id)
            return tuple(
                Group(
                    id=answer["GroupId"],
                    name=answer.get("DisplayName", answer["GroupId"]),
                    member_ids=self._member_ids(store_id, answer["GroupId"]),
                )
                for page in pages
                for answer in page.get("Groups", ())
            )

    def _member_ids(self, store_id: str, group_id: str) -> frozenset[str]:
        pages = self._client.get_paginator("list_group_memberships").paginate(
            IdentityStoreId=store_id, GroupId=group_id
        )
        return frozenset(
            answer["MemberId"]["UserId"] for page in pages for answer in page.get("GroupMemberships", ())
        )


def _user(answer: "UserTypeDef") -> User:
    emails = sorted(answer.get("Emails", ()), key=lambda email: not email.get("Primary", False))
    user_name = answer.get("UserName", answer["UserId"])
    return User(
        id=answer["UserId"],
        user_name=user_name,
        display_name=answer.get("DisplayName", user_name),
        email=emails[0].get("Value") if emails else None,
        external_id=_only({found["Id"] for found in answer.get("ExternalIds", ())}),
    )


def _only(ids: Collection[str]) -> str | None:
    return next(iter(ids)) if len(ids) == 1 else None
