"""When nobody could tell what others made from what Protem made: the exceptions of invariant 2, no wider."""

from collections.abc import Collection
from datetime import datetime, timedelta

from protem.sandbox.assignments import Assignment
from protem.sandbox.calls import Call
from protem.sandbox.operations import Operation
from tests.simulation.truth import DESCRIBES, LATE, LISTED, LISTINGS, Hand, concerned
from tests.simulation.world import World

IN_DOUBT = timedelta(hours=24)
"""How long a create of unknown outcome may yet land (`plan.PROVISIONAL`)."""
PATIENCE = timedelta(minutes=9)
"""After how long in progress an operation's outcome may count as unknown (`records.PATIENCE`, less a bit)."""
_UNRECORDED = timedelta(seconds=30)
"""How long after an answer its process may die, and take it along."""


def excused(world: World, assignment: Assignment, at: datetime) -> bool:
    """Tell whether what somebody else makes at this instant may count as ours."""
    if world.truth.holder(assignment, at=at) is not None:
        return False
    return (
        any(_in_doubt(world, call, at) for call in _sent(world, "CreateAccountAssignment", assignment, at))
        or any(held == assignment and at - since <= IN_DOUBT for held, since in world.abandoned)
        or _delete_is_on_its_way(world, assignment, at)
        or _absence_is_unseen(world, assignment, at)
    )


def _sent(world: World, operation: str, assignment: Assignment, at: datetime) -> list[Call]:
    return [
        call
        for call in world.calls.of(operation)
        if concerned(call.parameters) == assignment and call.time <= at and at - call.time <= IN_DOUBT
    ]


def _in_doubt(world: World, call: Call, at: datetime) -> bool:
    """Tell whether the outcome of a create may have been unknown to whoever sent it, or is still open."""
    if call.outcome in {"lost", "InternalServerException"} or call.fault == LATE:
        return True
    operation = next((one for one in _operations(world, call) if one.created_at == call.time), None)
    if operation is None:
        return False
    over_at = operation.finished_at
    if over_at is None or over_at > at or over_at - operation.created_at > PATIENCE:
        return True
    if _forgotten(world, operation):
        return True
    if operation.status == "FAILED":
        return _leftovers_are_unseen(world, operation, over_at, at)
    return not _evidence(world, operation.assignment, over_at, at, (operation.id,))


def _leftovers_are_unseen(world: World, operation: Operation, over_at: datetime, at: datetime) -> bool:
    """Tell whether nobody has yet listed what a create has left behind, once it was known to have failed."""
    asked = [call for call in world.calls.of(*DESCRIBES) if operation.id in call.parameters.values()]
    heard = [call.time for call in asked if over_at <= call.time <= at and call.outcome == "ok"]
    return not heard or not _evidence(world, operation.assignment, heard[0], at, ())


def _forgotten(world: World, operation: Operation) -> bool:
    """Tell whether AWS ever said that it knows nothing of the operation."""
    asked = [call for call in world.calls.of(*DESCRIBES) if operation.id in call.parameters.values()]
    return any(call.fault == "not found" for call in asked)


def _delete_is_on_its_way(world: World, assignment: Assignment, at: datetime) -> bool:
    """Tell whether a delete that was sent when ours was there has yet to arrive."""
    faults = [call.fault for call in _sent(world, "DeleteAccountAssignment", assignment, at)]
    return faults.count("late effect") > faults.count(LATE)


def _absence_is_unseen(world: World, assignment: Assignment, at: datetime) -> bool:
    """Tell whether ours was there, has gone, and whoever leads cannot know yet."""
    gone_at = world.truth.since(assignment)
    if gone_at is None or world.truth.holder(assignment, at=gone_at) not in {Hand.OURS, Hand.EITHER}:
        return False
    deletions = [
        one.id
        for one in world.sandbox.operations.all()
        if one.kind == "deletion" and one.assignment == assignment and one.finished_at == gone_at
    ]
    known = _evidence(world, assignment, gone_at, at, deletions)
    if deletions:
        return not known
    # Of what others removed, one listing may just have missed it.
    return len(known) < 2 or known[-1].time - known[0].time < LISTED


def _evidence(
    world: World, assignment: Assignment, since: datetime, at: datetime, operations: Collection[str]
) -> list[Call]:
    """Return the calls that told what became of it, and whose answers outlived whoever got them."""

    def tells(call: Call) -> bool:
        described = call.operation in DESCRIBES and not set(operations).isdisjoint(call.parameters.values())
        return described or _covers(call, assignment)

    def lives(call: Call) -> bool:
        return not any(timedelta() <= death - call.time <= _UNRECORDED for death in world.deaths)

    answered = [call for call in world.calls.all() if since <= call.time <= at and call.outcome == "ok"]
    return [call for call in answered if tells(call) and lives(call)]


def _operations(world: World, call: Call) -> list[Operation]:
    held = concerned(call.parameters)
    created = [one for one in world.sandbox.operations.all() if one.kind == "creation"]
    return [one for one in created if one.assignment == held]


def _covers(call: Call, assignment: Assignment) -> bool:
    told = call.parameters
    if call.operation not in LISTINGS:
        return False
    if call.operation == "ListAccountAssignments":
        place = (told.get("AccountId"), told.get("PermissionSetArn"))
        return place == (assignment.account_id, assignment.permission_set_arn)
    return bool(told.get("PrincipalId") == assignment.principal_id)
