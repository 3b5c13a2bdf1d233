"""Death at a chosen moment: at each commit and each call to AWS, before and after it took effect."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from sqlalchemy.orm import Session

from protem.db.store import Store
from protem.identity_center.gateway import Assignments
from protem.identity_center.values import AssignmentKey, Holder, Operation, OperationKind

Answer = TypeVar("Answer")


class Crash(BaseException):
    """The process dies here; nothing that it held in memory survives."""


@dataclass
class Moments:
    """Counts the moments at which a process may die, and kills it at the fatal one."""

    fatal: int = 0
    counting: bool = False
    passed: list[str] = field(default_factory=list)

    def reach(self, moment: str) -> None:
        if not self.counting:
            return
        self.passed.append(moment)
        if len(self.passed) == self.fatal:
            raise Crash(moment)


class MortalStore(Store):
    """A store whose process may die before or after a commit."""

    moments = Moments()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with super().writing() as session:
            yield session
            self.moments.reach("before a commit")
        self.moments.reach("after a commit")


@dataclass
class MortalAssignments:
    """A gateway whose process may die before a call leaves, or before its answer is heard."""

    inner: Assignments
    moments: Moments

    def holders(self, *, instance_arn: str, account_id: str, permission_set_arn: str) -> frozenset[Holder]:
        return self._call(
            "list",
            lambda: self.inner.holders(
                instance_arn=instance_arn, account_id=account_id, permission_set_arn=permission_set_arn
            ),
        )

    def held_by(self, holder: Holder, *, instance_arn: str) -> frozenset[AssignmentKey]:
        return self._call("list", lambda: self.inner.held_by(holder, instance_arn=instance_arn))

    def running(self, kind: OperationKind, *, instance_arn: str) -> frozenset[str]:
        return self._call("hint", lambda: self.inner.running(kind, instance_arn=instance_arn))

    def create(self, key: AssignmentKey) -> Operation:
        return self._call("create", lambda: self.inner.create(key))

    def delete(self, key: AssignmentKey) -> Operation:
        return self._call("delete", lambda: self.inner.delete(key))

    def describe(self, kind: OperationKind, *, instance_arn: str, operation_id: str) -> Operation:
        return self._call(
            "describe",
            lambda: self.inner.describe(kind, instance_arn=instance_arn, operation_id=operation_id),
        )

    def clock_offset(self) -> timedelta | None:
        return self.inner.clock_offset()

    def _call(self, name: str, call: Callable[[], Answer]) -> Answer:
        self.moments.reach(f"before {name}")
        answer = call()
        self.moments.reach(f"after {name}")
        return answer
