"""The organization: its accounts, and the tree in which they hang."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from protem.identity_center.aws.attempts import Attempts
from protem.identity_center.values import Account, OrganizationalUnit

if TYPE_CHECKING:
    from mypy_boto3_organizations import OrganizationsClient
    from mypy_boto3_organizations.type_defs import AccountTypeDef


class Organization:
    """What AWS Organizations knows of accounts and units."""

    def __init__(self, client: "OrganizationsClient", *, attempts: Attempts) -> None:
        self._client = client
        self._attempts = attempts
        attempts.watch(client)

    def units(self) -> tuple[OrganizationalUnit, ...]:
        """Return the roots and all that hangs below them, parents before children."""
        with self._attempts.of("ListRoots"):
            return tuple(self._units())

    def accounts(self) -> tuple[Account, ...]:
        """Return every account that the organization lists."""
        with self._attempts.of("ListAccounts"):
            return tuple(self._accounts())

    def _units(self) -> Iterator[OrganizationalUnit]:
        for page in self._client.get_paginator("list_roots").paginate():
            for root in page.get("Roots", ()):
                yield OrganizationalUnit(id=root["Id"], name=root["Name"], parent_id=None)
                yield from self._below(root["Id"])

    def _accounts(self) -> Iterator[Account]:
        # What exists is what ListAccounts says; the walk through the tree only tells where. An
        # account that is moved during the walk may be missed by it, and must not look removed.
        parents = self._parents()
        management_id = self._client.describe_organization()["Organization"]["MasterAccountId"]
        for page in self._client.get_paginator("list_accounts").paginate():
            for answer in page.get("Accounts", ()):
                account_id = answer["Id"]
                yield _account(
                    answer,
                    parent_id=parents.get(account_id) or self._parent(account_id),
                    is_management=account_id == management_id,
                    tags=self._tags(account_id),
                )

    def _below(self, parent_id: str) -> Iterator[OrganizationalUnit]:
        pages = self._client.get_paginator("list_organizational_units_for_parent").paginate(
            ParentId=parent_id
        )
        for page in pages:
            for unit in page.get("OrganizationalUnits", ()):
                yield OrganizationalUnit(id=unit["Id"], name=unit["Name"], parent_id=parent_id)
                yield from self._below(unit["Id"])

    def _parents(self) -> dict[str, str]:
        """Return account ids with the ids of their parents: one call a unit, not one an account."""
        listing = self._client.get_paginator("list_accounts_for_parent")
        return {
            account["Id"]: unit.id
            for unit in self._units()
            for page in listing.paginate(ParentId=unit.id)
            for account in page.get("Accounts", ())
        }

    def _parent(self, account_id: str) -> str:
        return self._client.list_parents(ChildId=account_id)["Parents"][0]["Id"]

    def _tags(self, account_id: str) -> Mapping[str, str]:
        pages = self._client.get_paginator("list_tags_for_resource").paginate(ResourceId=account_id)
        return {tag["Key"]: tag["Value"] for page in pages for tag in page.get("Tags", ())}


def _account(
    answer: "AccountTypeDef", *, parent_id: str, is_management: bool, tags: Mapping[str, str]
) -> Account:
    return Account(
        id=answer["Id"],
        name=answer["Name"],
        email=answer["Email"],
        # `State` is the newer word and knows more states; `Status` goes away.
        status=answer.get("State") or answer["Status"],
        parent_id=parent_id,
        is_management=is_management,
        tags=tags,
    )
