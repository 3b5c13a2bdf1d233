"""The demo organization on a clock that stands still, and one person asking for one thing there."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader
from mypy_boto3_identitystore import IdentityStoreClient
from mypy_boto3_organizations import OrganizationsClient
from mypy_boto3_sso_admin import SSOAdminClient

from protem.sandbox import Demo, Sandbox, seed_demo
from tests.clocks import ManualClock

ONE_ATTEMPT = Config(retries={"mode": "standard", "total_max_attempts": 1})
CREATION_SECONDS = 5
DELETION_SECONDS = 10


LOADER = Loader()  # reading the models again for every session would be most of a test's time


def session() -> boto3.Session:
    core = botocore.session.Session()
    core.register_component("data_loader", LOADER)
    return boto3.Session(
        botocore_session=core,
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",
        region_name="eu-central-1",
    )


@dataclass
class Scene:
    sandbox: Sandbox
    clock: ManualClock
    demo: Demo
    session: boto3.Session = field(default_factory=session)

    def __post_init__(self) -> None:
        self.sandbox.mount(self.session)

    @cached_property
    def sso(self) -> SSOAdminClient:
        return self.session.client("sso-admin", config=ONE_ATTEMPT)

    @cached_property
    def identity_store(self) -> IdentityStoreClient:
        return self.session.client("identitystore", config=ONE_ATTEMPT)

    @cached_property
    def organizations(self) -> OrganizationsClient:
        return self.session.client("organizations", config=ONE_ATTEMPT)

    @property
    def instance(self) -> str:
        return self.sandbox.instance_arn

    @property
    def store(self) -> str:
        return self.sandbox.identity_store_id

    def triple(
        self,
        *,
        account: str = "shop-prod",
        permission_set: str = "AdministratorAccess",
        user: str = "alice",
    ) -> Any:
        return {
            "InstanceArn": self.instance,
            "TargetId": self.demo.accounts[account],
            "TargetType": "AWS_ACCOUNT",
            "PermissionSetArn": self.demo.permission_sets[permission_set],
            "PrincipalType": "USER",
            "PrincipalId": self.demo.users[user],
        }

    def create(self, **names: str) -> str:
        answer = self.sso.create_account_assignment(**self.triple(**names))
        return answer["AccountAssignmentCreationStatus"]["RequestId"]

    def delete(self, **names: str) -> str:
        answer = self.sso.delete_account_assignment(**self.triple(**names))
        return answer["AccountAssignmentDeletionStatus"]["RequestId"]

    def creation(self, operation_id: str) -> Any:
        return self.sso.describe_account_assignment_creation_status(
            InstanceArn=self.instance, AccountAssignmentCreationRequestId=operation_id
        )["AccountAssignmentCreationStatus"]

    def deletion(self, operation_id: str) -> Any:
        return self.sso.describe_account_assignment_deletion_status(
            InstanceArn=self.instance, AccountAssignmentDeletionRequestId=operation_id
        )["AccountAssignmentDeletionStatus"]

    def created(self, **names: str) -> None:
        self.create(**names)
        self.clock.advance(CREATION_SECONDS)

    def stands(self, **names: str) -> bool:
        triple = self.triple(**names)
        return self.sandbox.assignments.holds(
            account_id=triple["TargetId"],
            permission_set_arn=triple["PermissionSetArn"],
            principal_id=triple["PrincipalId"],
        )


def stage(**options: Any) -> Scene:
    clock = ManualClock()
    durations = {"creation_seconds": CREATION_SECONDS, "deletion_seconds": DELETION_SECONDS}
    sandbox = Sandbox(clock=clock, **durations | options)
    return Scene(sandbox=sandbox, clock=clock, demo=seed_demo(sandbox))
