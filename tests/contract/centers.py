"""Two Identity Centers, reached through boto3 alone, and made ready each in its own way."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Protocol

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader
from moto import mock_aws  # before any client is made: moto does not reach the ones made earlier

from protem.sandbox import Sandbox
from tests.clocks import ManualClock

CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 1})
LOADER = Loader()
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


class Center(Protocol):
    """What a test needs to happen before it, and the clients it then looks through."""

    @property
    def sso(self) -> Any: ...

    @property
    def identity_store(self) -> Any: ...

    @property
    def organizations(self) -> Any: ...

    @property
    def sts(self) -> Any: ...

    @property
    def instance(self) -> str: ...

    @property
    def store(self) -> str: ...

    def add_user(self, user_name: str) -> str: ...

    def add_group(self, name: str, *members: str) -> str: ...

    def add_unit(self, name: str) -> str: ...

    def add_account(self, name: str, *, unit: str | None = None, **tags: str) -> str: ...

    def add_permission_set(self, name: str, **tags: str) -> str: ...

    def settle(self) -> None: ...


class Clients:
    def __init__(self, session: boto3.Session) -> None:
        self._session = session

    @cached_property
    def sso(self) -> Any:
        return self._session.client("sso-admin", config=CONFIG)

    @cached_property
    def identity_store(self) -> Any:
        return self._session.client("identitystore", config=CONFIG)

    @cached_property
    def organizations(self) -> Any:
        return self._session.client("organizations", config=CONFIG)

    @cached_property
    def sts(self) -> Any:
        return self._session.client("sts", config=CONFIG)

    @cached_property
    def _instance(self) -> dict[str, str]:
        found: dict[str, str] = self.sso.list_instances()["Instances"][0]
        return found

    @property
    def instance(self) -> str:
        return self._instance["InstanceArn"]

    @property
    def store(self) -> str:
        return self._instance["IdentityStoreId"]


class OurCenter(Clients):
    """The sandbox, made ready through its control surface."""

    def __init__(self, session: boto3.Session) -> None:
        self._clock = ManualClock()
        self._sandbox = Sandbox(clock=self._clock, organizations_calls_per_second={})
        self._sandbox.mount(session)
        super().__init__(session)

    def add_user(self, user_name: str) -> str:
        return self._sandbox.directory.add_user(user_name=user_name)

    def add_group(self, name: str, *members: str) -> str:
        group_id = self._sandbox.directory.add_group(name)
        for member in members:
            self._sandbox.directory.add_member(group_id, member)
        return group_id

    def add_unit(self, name: str) -> str:
        return self._sandbox.organization.add_unit(name)

    def add_account(self, name: str, *, unit: str | None = None, **tags: str) -> str:
        number = len(self._sandbox.organization.accounts())
        account_id = f"1000{number:08}"
        return self._sandbox.organization.add_account(account_id, name=name, unit=unit, tags=tags)

    def add_permission_set(self, name: str, **tags: str) -> str:
        return self._sandbox.permission_sets.add(
            name, session_duration="PT2H", managed_policies=[READ_ONLY], inline_policy="{}", tags=tags
        )

    def settle(self) -> None:
        self._clock.advance(60)


class MotosCenter(Clients):
    """moto, made ready through the operations it has and the sandbox does not."""

    def __init__(self, session: boto3.Session) -> None:
        super().__init__(session)
        self.organizations.create_organization(FeatureSet="ALL")

    def add_user(self, user_name: str) -> str:
        user_id: str = self.identity_store.create_user(
            IdentityStoreId=self.store,
            UserName=user_name,
            DisplayName=user_name,
            Name={"GivenName": user_name, "FamilyName": user_name},
            Emails=[{"Value": user_name, "Primary": True}],
        )["UserId"]
        return user_id

    def add_group(self, name: str, *members: str) -> str:
        group_id: str = self.identity_store.create_group(IdentityStoreId=self.store, DisplayName=name)[
            "GroupId"
        ]
        for member in members:
            self.identity_store.create_group_membership(
                IdentityStoreId=self.store, GroupId=group_id, MemberId={"UserId": member}
            )
        return group_id

    def add_unit(self, name: str) -> str:
        unit = self.organizations.create_organizational_unit(ParentId=self._root(), Name=name)
        unit_id: str = unit["OrganizationalUnit"]["Id"]
        return unit_id

    def add_account(self, name: str, *, unit: str | None = None, **tags: str) -> str:
        created = self.organizations.create_account(
            AccountName=name, Email=f"{name}@example.com", Tags=_listed(tags)
        )
        account_id: str = created["CreateAccountStatus"]["AccountId"]
        if unit:
            self.organizations.move_account(
                AccountId=account_id, SourceParentId=self._root(), DestinationParentId=unit
            )
        return account_id

    def add_permission_set(self, name: str, **tags: str) -> str:
        arn: str = self.sso.create_permission_set(
            InstanceArn=self.instance, Name=name, SessionDuration="PT2H", Tags=_listed(tags)
        )["PermissionSet"]["PermissionSetArn"]
        named = {"InstanceArn": self.instance, "PermissionSetArn": arn}
        self.sso.attach_managed_policy_to_permission_set(ManagedPolicyArn=READ_ONLY, **named)
        self.sso.put_inline_policy_to_permission_set(InlinePolicy="{}", **named)
        return arn

    def settle(self) -> None:
        """Do nothing: moto has carried everything out already."""

    def _root(self) -> str:
        root_id: str = self.organizations.list_roots()["Roots"][0]["Id"]
        return root_id


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _session() -> boto3.Session:
    core = botocore.session.Session()
    core.register_component("data_loader", LOADER)
    return boto3.Session(
        botocore_session=core,
        aws_access_key_id="contract",
        aws_secret_access_key="contract",
        region_name="us-east-1",
    )


@contextmanager
def ours() -> Iterator[Center]:
    yield OurCenter(_session())


@contextmanager
def motos() -> Iterator[Center]:
    with mock_aws():
        yield MotosCenter(_session())


CENTERS = {"sandbox": ours, "moto": motos}
