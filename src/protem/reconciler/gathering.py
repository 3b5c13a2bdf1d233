"""Gather the rows that one listing tells of, and claim them together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from protem.db.models import Act, Assignment, Observed
from protem.reconciler import claims
from protem.reconciler.agenda import Due
from protem.reconciler.claims import Claiming, Work
from protem.reconciler.lookout import Lookout
from protem.reconciler.plan import FRESH
from protem.reconciler.surveys import Person, Place, Subject, best_about, person_of, place_of

_MOST = 60
"""Rows that are claimed for one listing: as many as their answers can be recorded while they are fresh."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was claimed in one transaction: one write, or all the rows of one listing."""

    works: tuple[Work, ...]
    claimed_at: datetime
    subject: Subject | None = None


def gather(session: Session, first: Work, among: "Among") -> Gathered:
    """Claim whatever else is told by the listing that ``first`` is for, if it is for one."""
    now = among.claiming.now
    if first.act is not Act.LOOK:
        return Gathered((first,), now)
    subject = _subject(first, among)
    return Gathered((first, *_others(session, subject, among, first=first)), now, subject)


def beside(session: Session, subject: Subject, among: "Among") -> tuple[Work, ...]:
    """Claim what waits for a listing that is made for the sake of operations."""
    return tuple(_others(session, subject, among))


def alone(first: Work, claiming: Claiming) -> Gathered:
    """Return what one row needs, by itself."""
    subject = place_of(first.key) if first.act is Act.LOOK else None
    return Gathered((first,), claiming.now, subject)


@dataclass(frozen=True, slots=True)
class Among:
    """What else there is to do, and within which limits."""

    ready: Sequence[Due]
    claiming: Claiming
    lookout: Lookout


def _subject(first: Work, among: Among) -> Subject:
    now, room = among.claiming.now, among.claiming.room
    waiting = [due.key for due in among.ready if due.wants_listing(now) and not due.blocked]
    waiting += [one.key for one in room.running]
    blocked = any(due.blocked for due in among.ready if due.assignment_id == first.assignment_id)
    # Of whoever may have been deleted, the place itself has to tell.
    person = not blocked and among.lookout.lists(person_of(first.key), now)
    return best_about(first.key, waiting, person=person)


def _others(session: Session, subject: Subject, among: Among, *, first: Work | None = None) -> Iterator[Work]:
    chosen = [due.assignment_id for due in _told(subject, among, first)]
    claiming = among.claiming
    seldom = Assignment.observed_at <= claiming.now - claiming.watch / 2
    watched = session.scalars(select(Assignment.id).where(_about(subject), *_WATCHED, seldom).limit(_MOST))
    for assignment_id in dict.fromkeys([*chosen, *watched]):
        if first is None or assignment_id != first.assignment_id:
            work = claims.accompany(session, assignment_id, claiming)
            if work is not None:
                yield work


def _told(subject: Subject, among: Among, first: Work | None) -> Iterator[Due]:
    """Go through those that wait for a listing; of beginnings, those that can leave while it is fresh."""
    claiming, room = among.claiming, among.claiming.room
    accounts = {first.key.account_id} if first else set[str]()
    creates = among.lookout.freed(Act.CREATE, room, FRESH) - len(room.prepared - room.busy)
    soon = among.lookout.tempos[Act.CREATE].mean < FRESH.total_seconds() / 2
    for due in among.ready:
        if not subject.covers(due.key) or not due.wants_listing(claiming.now) or due.blocked:
            continue
        account = due.key.account_id
        if not due.only_begins:
            yield due
        elif creates > 0 and account not in accounts and room.opens(account, soon=soon):
            creates -= 1
            accounts.add(account)
            room.prepared.add(account)
            yield due


_WATCHED = (
    Assignment.observed == Observed.PRESENT,
    Assignment.operation_kind.is_(None),
    Assignment.next_attempt_at.is_not(None),
    Assignment.blocked_reason.is_(None),
)


def _about(subject: Subject) -> ColumnElement[bool]:
    match subject:
        case Person():
            return (Assignment.principal_id == subject.holder.principal_id) & (
                Assignment.instance_arn == subject.instance_arn
            )
        case Place():
            return (
                (Assignment.account_id == subject.account_id)
                & (Assignment.permission_set_arn == subject.permission_set_arn)
                & (Assignment.instance_arn == subject.instance_arn)
            )
