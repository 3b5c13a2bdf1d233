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
        management_id = self._client.describe_organization()["Organization"]["MasterAccountId"]
        for page in self._client.get_paginator("list_accounts").paginate():
            for answer in page.get("Accounts", ()):
                yield _account(
                    answer,
                    parent_id=self._parent_id(answer),
                    is_management=answer["Id"] == management_id,
                    tags=self._tags(answer["Id"]),
                )

    def _below(self, parent_id: str) -> Iterator[OrganizationalUnit]:
        pages = self._client.get_paginator("list_organizational_units_for_parent").paginate(
            ParentId=parent_id
        )
        for page in pages:
            for unit in page.get("OrganizationalUnits", ()):
                yield OrganizationalUnit(id=unit["Id"], name=unit["Name"], parent_id=parent_id)
                yield from self._below(unit["Id"])

    def _parent_id(self, answer: "AccountTypeDef") -> str:
        """Return the unit at the end of the account's path; only AWS without paths costs a call."""
        for path in answer.get("Paths", ()):
            units = [step for step in path.split("/") if step.startswith(("r-", "ou-"))]
            if units:
                return units[-1]
        return self._client.list_parents(ChildId=answer["Id"])["Parents"][0]["Id"]

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
