"""Asynchronous operations: accepted now, carried out when their time has come."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from protem.sandbox.assignments import Assignment
from protem.sandbox.identifiers import Identifiers
from protem.sandbox.timeline import Timeline

Kind = Literal["creation", "deletion"]
Status = Literal["IN_PROGRESS", "SUCCEEDED", "FAILED"]


@dataclass(slots=True)
class Operation:
    id: str
    kind: Kind
    assignment: Assignment
    created_at: datetime
    completes_at: datetime
    status: Status = "IN_PROGRESS"
    failure_reason: str | None = None
    finished_at: datetime | None = None
    stuck: bool = False
    doom: str | None = None
    """The reason with which it will fail whatever the state of things is."""


class Operations:
    """Every operation accepted and not yet forgotten, in the order in which they were accepted."""

    def __init__(
        self,
        *,
        timeline: Timeline,
        identifiers: Identifiers,
        carry_out: Callable[[Operation], str | None],
        kept_seconds: float | None,
    ) -> None:
        self._timeline = timeline
        self._identifiers = identifiers
        self._carry_out = carry_out
        self._kept_seconds = kept_seconds
        self._known: dict[str, Operation] = {}
        self._running: dict[str, Operation] = {}
        self.newest: Operation | None = None

    def begin(self, kind: Kind, assignment: Assignment, *, seconds: float) -> Operation:
        with self._timeline as timeline:
            now = timeline.now()
            completes_at = now + timedelta(seconds=seconds)
            operation = Operation(self._identifiers.uuid(), kind, assignment, now, completes_at)
            self._known[operation.id] = self._running[operation.id] = operation
            self.newest = operation
            self._finish_after(operation, seconds)
            return operation

    def reschedule(self, operation: Operation, *, seconds: float) -> None:
        with self._timeline as timeline:
            operation.completes_at = timeline.now() + timedelta(seconds=seconds)
            self._finish_after(operation, seconds)

    def release(self, operation_id: str | None = None) -> None:
        """Let a stuck operation, or all of them, come to its end now."""
        for operation in self.in_progress():
            if operation.stuck and operation_id in (None, operation.id):
                operation.stuck = False
                self.reschedule(operation, seconds=0)

    def all(self) -> list[Operation]:
        with self._timeline:
            return list(self._known.values())

    def get(self, operation_id: str) -> Operation | None:
        with self._timeline:
            return self._known.get(operation_id)

    def in_progress(self, *, kind: Kind | None = None, account_id: str | None = None) -> list[Operation]:
        with self._timeline:
            return [
                operation
                for operation in self._running.values()
                if kind in (None, operation.kind) and account_id in (None, operation.assignment.account_id)
            ]

    def finished(self) -> list[Operation]:
        return [operation for operation in self.all() if operation.status != "IN_PROGRESS"]

    def _finish_after(self, operation: Operation, seconds: float) -> None:
        self._timeline.after(seconds, lambda: self._finish(operation))

    def _finish(self, operation: Operation) -> None:
        now = self._timeline.now()
        if operation.status != "IN_PROGRESS" or operation.stuck or now < operation.completes_at:
            return
        operation.failure_reason = operation.doom or self._carry_out(operation)
        operation.status = "FAILED" if operation.failure_reason else "SUCCEEDED"
        operation.finished_at = now
        del self._running[operation.id]
        if self._kept_seconds is not None:
            self._timeline.after(self._kept_seconds, lambda: self._forget(operation))

    def _forget(self, operation: Operation) -> None:
        self._known.pop(operation.id, None)
