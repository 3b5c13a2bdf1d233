"""When nobody could tell what others made from what Protem made: the exceptions of invariant 2, no wider."""

from datetime import datetime, timedelta
from typing import Any

from protem.sandbox.assignments import Assignment
from tests.simulation.truth import LISTED, LISTINGS, Hand, Truth, concerned
from tests.simulation.world import World

IN_DOUBT = timedelta(hours=24)
"""How long a create of unknown outcome may yet land (`plan.PROVISIONAL`)."""


def excused(world: World, assignment: Assignment, at: datetime) -> bool:
    """Tell whether what somebody else makes at this instant may count as ours."""
    return _our_create_is_out(world, assignment, at) or _absence_is_unseen(world, assignment, at)


def _our_create_is_out(world: World, assignment: Assignment, at: datetime) -> bool:
    for call in world.calls.of("CreateAccountAssignment"):
        if concerned(call.parameters) != assignment or call.time > at or at - call.time > IN_DOUBT:
            continue
        if any(call.time - timedelta(seconds=160) <= trouble <= at for trouble in world.troubles):
            return True
    return any(
        operation.kind == "creation" and operation.assignment == assignment
        for operation in world.sandbox.operations.in_progress()
    )


def _absence_is_unseen(world: World, assignment: Assignment, at: datetime) -> bool:
    """Ours was there, has gone, and no two listings have said so since."""
    truth: Truth = world.truth
    if truth.holder(assignment, at=at) is not None:
        return False
    gone_at = truth.since(assignment)
    if gone_at is None or truth.holder(assignment, at=gone_at) not in {Hand.OURS, Hand.EITHER}:
        return False
    seen = [call for call in world.calls.of(*LISTINGS) if _covers(call, assignment) and call.time > gone_at]
    return len(seen) < 2 or (seen[-1].time - seen[0].time).total_seconds() < LISTED.total_seconds()


def _covers(call: Any, assignment: Assignment) -> bool:
    told = call.parameters
    if call.outcome != "ok":
        return False
    if call.operation == "ListAccountAssignments":
        return bool(
            (told.get("AccountId"), told.get("PermissionSetArn"))
            == (assignment.account_id, assignment.permission_set_arn)
        )
    return bool(told.get("PrincipalId") == assignment.principal_id)
