"""What the catalogue is made from, read out of the sandbox and compared with what was put in."""

from datetime import timedelta

import pytest

from protem.identity_center.aws import Connection
from protem.identity_center.budget import CallBudget
from protem.identity_center.errors import CallRejected, CallWithheld, GatewayError
from protem.identity_center.values import Account, Instance, OrganizationalUnit, User
from protem.sandbox import Demo, Fault, Sandbox
from tests.clocks import ManualClock
from tests.identity_center.conftest import Connect


def test_the_instance_names_the_directory_behind_it(connection: Connection, sandbox: Sandbox) -> None:
    management = sandbox.organization.management_account
    assert connection.directory.instances() == (
        Instance(sandbox.instance_arn, sandbox.identity_store_id, management),
    )


def test_users_are_read_to_the_last_page(connection: Connection, sandbox: Sandbox, demo: Demo) -> None:
    users = connection.directory.users(sandbox.identity_store_id)
    assert {user.id for user in users} == set(demo.users.values())
    assert User(demo.users["alice"], "alice@example.com", "Alice Archer", "alice@example.com") in users


def test_a_user_is_known_by_the_id_that_provisioning_gave(connection: Connection, sandbox: Sandbox) -> None:
    erin = sandbox.directory.add_user(user_name="erin2", external_id="00u-erin")
    users = {user.id: user for user in connection.directory.users(sandbox.identity_store_id)}
    assert users[erin].external_id == "00u-erin"
    assert {user.external_id for user in users.values() if user.id != erin} == {None}


def test_whoever_is_disabled_is_nobody_any_more(connection: Connection, sandbox: Sandbox, demo: Demo) -> None:
    sandbox.directory.disable_user(demo.users["alice"])
    users = {user.id for user in connection.directory.users(sandbox.identity_store_id)}
    assert users == set(demo.users.values()) - {demo.users["alice"]}


def test_groups_come_with_their_members(connection: Connection, sandbox: Sandbox, demo: Demo) -> None:
    groups = {group.name: group for group in connection.directory.groups(sandbox.identity_store_id)}
    assert {name: group.id for name, group in groups.items()} == demo.groups
    assert groups["developers"].member_ids == {
        demo.users[name] for name in ("erin", "frank", "grace", "heidi")
    }


def test_a_group_of_nobody_is_a_group(connection: Connection, sandbox: Sandbox) -> None:
    empty = sandbox.directory.add_group("empty")
    groups = {group.id: group for group in connection.directory.groups(sandbox.identity_store_id)}
    assert groups[empty].member_ids == frozenset()


def test_units_are_read_to_any_depth_parents_first(connection: Connection, sandbox: Sandbox) -> None:
    root = sandbox.organization.root_id
    parent = root
    expected = []
    for depth in range(5):
        unit = sandbox.organization.add_unit(f"level {depth}", parent=parent)
        expected.append(OrganizationalUnit(unit, f"level {depth}", parent))
        parent = unit
    units = connection.directory.organizational_units()
    assert units[0] == OrganizationalUnit(root, "Root", None)
    assert [unit for unit in units if unit.name.startswith("level")] == expected


def test_accounts_know_their_place_their_tags_and_their_state(connection: Connection, demo: Demo) -> None:
    accounts = {account.name: account for account in connection.directory.accounts()}
    assert accounts["shop-prod"] == Account(
        id="111122223333",
        name="shop-prod",
        email="aws+shop-prod@example.com",
        status="ACTIVE",
        parent_id=demo.units["Workloads/Prod"],
        is_management=False,
        tags={"env": "prod", "owner": "dave@example.com"},
    )
    assert accounts["old-shop"].status == "SUSPENDED"
    assert {account.id for account in accounts.values()} == set(demo.accounts.values())


def test_exactly_one_account_is_the_management_account(connection: Connection, sandbox: Sandbox) -> None:
    accounts = connection.directory.accounts()
    assert [account.id for account in accounts if account.is_management] == [
        sandbox.organization.management_account
    ]


def test_an_account_that_hangs_on_the_root_has_the_root_for_a_parent(
    connection: Connection, sandbox: Sandbox
) -> None:
    sandbox.organization.add_account("123123123123", name="new", email="new@example.com", unit=None)
    accounts = {account.id: account for account in connection.directory.accounts()}
    assert accounts["123123123123"].parent_id == sandbox.organization.root_id


