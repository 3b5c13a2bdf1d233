"""Call AWS and record what it says: a write, a listing that tells of many rows, a hint."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

import structlog
from sqlalchemy.orm import Session

from protem.clock import Clock
from protem.db.models import Act, Observed
from protem.db.store import Store
from protem.identity_center.budget import CallBudget, Priority
from protem.identity_center.errors import CallRejected, CallWithheld, GatewayError
from protem.identity_center.gateway import Assignments
from protem.identity_center.values import Operation, OperationKind, OperationStatus
from protem.reconciler import records, steps
from protem.reconciler.claims import Work
from protem.reconciler.evidence import OUTCOMES
from protem.reconciler.lease import Lease, LeaseLostError
from protem.reconciler.lookout import Hint, Lookout
from protem.reconciler.records import LISTED_ELSEWHERE, Answer, Seen
from protem.reconciler.steps import Left, Start
from protem.reconciler.surveys import Holds, Person, Survey
from protem.reconciler.traffic import Running, under_way

_log = structlog.get_logger("protem.reconciler")

RECORD_ATTEMPTS = 12
"""For some thirteen seconds: a database that is away for longer costs the lease, and with it the claim."""
_DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})
_NOT_SAID = _DENIED | {"ResourceNotFoundException", "ValidationException", "invalid_identifier"}


@dataclass
class Errands:
    """What a reconciler has done by others; each errand is one call, or a few in a row."""

    store: Store
    assignments: Assignments
    budget: CallBudget
    lease: Lease
    clock: Clock
    lookout: Lookout
    randomness: Random
    unrecorded: Callable[[], None]

    def write(self, work: Work, start: Start) -> None:
        """Create or delete."""
        within = work.leaves_within
        not_after = None if within is None else start.before + within.total_seconds()
        with steps.departing(not_after) as departure, self.budget.priority(steps.priority(work)):
            answer = steps.write(self.assignments, work)
        if work.late is not None and departure.left_at is not None:
            self.store.note(Left(work.late + (start.at(departure) - start.agreed)))
        if isinstance(answer, Operation):
            self.lookout.accepted(work.key.account_id)
        elif answer.code == "ConflictException":
            self.lookout.conflict(work.key.account_id, start.at(departure))
        elif answer.code == "ServiceQuotaExceededException":
            self.lookout.full(work.act, start.at(departure))
        self._record(work, answer, start=start, departure=departure)

    def survey(self, survey: Survey, start: Start) -> None:
        """Make a listing, and record what it says of every row that waits for it."""
        try:
            self._survey(survey, start)
        finally:
            self.lookout.answered(survey.running)

    def hint(self, hint: Hint, start: Start) -> None:
        """List what runs, and note what does no longer."""
        try:
            self._hint(hint, start)
        finally:
            self.lookout.answered(hint.running)

    def describe(self, one: Running, start: Start) -> None:
        """Ask about one operation."""
        try:
            self._describe(one, start)
        finally:
            self.lookout.answered([one])

    def _survey(self, survey: Survey, start: Start) -> None:
        with steps.departing() as departure, self.budget.priority(_priority(survey)):
            try:
                holds: Holds | GatewayError = survey.subject.listed(self.assignments)
            except Exception as error:  # noqa: BLE001 - whatever it is, nothing is known
                holds = self._unsaid(survey, steps.failure(error, Act.LOOK.value), start)
        if isinstance(holds, GatewayError):
            for work in survey.works:
                self._record(work, holds, start=start, departure=departure)
            self.lookout.failed(survey.running, start.at(departure))
            return
        for work in survey.works:
            self._record(work, Seen(holds(work.key)), start=start, departure=departure)
        self._settle(survey.running, holds, start, departure)

    def _unsaid(self, survey: Survey, error: GatewayError, start: Start) -> GatewayError:
        """Remember where AWS does not say what a principal holds: the rows are asked about elsewhere."""
        subject = survey.subject
        said_no = isinstance(error, CallRejected) or error.code == "invalid_identifier"
        if not isinstance(subject, Person) or not said_no or error.code not in _NOT_SAID:
            return error
        self.lookout.refused(subject, start.agreed, all_of_them=error.code in _DENIED)
        return CallWithheld(error.operation, LISTED_ELSEWHERE, error.message)

    def _settle(
        self, running: Collection[Running], holds: Holds, start: Start, departure: steps.Departure
    ) -> None:
        """Tell by a listing that was sent after they had begun what operations have brought about."""
        at, gone = start.at(departure), list[Running]()
        for one in running:
            there = holds(one.key)
            if there is not (OUTCOMES[one.kind] is Observed.PRESENT):
                if one.left_at is not None:
                    self._describe(one, start)
                else:
                    self.lookout.runs([one], at)
            elif one.kind is Act.CREATE or one.left_at is not None:
                self.lookout.over(one, at)
                self._record(_work(one, start), Seen(there), start=start, departure=departure)
            else:
                # One listing may miss what is there: it is a hint, and the next one is the evidence.
                gone.append(one)
        self._note_left(gone, at)

    def _hint(self, hint: Hint, start: Start) -> None:
        kind = OperationKind(hint.kind.value)
        with steps.departing() as departure, self.budget.priority(_urgency(hint.kind)):
            try:
                listed = self.assignments.running(kind, instance_arn=hint.instance_arn)
            except Exception as error:  # noqa: BLE001 - whatever it is, nothing is known
                self._unhinted(hint, steps.failure(error, Act.POLL.value), start)
                return
        at = start.at(departure)
        self.lookout.runs([one for one in hint.running if one.operation_id in listed], at)
        self._note_left([one for one in hint.running if one.operation_id not in listed], at)
        with self.store.reading() as session:
            ours = under_way(session)
        self.lookout.others(hint.kind, len(listed - ours), at)

    def _unhinted(self, hint: Hint, error: GatewayError, start: Start) -> None:
        if error.code in _DENIED:
            self.lookout.unhinted(hint.kind, start.agreed)
        self.lookout.failed(hint.running, start.agreed)

    def _note_left(self, gone: Sequence[Running], at: datetime) -> None:
        if not gone:
            return
        for one in gone:
            self.lookout.over(one, at)
        self._in_transaction(lambda session: records.has_left(session, gone, now=self.store.now(session)))

    def _describe(self, one: Running, start: Start) -> None:
        kind = OperationKind(one.kind.value)
        with steps.departing() as departure, self.budget.priority(_urgency(one.kind)):
            try:
                answer: Operation | GatewayError = self.assignments.describe(
                    kind, instance_arn=one.key.instance_arn, operation_id=one.operation_id
                )
            except Exception as error:  # noqa: BLE001 - whatever it is, nothing is known
                answer = steps.failure(error, Act.POLL.value)
        at = start.at(departure)
        if isinstance(answer, GatewayError):
            self.lookout.failed([one], at)
        elif answer.status is OperationStatus.IN_PROGRESS:
            self.lookout.runs([one], at)
        else:
            self.lookout.over(one, at)
        self._record(_work(one, start), answer, start=start, departure=departure)

    def _record(self, work: Work, answer: Answer, *, start: Start, departure: steps.Departure) -> None:
        """Write the answer down; if that cannot be done, the claim runs out and the doubt is recorded."""
        seen_at = start.at(departure)

        def act(session: Session) -> None:
            now = self.store.now(session)
            records.record(session, work, answer, now=now, seen_at=seen_at, randomness=self.randomness)

        self._in_transaction(act)

    def _in_transaction(self, act: Callable[[Session], object]) -> None:
        for attempt in range(1, RECORD_ATTEMPTS + 1):
            try:
                with self.store.writing() as session:
                    act(session)
                    self.lease.require(session)
            except LeaseLostError:
                _log.warning("reconciler.deposed")
                return
            except Exception:  # noqa: BLE001 - the claim outlives whatever it is
                _log.exception("reconciler.record_failed")
                self.clock.sleep(attempt * 0.2)
            else:
                return
        self.unrecorded()


def _priority(survey: Survey) -> Priority:
    """Return the urgency of the most urgent row; evidence of an ending frees nothing, and can wait."""
    ranks = [steps.priority(work) for work in survey.works]
    return min([*ranks, *([Priority.BEGINNING] if survey.running else [])])


def _urgency(kind: Act) -> Priority:
    return Priority.ENDING if kind is Act.DELETE else Priority.BEGINNING


def _work(one: Running, start: Start) -> Work:
    """Return a question about an operation; its id stands in for a claim."""
    return Work(
        assignment_id=one.assignment_id,
        claim_id=None,
        version=one.version,
        act=Act.POLL,
        key=one.key,
        claimed_at=start.agreed,
        ending=one.kind is Act.DELETE,
        operation_kind=one.kind,
        operation_id=one.operation_id,
    )
