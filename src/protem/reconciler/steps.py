"""Make the one call that was claimed; no transaction is open while it is out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from protem.clock import Clock
from protem.db.models import Act
from protem.identity_center.budget import CallBudget, Priority
from protem.identity_center.errors import CallWithheld, GatewayError, OutcomeUnknown
from protem.identity_center.gateway import Assignments
from protem.identity_center.values import OperationKind
from protem.reconciler.claims import Work
from protem.reconciler.lease import LeaseLostError
from protem.reconciler.records import STALE_ABSENCE, Answer, Seen

_NOT_AFTER: ContextVar[float | None] = ContextVar("protem_not_after", default=None)


class Guard:
    """Asked last by every call, after it has waited for its turn: whether it may still leave."""

    def __init__(self, *, held: Callable[[], bool], clock: Clock) -> None:
        self._held, self._clock = held, clock

    def __call__(self) -> None:
        if not self._held():
            message = "this process no longer holds the lease"
            raise LeaseLostError(message)
        not_after = _NOT_AFTER.get()
        if not_after is not None and self._clock.monotonic() > not_after:
            raise CallWithheld(
                "CreateAccountAssignment", STALE_ABSENCE, "its absence was listed too long ago"
            )


def perform(assignments: Assignments, work: Work, *, budget: CallBudget, since: float) -> Answer:
    """Return AWS's answer to ``work``, or the error in its place.

    ``since`` is when the work was about to be claimed, on the clock's monotonic scale: the database's
    time, by which it was, may differ from the time of this process.
    """
    priority = _priority(work)
    within = work.leaves_within
    not_after = None if within is None else since + within.total_seconds()
    try:
        with budget.priority(priority), _leaving_before(not_after):
            return _call(assignments, work)
    except GatewayError as error:
        return error
    except Exception as error:  # noqa: BLE001 - whatever it is, the call may have happened
        return OutcomeUnknown(work.act.value, "internal_error", f"{type(error).__name__}: {error}")


def _call(assignments: Assignments, work: Work) -> Answer:
    key = work.key
    match work.act:
        case Act.LOOK:
            holders = assignments.holders(
                instance_arn=key.instance_arn,
                account_id=key.account_id,
                permission_set_arn=key.permission_set_arn,
            )
            return Seen(key.holder in holders)
        case Act.CREATE:
            return assignments.create(key)
        case Act.DELETE:
            return assignments.delete(key)
        case Act.POLL:
            kind = OperationKind(str(work.operation_kind))
            return assignments.describe(
                kind, instance_arn=key.instance_arn, operation_id=str(work.operation_id)
            )


def _priority(work: Work) -> Priority:
    if work.ending:
        return Priority.ENDING
    return Priority.WATCHING if work.watching else Priority.BEGINNING


@contextmanager
def _leaving_before(instant: float | None) -> Iterator[None]:
    token = _NOT_AFTER.set(instant)
    try:
        yield
    finally:
        _NOT_AFTER.reset(token)