def test_permission_sets_come_with_tags_and_durations(
    connection: Connection, sandbox: Sandbox, demo: Demo
) -> None:
    found = {one.name: one for one in connection.directory.permission_sets(sandbox.instance_arn)}
    assert {name: one.arn for name, one in found.items()} == demo.permission_sets
    reading = found["ReadOnlyAccess"]
    assert reading.instance_arn == sandbox.instance_arn
    assert reading.session_duration == timedelta(hours=8)
    assert reading.tags == {"risk": "low"}
    assert len({one.policies_digest for one in found.values()}) == len(found)


@pytest.mark.parametrize(
    "policies",
    [
        {"managed_policies": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]},
        {"customer_managed_policies": [("restart", "/")]},
        {"inline_policy": '{"Statement": []}'},
        {"permissions_boundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        {"session_duration": "PT2H"},
    ],
    ids=lambda policies: next(iter(policies)),
)
def test_the_digest_covers_every_kind_of_policy(
    connection: Connection, sandbox: Sandbox, policies: dict[str, str]
) -> None:
    sandbox.permission_sets.add("plain")
    sandbox.permission_sets.add("other", **policies)  # type: ignore[arg-type]
    found = {one.name: one for one in connection.directory.permission_sets(sandbox.instance_arn)}
    assert found["plain"].policies_digest != found["other"].policies_digest


def test_the_accounts_that_hold_a_permission_set_are_listed(
    connection: Connection, sandbox: Sandbox, demo: Demo
) -> None:
    arn = sandbox.permission_sets.add("spread")
    for account_id in demo.accounts.values():
        sandbox.assignments.put(account_id, arn, demo.users["alice"])
    accounts = connection.directory.accounts_provisioned(
        instance_arn=sandbox.instance_arn, permission_set_arn=arn
    )
    assert set(accounts) == set(demo.accounts.values())


def test_a_passing_failure_is_read_over(connection: Connection, sandbox: Sandbox, demo: Demo) -> None:
    sandbox.faults.order(Fault.server_error(), operation="ListUsers", times=2)
    users = connection.directory.users(sandbox.identity_store_id)
    assert len(users) == len(demo.users)


def test_every_attempt_takes_a_call_from_the_budget_retries_included(
    connect_to: Connect, sandbox: Sandbox, clock: ManualClock
) -> None:
    connection = connect_to(sandbox, budget=CallBudget(clock=clock, rate=1, burst=2))
    sandbox.faults.order(Fault.server_error(), operation="ListInstances", times=3)
    connection.directory.instances()
    assert clock.monotonic() == pytest.approx(2)  # four attempts, two of them of the burst


def test_a_lasting_failure_leaves_no_half_of_an_answer(
    connect_to: Connect, sandbox: Sandbox, demo: Demo
) -> None:
    connection = connect_to(sandbox, directory_attempts=1)
    sandbox.faults.order(Fault.lost_reply(), operation="ListGroupMemberships")
    with pytest.raises(GatewayError) as failure:
        connection.directory.groups(sandbox.identity_store_id)
    assert failure.value.operation == "ListGroupMemberships"


def test_a_busy_organization_slows_nobody_else(
    connect_to: Connect, sandbox: Sandbox, budget: CallBudget
) -> None:
    connection = connect_to(sandbox, directory_attempts=1)
    sandbox.faults.order(Fault.throttle(), operation="ListAccounts")
    with pytest.raises(CallRejected):
        connection.directory.accounts()
    assert budget.rate == 18


def test_reading_everything_is_never_throttled(connection: Connection, sandbox: Sandbox) -> None:
    for number in range(30):
        unit = sandbox.organization.add_unit(f"unit {number}")
        sandbox.organization.add_account(
            f"{number:012}", name=f"account {number}", email=f"{number}@example.com", unit=unit
        )
        group = sandbox.directory.add_group(f"group {number}")
        sandbox.directory.add_member(group, sandbox.directory.users()[0].id)
    connection.directory.organizational_units()
    connection.directory.accounts()
    connection.directory.groups(sandbox.identity_store_id)
    connection.directory.permission_sets(sandbox.instance_arn)
    outcomes = {(call.operation, call.outcome) for call in sandbox.calls.all()}
    assert {outcome for _, outcome in outcomes} == {"ok", "ResourceNotFoundException"}
    assert ("GetPermissionsBoundaryForPermissionSet", "ResourceNotFoundException") in outcomes


def test_what_is_no_instance_is_not_asked_for(connection: Connection, sandbox: Sandbox) -> None:
    with pytest.raises(CallWithheld):
        connection.directory.permission_sets("arn:aws:sso:::instance/../..")
    assert sandbox.calls.count() == 0
