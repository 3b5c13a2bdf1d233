"""What a simulated process calls AWS through."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from protem.identity_center.gateway import Assignments
from protem.identity_center.values import AssignmentKey, Holder, Operation, OperationKind
from tests.simulated_time import SimulatedClock
from tests.simulation.moments import About, Moments

Answer = TypeVar("Answer")


@dataclass
class SlowAssignments:
    """A gateway whose calls take a while on the way there and back, and may be cut off by death."""

    inner: Assignments
    moments: Moments
    clock: SimulatedClock
    _called: bool = False

    def holders(self, *, instance_arn: str, account_id: str, permission_set_arn: str) -> frozenset[Holder]:
        place = (account_id, permission_set_arn)
        return self._call(
            "list",
            lambda row: (row.account_id, row.permission_set_arn) == place,
            lambda: self.inner.holders(
                instance_arn=instance_arn, account_id=account_id, permission_set_arn=permission_set_arn
            ),
        )

    def held_by(self, holder: Holder, *, instance_arn: str) -> frozenset[AssignmentKey]:
        return self._call(
            "list",
            lambda row: row.principal_id == holder.principal_id,
            lambda: self.inner.held_by(holder, instance_arn=instance_arn),
        )

    def running(self, kind: OperationKind, *, instance_arn: str) -> frozenset[str]:
        return self._call(
            "hint",
            lambda row: row.operation_kind is not None and row.operation_kind.value == kind.value,
            lambda: self.inner.running(kind, instance_arn=instance_arn),
        )

    def create(self, key: AssignmentKey) -> Operation:
        return self._call("create", _of(key), lambda: self.inner.create(key))

    def delete(self, key: AssignmentKey) -> Operation:
        return self._call("delete", _of(key), lambda: self.inner.delete(key))

    def describe(self, kind: OperationKind, *, instance_arn: str, operation_id: str) -> Operation:
        return self._call(
            "describe",
            lambda row: row.operation_id == operation_id,
            lambda: self.inner.describe(kind, instance_arn=instance_arn, operation_id=operation_id),
        )

    def clock_offset(self) -> timedelta | None:
        """Return how far AWS's clock, which is right, is off the one of this process."""
        if not self._called:
            return None
        return timedelta(seconds=round((self.moments.world.now() - self.clock.now()).total_seconds()))

    def _call(self, name: str, about: About, call: Callable[[], Answer]) -> Answer:
        world = self.moments.world
        self.moments.reach(f"before {name}", about=about)
        self.clock.sleep(world.latency())
        self._called = True
        heard = world.calls.count()
        try:
            return call()
        finally:
            world.note_faults(heard, about)
            if name in {"create", "delete"} and world.calls.count() > heard:
                world.see_write(self.moments.process)
            self.moments.reach(f"after {name}", about=about)
            self.clock.sleep(world.latency())


def _of(key: AssignmentKey) -> About:
    triple = (key.account_id, key.permission_set_arn, key.principal_id)
    return lambda row: (row.account_id, row.permission_set_arn, row.principal_id) == triple
