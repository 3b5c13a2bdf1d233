"""What AWS really held, by whose hand, from the sandbox's own operations and what others did."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from protem.sandbox import Sandbox
from protem.sandbox.assignments import Assignment
from protem.sandbox.operations import Operation

LISTED = timedelta(seconds=11)
"""How long before a create its absence may have been listed, the way of the call included."""
LATE = "late"
"""What the sandbox calls it when a call arrives long after it was sent."""
WRITES = ("CreateAccountAssignment", "DeleteAccountAssignment")
DESCRIBES = ("DescribeAccountAssignmentCreationStatus", "DescribeAccountAssignmentDeletionStatus")
LISTINGS = ("ListAccountAssignments", "ListAccountAssignmentsForPrincipal")
HINTS = ("ListAccountAssignmentCreationStatus", "ListAccountAssignmentDeletionStatus")
ABOUT_ASSIGNMENTS = (*WRITES, *DESCRIBES, *LISTINGS, *HINTS)


class Hand(StrEnum):
    """Who made an incarnation of an assignment, as far as anybody outside AWS could tell."""

    OURS = "ours"
    THEIRS = "theirs"
    EITHER = "either"
    """Made by others in the few seconds, or in the doubt, in which Protem may take it for its own."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that came to be, or ceased to be, in AWS."""

    at: datetime
    present: bool
    ours: bool
    excused: bool = False
    """Others did it when Protem cannot tell it from what it did itself."""


@dataclass
class Truth:
    """The history of every assignment; operations are read off the sandbox, the rest is told."""

    sandbox: Sandbox
    _others: dict[Assignment, list[Change]] = field(default_factory=dict)

    def told(self, assignment: Assignment, change: Change) -> None:
        """Note what somebody else has done."""
        self._others.setdefault(assignment, []).append(change)

    def of(self, assignment: Assignment) -> list[Change]:
        ours = [
            Change(operation.finished_at, operation.kind == "creation", ours=True)
            for operation in self.sandbox.operations.all()
            if operation.assignment == assignment
            and operation.status == "SUCCEEDED"
            and operation.finished_at is not None
        ]
        return sorted([*ours, *self._others.get(assignment, [])], key=lambda change: change.at)

    def holder(self, assignment: Assignment, *, at: datetime | None = None) -> Hand | None:
        """Return whose the assignment is, or was just before ``at``; None where there was none."""
        hand: Hand | None = None
        for change in self.of(assignment):
            if at is not None and change.at >= at:
                break
            hand = self._after(assignment, hand, change)
        return hand

    def since(self, assignment: Assignment) -> datetime | None:
        """Return since when the assignment is as it is."""
        changes = self.of(assignment)
        return changes[-1].at if changes else None

    def by_us(self, assignment: Assignment) -> bool:
        """Tell whether the last that became of the assignment was our doing."""
        changes = self.of(assignment)
        return bool(changes) and changes[-1].ours

    def arrived_late(self, operation: Operation) -> bool:
        """Tell whether what began it had been sent long before."""
        calls = self.sandbox.calls.all()
        return any(call.fault == LATE and call.time == operation.created_at for call in calls)

    def known(self) -> Iterator[Assignment]:
        """Return every assignment that there ever was."""
        operations = (operation.assignment for operation in self.sandbox.operations.all())
        yield from sorted({*operations, *self._others})

    def _after(self, assignment: Assignment, hand: Hand | None, change: Change) -> Hand | None:
        if not change.present:
            return None
        if hand is not None:
            return hand
        if change.ours:
            return Hand.OURS
        return Hand.EITHER if change.excused or self._overtaken(assignment, change) else Hand.THEIRS

    def _overtaken(self, assignment: Assignment, change: Change) -> bool:
        """Tell whether a create of ours followed, whose absence may have been listed before the change."""
        return any(
            timedelta() <= call.time - change.at <= LISTED
            for call in self.sandbox.calls.of("CreateAccountAssignment")
            if concerned(call.parameters) == assignment
        )


def concerned(parameters: Mapping[str, Any]) -> Assignment:
    """Return the assignment that a write is about."""
    return Assignment(
        parameters.get("TargetId", ""),
        parameters.get("PermissionSetArn", ""),
        parameters.get("PrincipalId", ""),
    )
