"""Make the calls; no transaction is open while one is out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from protem.clock import Clock
from protem.db.models import Act
from protem.identity_center.budget import Priority
from protem.identity_center.errors import CallWithheld, GatewayError, OutcomeUnknown
from protem.identity_center.gateway import Assignments
from protem.identity_center.values import Operation
from protem.reconciler.claims import Work
from protem.reconciler.lease import LeaseLostError
from protem.reconciler.records import STALE_ABSENCE


@dataclass
class Departure:
    """How late a call may leave, and when it did, on the clock's monotonic scale."""

    not_after: float | None = None
    left_at: float | None = None
    """Of several pages, the first: what the others say is no older."""


@dataclass(frozen=True, slots=True)
class Left:
    """The first delete of an ending has left, so long after access was over."""

    late: timedelta


_DEPARTURE: ContextVar[Departure | None] = ContextVar("protem_departure", default=None)


class Guard:
    """Asked last by every call, after it has waited for its turn: whether it may still leave."""

    def __init__(self, *, held: Callable[[], bool], clock: Clock) -> None:
        self._held, self._clock = held, clock

    def __call__(self) -> None:
        if not self._held():
            message = "this process no longer holds the lease"
            raise LeaseLostError(message)
        departure, now = _DEPARTURE.get(), self._clock.monotonic()
        if departure is None:
            return
        if departure.not_after is not None and now > departure.not_after:
            raise CallWithheld(
                "CreateAccountAssignment", STALE_ABSENCE, "its absence was listed too long ago"
            )
        departure.left_at = now if departure.left_at is None else departure.left_at


@dataclass(frozen=True, slots=True)
class Start:
    """The same moment by the time that processes agree on, and on the clock's monotonic scale."""

    agreed: datetime
    before: float
    """Not after it, on that scale: what counts from here is over early rather than late."""
    after: float
    """Not before it: what left so much later by this was under way even later."""

    def at(self, departure: Departure) -> datetime:
        """Return, by agreed time, when the call left; the start, if it is not known to have left later."""
        later = 0.0 if departure.left_at is None else max(departure.left_at - self.after, 0.0)
        return self.agreed + timedelta(seconds=later)


@contextmanager
def departing(not_after: float | None = None) -> Iterator[Departure]:
    """Have the calls of this block leave in time, and note when the first of them did."""
    departure = Departure(not_after)
    token = _DEPARTURE.set(departure)
    try:
        yield departure
    finally:
        _DEPARTURE.reset(token)


def write(assignments: Assignments, work: Work) -> Operation | GatewayError:
    """Return AWS's answer to ``work``, or the error in its place."""
    call = assignments.create if work.act is Act.CREATE else assignments.delete
    try:
        return call(work.key)
    except Exception as error:  # noqa: BLE001 - whatever it is, the call may have happened
        return failure(error, work.act.value)


def failure(error: Exception, what: str) -> GatewayError:
    """Return what went wrong in our words; what nobody has thought of leaves the outcome unknown."""
    if isinstance(error, GatewayError):
        return error
    return OutcomeUnknown(what, "internal_error", f"{type(error).__name__}: {error}")


def priority(work: Work) -> Priority:
    if work.ending:
        return Priority.ENDING if work.act is Act.DELETE else Priority.BEGINNING
    return Priority.WATCHING if work.watching else Priority.BEGINNING
