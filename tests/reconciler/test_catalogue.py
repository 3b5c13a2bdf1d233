"""The catalogue says what AWS says, or stays as it was."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest

from protem.broker import tokens
from protem.broker.authentication import Presented, authenticate
from protem.broker.callers import CONSOLE
from protem.broker.token_terms import Wish
from protem.db.models import (
    Account,
    CatalogueSync,
    Group,
    Instance,
    Membership,
    OrganizationalUnit,
    PermissionSet,
    Principal,
    TokenRole,
)
from protem.domain.errors import Unauthenticated
from protem.domain.events import EventType
from protem.identity_center.errors import GatewayError
from protem.identity_center.gateway import Directory
from protem.identity_center.values import Instance as ListedInstance
from protem.reconciler import catalogue
from protem.reconciler.catalogue import ImplausibleListingError
from protem.reconciler.catalogue_looks import SupersededError
from protem.reconciler.catalogue_snapshot import InstanceChoiceError
from protem.sandbox import Fault
from tests.identity_center.organization import Organization

TABLES = (Instance, Principal, Group, Membership, OrganizationalUnit, Account, PermissionSet)


@pytest.fixture
def organization(database_url: str) -> Iterator[Organization]:
    made = Organization(database_url)
    yield made
    made.store.close()


def everything(organization: Organization) -> dict[str, list[dict[str, Any]]]:
    return {
        table.__tablename__: sorted(
            (
                {column.name: getattr(row, column.name) for column in table.__table__.columns}
                for row in organization.rows(table)
            ),
            key=str,
        )
        for table in TABLES
    }


def test_the_first_look_takes_everything_in(organization: Organization) -> None:
    report = organization.synchronise()
    demo = organization.demo
    assert {row.id for row in organization.rows(Principal)} == set(demo.users.values())
    assert {row.name: row.id for row in organization.rows(Group)} == dict(demo.groups)
    assert {row.id for row in organization.rows(Account)} == set(demo.accounts.values())
    assert {row.name: row.arn for row in organization.rows(PermissionSet)} == dict(demo.permission_sets)
    assert {row.id for row in organization.rows(OrganizationalUnit)} >= set(demo.units.values())
    assert report.counts["principals"] == {"added": 10}


def test_what_rules_ask_about_is_kept_whole(organization: Organization) -> None:
    organization.synchronise()
    demo = organization.demo
    account = organization.row(Account, "111122223333")
    assert (account.name, account.name_key, account.status) == ("shop-prod", "shop-prod", "ACTIVE")
    assert account.tags == {"env": "prod", "owner": "dave@example.com"}
    assert account.parent_id == demo.units["Workloads/Prod"]
    assert organization.row(Account, demo.accounts["management"]).is_management
    reading = organization.row(PermissionSet, demo.permission_sets["ReadOnlyAccess"])
    assert reading.session_duration == timedelta(hours=8)
    assert reading.policies_digest.startswith("sha256:")
    members = {
        row.principal_id for row in organization.rows(Membership) if row.group_id == demo.groups["sre-leads"]
    }
    assert members == {demo.users["carol"], demo.users["dave"]}


def test_names_are_kept_as_written_and_under_the_key_that_compares_them(organization: Organization) -> None:
    id_ = organization.sandbox.directory.add_user(
        user_name="Zoë@Example.COM", display_name="Zoë", email="zoe@example.com"
    )
    organization.synchronise()
    zoe = organization.row(Principal, id_)
    assert (zoe.user_name, zoe.user_name_key) == ("Zoë@Example.COM", "zoë@example.com")


def test_a_second_look_changes_nothing_and_leaves_no_event(organization: Organization) -> None:
    organization.synchronise()
    before = everything(organization)
    organization.clock.advance(300)
    report = organization.synchronise()
    assert report.counts == {}
    assert everything(organization) == before
    assert len(organization.events(EventType.CATALOGUE_SYNCHRONISED)) == 1


def test_what_changed_in_aws_changes_here_and_is_named_in_the_event(organization: Organization) -> None:
    organization.synchronise()
    demo, sandbox = organization.demo, organization.sandbox
    sandbox.organization.tag("111122223333", env="staging")
    sandbox.organization.move("222211113333", unit=demo.units["Sandbox"])
    sandbox.directory.rename_user(demo.users["alice"], user_name="alice.archer@example.com")
    sandbox.directory.remove_member(demo.groups["developers"], demo.users["erin"])
    sandbox.directory.add_member(demo.groups["security"], demo.users["erin"])
    sandbox.permission_sets.change(demo.permission_sets["ReadOnlyAccess"], inline_policy="{}")
    report = organization.synchronise()
    assert report.counts == {
        "principals": {"changed": 1},
        "accounts": {"changed": 2},
        "permission_sets": {"changed": 1},
        "memberships": {"added": 1, "removed": 1},
    }
    assert organization.row(Account, "111122223333").tags["env"] == "staging"
    assert organization.row(Account, "222211113333").parent_id == demo.units["Sandbox"]
    assert organization.row(Principal, demo.users["alice"]).user_name == "alice.archer@example.com"
    facts = organization.events(EventType.CATALOGUE_SYNCHRONISED)[-1].facts
    assert facts["counts"] == report.counts
    assert facts["changes_not_named"] == 0
    assert {
        "kind": "memberships",
        "change": "added",
        "id": demo.groups["security"],
        "name": demo.users["erin"],
    } in facts["changes"]


def test_what_vanished_is_marked_and_keeps_its_name(organization: Organization) -> None:
    organization.synchronise()
    demo, sandbox = organization.demo, organization.sandbox
    sandbox.directory.remove_user(demo.users["alice"])
    sandbox.directory.remove_group(demo.groups["security"])
    sandbox.organization.remove("111122223333")
    sandbox.permission_sets.remove(demo.permission_sets["BillingReadOnly"])
    report = organization.synchronise()
    gone: list[Any] = [
        organization.row(Principal, demo.users["alice"]),
        organization.row(Group, demo.groups["security"]),
        organization.row(Account, "111122223333"),
        organization.row(PermissionSet, demo.permission_sets["BillingReadOnly"]),
    ]
    assert [row.removed_at for row in gone] == [organization.clock.now()] * 4
    assert organization.row(Principal, demo.users["alice"]).user_name == "alice@example.com"
    assert report.counts["principals"] == {"removed": 1}
    assert demo.groups["security"] not in {row.group_id for row in organization.rows(Membership)}
    assert demo.users["alice"] not in {row.principal_id for row in organization.rows(Membership)}


def test_whoever_is_disabled_has_gone_and_calls_by_no_token_they_have(organization: Organization) -> None:
    organization.synchronise()
    alice, store = organization.demo.users["alice"], organization.store
    now = organization.clock.now()
    with store.writing() as session:
        wish = Wish(name="alice", role=TokenRole.PERSONAL, user="alice@example.com")
        secret = tokens.create(session, CONSOLE, wish, now=now).secret
    organization.sandbox.directory.disable_user(alice)
    assert organization.synchronise().counts["principals"] == {"removed": 1}
    with store.reading() as session, pytest.raises(Unauthenticated):
        authenticate(session, Presented(secret), now=now)


def test_what_has_gone_does_not_go_again(organization: Organization) -> None:
    organization.synchronise()
    organization.sandbox.organization.remove("111122223333")
    organization.synchronise()
    removed_at = organization.row(Account, "111122223333").removed_at
    organization.clock.advance(300)
    assert organization.synchronise().counts == {}
    assert organization.row(Account, "111122223333").removed_at == removed_at


def test_what_comes_back_is_back(organization: Organization) -> None:
    organization.synchronise()
    organization.sandbox.organization.remove("111122223333")
    organization.synchronise()
    organization.sandbox.organization.add_account(
        "111122223333", name="shop-prod", email="a@example.com", unit=None
    )
    assert organization.synchronise().counts == {"accounts": {"changed": 1}}
    assert organization.row(Account, "111122223333").removed_at is None


READS = [
    "ListInstances",
    "ListUsers",
    "ListGroups",
    "ListGroupMemberships",
    "ListRoots",
    "ListOrganizationalUnitsForParent",
    "DescribeOrganization",
    "ListAccounts",
    "ListTagsForResource",
    "ListPermissionSets",
    "DescribePermissionSet",
    "ListManagedPoliciesInPermissionSet",
    "ListCustomerManagedPolicyReferencesInPermissionSet",
    "GetInlinePolicyForPermissionSet",
    "GetPermissionsBoundaryForPermissionSet",
]


FAULTS = cycle([Fault.refuse("AccessDeniedException"), Fault.lost_reply(), Fault.server_error()])


@pytest.mark.parametrize(("operation", "fault"), list(zip(READS, FAULTS, strict=False)), ids=READS)
def test_any_read_that_fails_leaves_the_catalogue_as_it_was(
    organization: Organization, operation: str, fault: Fault
) -> None:
    organization.synchronise()
    before = everything(organization)
    completed_at = organization.sync("catalogue").completed_at
    organization.sandbox.organization.remove("111122223333")
    organization.sandbox.directory.remove_user(organization.demo.users["alice"])
    organization.clock.advance(300)
    organization.sandbox.faults.order(fault, operation=operation)
    with pytest.raises(GatewayError):
        organization.synchronise()
    assert everything(organization) == before
    sync = organization.sync("catalogue")
    assert sync.completed_at == completed_at
    assert sync.error
    assert operation in sync.error


def test_the_next_look_that_succeeds_forgets_the_error(organization: Organization) -> None:
    organization.sandbox.faults.order(Fault.lost_reply(), operation="ListUsers")
    with pytest.raises(GatewayError):
        organization.synchronise()
    assert organization.sync("catalogue").completed_at is None
    organization.clock.advance(300)
    organization.synchronise()
    sync = organization.sync("catalogue")
    assert sync.error is None
    assert sync.completed_at == organization.clock.now()
    assert sync.started_at < organization.clock.now()


class Altered:
    """A directory that answers as another does, but for what is named."""

    def __init__(self, directory: Directory, **answers: Any) -> None:
        self._directory = directory
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        if name in self._answers:
            return lambda *_, **__: self._answers[name]
        return getattr(self._directory, name)


def synchronise_with(organization: Organization, **answers: Any) -> catalogue.Report:
    return catalogue.synchronise(
        Altered(organization.connection.directory, **answers),
        store=organization.store,
        clock=organization.clock,
        budget=organization.budget,
    )


@pytest.mark.parametrize("part", ["users", "accounts", "permission_sets"])
def test_nothing_at_all_where_there_was_something_is_not_believed(
    organization: Organization, part: str
) -> None:
    organization.synchronise()
    before = everything(organization)
    with pytest.raises(ImplausibleListingError, match=part.replace("_", " ")):
        synchronise_with(organization, **{part: ()})
    assert everything(organization) == before
    assert "ImplausibleListingError" in (organization.sync("catalogue").error or "")


@pytest.mark.parametrize("part", ["users", "accounts", "permission_sets"])
def test_nothing_at_all_is_believed_where_there_was_nothing(organization: Organization, part: str) -> None:
    synchronise_with(organization, **{part: ()})
    assert organization.sync("catalogue").completed_at is not None


def test_of_several_instances_one_must_be_named(organization: Organization) -> None:
    other = ListedInstance("arn:aws:sso:::instance/ssoins-ffffffffffffffff", "d-1", "444455556666")
    both = (*organization.connection.directory.instances(), other)
    with pytest.raises(InstanceChoiceError, match=r"ssoins-ffffffffffffffff"):
        synchronise_with(organization, instances=both)
    organization.synchronise(instance_arn=organization.sandbox.instance_arn)
    assert [row.arn for row in organization.rows(Instance)] == [organization.sandbox.instance_arn]


def test_without_the_instance_that_is_meant_nothing_is_read(organization: Organization) -> None:
    with pytest.raises(InstanceChoiceError, match="not listed"):
        organization.synchronise(instance_arn="arn:aws:sso:::instance/ssoins-ffffffffffffffff")
    with pytest.raises(InstanceChoiceError, match="none"):
        synchronise_with(organization, instances=())
    assert organization.rows(Principal) == []


def test_a_look_that_was_overtaken_writes_nothing(organization: Organization) -> None:
    organization.synchronise()
    users = organization.connection.directory.users(organization.sandbox.identity_store_id)

    class Slow(Altered):
        def permission_sets(self, instance_arn: str) -> Any:
            organization.clock.advance(60)
            organization.sandbox.directory.remove_user(organization.demo.users["alice"])
            organization.synchronise()
            return organization.connection.directory.permission_sets(instance_arn)

    with pytest.raises(SupersededError):
        catalogue.synchronise(
            Slow(organization.connection.directory, users=users),
            store=organization.store,
            clock=organization.clock,
            budget=organization.budget,
        )
    assert organization.row(Principal, organization.demo.users["alice"]).removed_at is not None
    assert organization.sync("catalogue").error is None


@pytest.mark.parametrize("text", ["pro\x00d", "pro\ud800d", "p" * 5000])
def test_no_text_that_somebody_may_write_in_aws_stops_the_catalogue(
    organization: Organization, text: str
) -> None:
    accounts = organization.connection.directory.accounts()
    altered = [replace(account, name=text, tags={"env": text}) for account in accounts]
    synchronise_with(organization, accounts=altered)
    row = organization.row(Account, "111122223333")
    assert row.tags["env"] != "prod"
    assert synchronise_with(organization, accounts=altered).counts == {}


def test_an_event_names_only_so_many_changes_and_says_how_many_it_left_out(
    organization: Organization,
) -> None:
    for number in range(150):
        organization.sandbox.directory.add_user(
            user_name=f"u{number}@example.com", display_name=f"User {number}", email=f"u{number}@example.com"
        )
    report = organization.synchronise()
    facts = organization.events(EventType.CATALOGUE_SYNCHRONISED)[0].facts
    total = sum(count for kind in report.counts.values() for count in kind.values())
    assert len(facts["changes"]) == 100
    assert facts["changes_not_named"] == total - 100


def test_no_transaction_is_open_while_aws_is_asked(organization: Organization) -> None:
    class Writing(Altered):
        def accounts(self) -> Any:
            with organization.store.writing() as session:
                session.merge(CatalogueSync(part="another", started_at=organization.clock.now()))
            return organization.connection.directory.accounts()

    catalogue.synchronise(
        Writing(organization.connection.directory),
        store=organization.store,
        clock=organization.clock,
        budget=organization.budget,
    )
    assert organization.sync("another").error is None
    assert organization.store.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
