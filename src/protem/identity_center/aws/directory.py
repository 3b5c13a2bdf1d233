"""What the catalogue is made from: the instance, its people, and the organization."""

from typing import TYPE_CHECKING

from protem.identity_center.aws.attempts import Attempts
from protem.identity_center.aws.identifiers import require_valid
from protem.identity_center.aws.organization import Organization
from protem.identity_center.aws.people import People
from protem.identity_center.aws.permission_sets import PermissionSets
from protem.identity_center.values import Account, Group, Instance, OrganizationalUnit, PermissionSet, User

if TYPE_CHECKING:
    from mypy_boto3_sso_admin import SSOAdminClient


class AwsDirectory:
    """``Directory`` over three clients that retry; every answer is whole, or an error."""

    def __init__(
        self, client: "SSOAdminClient", *, attempts: Attempts, people: People, organization: Organization
    ) -> None:
        self._client = client
        self._attempts = attempts
        self._people = people
        self._organization = organization
        attempts.watch(client)

    def instances(self) -> tuple[Instance, ...]:
        with self._attempts.of("ListInstances"):
            return tuple(
                Instance(
                    arn=answer["InstanceArn"],
                    identity_store_id=answer["IdentityStoreId"],
                    owner_account_id=answer["OwnerAccountId"],
                )
                for page in self._client.get_paginator("list_instances").paginate()
                for answer in page.get("Instances", ())
            )

    def permission_sets(self, instance_arn: str) -> tuple[PermissionSet, ...]:
        with self._attempts.of("ListPermissionSets"):
            require_valid(InstanceArn=instance_arn)
            return PermissionSets(self._client, attempts=self._attempts, instance_arn=instance_arn).all()

    def users(self, identity_store_id: str) -> tuple[User, ...]:
        return self._people.users(identity_store_id)

    def groups(self, identity_store_id: str) -> tuple[Group, ...]:
        return self._people.groups(identity_store_id)

    def organizational_units(self) -> tuple[OrganizationalUnit, ...]:
        return self._organization.units()

    def accounts(self) -> tuple[Account, ...]:
        return self._organization.accounts()

    def accounts_provisioned(self, *, instance_arn: str, permission_set_arn: str) -> tuple[str, ...]:
        with self._attempts.of("ListAccountsForProvisionedPermissionSet"):
            require_valid(InstanceArn=instance_arn, PermissionSetArn=permission_set_arn)
            pages = self._client.get_paginator("list_accounts_for_provisioned_permission_set").paginate(
                InstanceArn=instance_arn, PermissionSetArn=permission_set_arn
            )
            return tuple(account_id for page in pages for account_id in page.get("AccountIds", ()))
