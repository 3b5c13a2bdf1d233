"""The life of an assignment, and all that can go wrong with it, against the sandbox."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from protem.identity_center.aws import Connection
from protem.identity_center.budget import CallBudget, Priority
from protem.identity_center.errors import CallRejected, CallWithheld, GatewayError, OutcomeUnknown
from protem.identity_center.values import (
    AssignmentKey,
    Holder,
    OperationKind,
    OperationStatus,
    PrincipalType,
)
from protem.sandbox import Demo, Fault, Sandbox
from tests.clocks import ManualClock
from tests.identity_center.conftest import Connect


@pytest.fixture
def key(sandbox: Sandbox, demo: Demo) -> AssignmentKey:
    return AssignmentKey(
        instance_arn=sandbox.instance_arn,
        account_id=demo.accounts["playground"],
        permission_set_arn=demo.permission_sets["AdministratorAccess"],
        principal_id=demo.users["alice"],
    )


def holders(connection: Connection, key: AssignmentKey) -> frozenset[Holder]:
    return connection.assignments.holders(
        instance_arn=key.instance_arn,
        account_id=key.account_id,
        permission_set_arn=key.permission_set_arn,
    )


def test_what_was_created_is_held_once_aws_says_that_it_succeeded(
    connection: Connection, key: AssignmentKey, clock: ManualClock
) -> None:
    operation = connection.assignments.create(key)
    assert operation.status is OperationStatus.IN_PROGRESS
    assert operation.created_at
    assert abs(operation.created_at - clock.now()) < timedelta(seconds=1)
    clock.advance(30)
    described = connection.assignments.describe(
        OperationKind.CREATE, instance_arn=key.instance_arn, operation_id=operation.id
    )
    assert described.status is OperationStatus.SUCCEEDED
    assert holders(connection, key) == {key.holder}


def test_what_was_deleted_is_held_no_more(
    connection: Connection, key: AssignmentKey, clock: ManualClock
) -> None:
    connection.assignments.create(key)
    clock.advance(30)
    operation = connection.assignments.delete(key)
    clock.advance(30)
    described = connection.assignments.describe(
        OperationKind.DELETE, instance_arn=key.instance_arn, operation_id=operation.id
    )
    assert described.status is OperationStatus.SUCCEEDED
    assert holders(connection, key) == frozenset()


def test_a_failed_operation_says_why(connection: Connection, key: AssignmentKey, clock: ManualClock) -> None:
    operation = connection.assignments.delete(key)
    clock.advance(30)
    described = connection.assignments.describe(
        OperationKind.DELETE, instance_arn=key.instance_arn, operation_id=operation.id
    )
    assert described.status is OperationStatus.FAILED
    assert "404" in (described.reason or "")


def test_holders_are_read_to_the_last_page(
    connection: Connection, key: AssignmentKey, sandbox: Sandbox, demo: Demo
) -> None:
    users = {Holder(PrincipalType.USER, id_) for id_ in demo.users.values()}
    groups = {Holder(PrincipalType.GROUP, id_) for id_ in demo.groups.values()}
    for holder in users | groups:
        sandbox.assignments.put(
            key.account_id,
            key.permission_set_arn,
            holder.principal_id,
            principal_type=holder.principal_type.value,
        )
    assert holders(connection, key) == users | groups


@pytest.mark.parametrize(
    "wrong",
    [
        {"instance_arn": "arn:aws:sso:::instance/ssoins-"},
        {"account_id": "12345678901"},
        {"account_id": "123456789012\n"},
        {"account_id": "١٢٣٤٥٦٧٨٩٠١٢"},  # digits elsewhere in the world
        {"permission_set_arn": "AdministratorAccess"},
        {"principal_id": "alice@example.com"},
        {"principal_id": "../../etc/passwd"},
    ],
)
def test_an_identifier_that_cannot_be_one_never_leaves(
    connection: Connection, key: AssignmentKey, sandbox: Sandbox, wrong: dict[str, Any]
) -> None:
    for call in (connection.assignments.create, connection.assignments.delete):
        with pytest.raises(CallWithheld) as refusal:
            call(replace(key, **wrong))
        assert refusal.value.code == "invalid_identifier"
    assert sandbox.calls.count() == 0


def test_input_that_botocore_refuses_never_leaves(
    connection: Connection, key: AssignmentKey, sandbox: Sandbox, observed: list[tuple[str, str]]
) -> None:
    with pytest.raises(CallWithheld) as refusal:
        connection.assignments.describe(
            OperationKind.CREATE, instance_arn=key.instance_arn, operation_id="short"
        )
    assert refusal.value.code == "invalid_input"
    assert sandbox.calls.count() == 0
    assert observed == [("DescribeAccountAssignmentCreationStatus", "invalid_input")]


def test_without_the_lease_nothing_is_sent(
    connect_to: Connect, sandbox: Sandbox, key: AssignmentKey, observed: list[tuple[str, str]]
) -> None:
    def lost() -> None:
        message = "another process holds the lease"
        raise RuntimeError(message)

    connection = connect_to(sandbox, guard=lost)
    with pytest.raises(CallWithheld, match="another process") as refusal:
        connection.assignments.create(key)
    assert refusal.value.code == "lease_lost"
    assert sandbox.calls.count() == 0
    assert observed == [("CreateAccountAssignment", "lease_lost")]


def test_the_lease_is_looked_at_after_the_wait_for_the_budget(
    connect_to: Connect, sandbox: Sandbox, key: AssignmentKey, clock: ManualClock
) -> None:
    asked_at: list[float] = []
    connection = connect_to(
        sandbox,
        budget=CallBudget(clock=clock, rate=1, burst=2),
        guard=lambda: asked_at.append(clock.monotonic()),
    )
    for _ in range(3):
        holders(connection, key)
    assert asked_at == pytest.approx([0, 0, 1])


def test_the_directory_may_be_read_without_the_lease(connect_to: Connect, sandbox: Sandbox) -> None:
    def lost() -> None:
        raise RuntimeError

    assert connect_to(sandbox, guard=lost).directory.instances()


def test_a_refusal_of_the_guard_keeps_its_own_words(
    connect_to: Connect, sandbox: Sandbox, key: AssignmentKey
) -> None:
    def deposed() -> None:
        raise CallWithheld("CreateAccountAssignment", "deposed", "fence 7 is higher than 6")

    with pytest.raises(CallWithheld) as refusal:
        connect_to(sandbox, guard=deposed).assignments.create(key)
    assert refusal.value.code == "deposed"


def test_the_priority_of_the_caller_reaches_the_budget(
    connection: Connection, key: AssignmentKey, budget: CallBudget, clock: ManualClock
) -> None:
    with budget.priority(Priority.HOUSEKEEPING):
        for _ in range(5):
            holders(connection, key)
    before = clock.monotonic()
    with budget.priority(Priority.ENDING):
        connection.assignments.delete(key)
    assert clock.monotonic() == before


def test_nothing_is_sent_once_the_budget_is_closed(
    connection: Connection, key: AssignmentKey, budget: CallBudget, sandbox: Sandbox
) -> None:
    budget.close()
    with pytest.raises(CallWithheld) as refusal:
        connection.assignments.delete(key)
    assert refusal.value.code == "budget_closed"
    assert sandbox.calls.count() == 0


@pytest.mark.parametrize("code", ["ConflictException", "AccessDeniedException", "ExpiredTokenException"])
def test_what_aws_refuses_is_rejected_and_not_tried_again(
    connection: Connection, key: AssignmentKey, sandbox: Sandbox, code: str
) -> None:
    sandbox.faults.order(Fault.refuse(code, "no"), times=None)
    with pytest.raises(CallRejected) as refusal:
        connection.assignments.create(key)
    assert (refusal.value.operation, refusal.value.code) == ("CreateAccountAssignment", code)
    assert refusal.value.message == "no"
    assert sandbox.calls.count() == 1


def test_a_throttled_write_is_not_tried_again_and_slows_everything_down(
    connection: Connection, key: AssignmentKey, sandbox: Sandbox, budget: CallBudget
) -> None:
    sandbox.faults.order(Fault.throttle(), times=None)
    with pytest.raises(CallRejected) as refusal:
        connection.assignments.create(key)
    assert refusal.value.code == "ThrottlingException"
    assert sandbox.calls.count() == 1
    assert budget.rate < 0.75 * budget.full_rate


@pytest.mark.parametrize(
    "fault",
    [
        Fault.server_error(),
        Fault.server_error(takes_effect=True),
        Fault.server_error(status=503),
        Fault.lost_request(),
        Fault.lost_reply(),
        Fault.late_effect(5),
        Fault.refuse("InternalServerException", status=400),
        Fault.refuse("ThrottlingException", status=500),
    ],
    ids=lambda fault: fault.name,
)
def test_without_a_clear_answer_the_outcome_is_unknown_and_nothing_is_tried_again(
    connection: Connection, key: AssignmentKey, sandbox: Sandbox, fault: Fault
) -> None:
    sandbox.faults.order(fault, times=None)
    for call in (connection.assignments.create, connection.assignments.delete):
        sandbox.calls.clear()
        with pytest.raises(OutcomeUnknown):
            call(key)
        assert sandbox.calls.count() == 1


def test_a_create_of_unknown_outcome_may_have_happened(
    connection: Connection, key: AssignmentKey, sandbox: Sandbox, clock: ManualClock
) -> None:
    sandbox.faults.order(Fault.lost_reply())
    with pytest.raises(OutcomeUnknown):
        connection.assignments.create(key)
    clock.advance(30)
    assert holders(connection, key) == {key.holder}


def test_a_listing_that_breaks_off_between_pages_is_no_listing(
    connection: Connection, key: AssignmentKey, sandbox: Sandbox, demo: Demo
) -> None:
    for principal_id in demo.users.values():
        sandbox.assignments.put(
            account_id=key.account_id,
            permission_set_arn=key.permission_set_arn,
            principal_id=principal_id,
        )
    sandbox.faults.order(Fault.lost_reply(), when=lambda parameters: "NextToken" in parameters)
    with pytest.raises(GatewayError):
        holders(connection, key)


def test_every_call_is_reported_with_its_outcome(
    connection: Connection, key: AssignmentKey, sandbox: Sandbox, observed: list[tuple[str, str]]
) -> None:
    sandbox.faults.order(Fault.lost_reply(), operation="CreateAccountAssignment")
    sandbox.faults.order(Fault.conflict(), operation="DeleteAccountAssignment")
    for call in (connection.assignments.create, connection.assignments.delete):
        with pytest.raises(GatewayError):
            call(key)
    holders(connection, key)
    assert observed == [
        ("CreateAccountAssignment", "no_answer"),
        ("DeleteAccountAssignment", "ConflictException"),
        ("ListAccountAssignments", "ok"),
    ]


def test_the_clock_offset_is_unknown_before_the_first_answer(connection: Connection) -> None:
    assert connection.assignments.clock_offset() is None


@pytest.mark.parametrize("skew", [-3600.0, -2.6, 0.0, 0.4, 2.6, 3600.0])
def test_the_clock_offset_is_known_to_about_half_a_second(
    connect_to: Connect, clock: ManualClock, key: AssignmentKey, sandbox: Sandbox, skew: float
) -> None:
    other = Sandbox(clock=clock, date_skew_seconds=skew, latency_seconds=0.4)
    connection = connect_to(other)
    with pytest.raises(CallRejected):
        holders(connection, key)
    offset = connection.assignments.clock_offset()
    assert offset is not None
    assert offset.total_seconds() == pytest.approx(skew, abs=0.71)


def test_a_slow_answer_says_nothing_about_the_clock(
    connection: Connection, key: AssignmentKey, sandbox: Sandbox
) -> None:
    sandbox.faults.order(Fault.latency(19))
    holders(connection, key)
    assert connection.assignments.clock_offset() is None


def test_refusals_tell_the_time_as_well(connection: Connection, key: AssignmentKey, sandbox: Sandbox) -> None:
    sandbox.faults.order(Fault.conflict())
    with pytest.raises(CallRejected):
        connection.assignments.create(key)
    assert connection.assignments.clock_offset() is not None


def test_what_one_principal_was_assigned_is_listed_over_all_pages_and_without_groups(
    connection: Connection, sandbox: Sandbox, demo: Demo, key: AssignmentKey
) -> None:
    keys = {replace(key, permission_set_arn=sandbox.permission_sets.add(f"Set{n}")) for n in range(5)}
    for one in keys:
        sandbox.assignments.put(one.account_id, one.permission_set_arn, one.principal_id)
    group = demo.groups["developers"]
    sandbox.assignments.put(
        key.account_id, sandbox.permission_sets.add("Grouped"), group, principal_type="GROUP"
    )
    assert connection.assignments.held_by(key.holder, instance_arn=key.instance_arn) == keys


def test_a_principal_of_whom_nothing_is_listed_has_nothing_if_the_directory_knows_them(
    connection: Connection, sandbox: Sandbox, key: AssignmentKey
) -> None:
    newcomer = Holder(PrincipalType.USER, sandbox.directory.add_user(user_name="newcomer"))
    assert connection.assignments.held_by(newcomer, instance_arn=key.instance_arn) == frozenset()


def test_nothing_is_said_about_what_a_deleted_user_holds(
    connection: Connection, sandbox: Sandbox, key: AssignmentKey
) -> None:
    sandbox.assignments.put(key.account_id, key.permission_set_arn, key.principal_id)
    sandbox.assignments.remove(key.account_id, key.permission_set_arn, key.principal_id)
    sandbox.directory.remove_user(key.principal_id)
    with pytest.raises(CallRejected, match="ResourceNotFoundException"):
        connection.assignments.held_by(key.holder, instance_arn=key.instance_arn)


@pytest.mark.parametrize("kind", OperationKind)
def test_operations_that_run_are_listed_over_all_pages_and_those_that_ended_are_not(
    connection: Connection,
    sandbox: Sandbox,
    key: AssignmentKey,
    clock: ManualClock,
    kind: OperationKind,
) -> None:
    accounts = [sandbox.organization.add_account(f"{n:012d}", name=f"account-{n}") for n in range(5)]
    begin = connection.assignments.create if kind is OperationKind.CREATE else connection.assignments.delete
    begun = {begin(replace(key, account_id=account)).id for account in accounts}
    assert connection.assignments.running(kind, instance_arn=key.instance_arn) == begun
    clock.advance(60)
    assert connection.assignments.running(kind, instance_arn=key.instance_arn) == frozenset()
