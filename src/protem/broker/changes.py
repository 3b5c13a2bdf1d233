"""Changes that wait for a second person: which there are, and their answers."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from protem.broker import hands, pages, texts
from protem.broker.authentication import Admission
from protem.broker.callers import Caller, Confirming
from protem.broker.filters import equal
from protem.broker.pages import FIRST, Page, Paging
from protem.broker.planning import Plan
from protem.broker.proposals.carrying import carry_out
from protem.broker.proposals.proposing import record
from protem.broker.proposals.terms import Aftermath
from protem.db.models import Change, ChangeState
from protem.db.queries.changes import rows_changed
from protem.domain.authority import Verb, may
from protem.domain.errors import ChangeOver, NotFound, OwnChange
from protem.domain.events import EventType


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A change that has taken effect, and what is left to do about it."""

    change: Change
    aftermath: Aftermath | None


def list_(
    session: Session, caller: Caller, *, state: ChangeState | None = None, paging: Paging = FIRST
) -> Page[Change]:
    """Return the changes, the newest first."""
    caller.require(Verb.CHANGES_LIST)
    wanted = select(Change).where(*equal(Change.state, state))
    return pages.cut(session, wanted, paging, of="changes", by=(Change.id,), descending=True)


def read(session: Session, caller: Caller, change_id: uuid.UUID) -> Change:
    """Return a change, also one that is over."""
    caller.require(Verb.CHANGES_READ)
    return _found(session, change_id)


def actions(session: Session, caller: Caller, change: Change, *, now: datetime) -> Sequence[str]:
    """Return what ``caller`` may do about it now, by the names of the commands."""
    waits = change.state is ChangeState.PENDING and change.expires_at > now
    if not waits or not may(Verb.CHANGES_REJECT, caller.relations):
        return ()
    try:
        hands.refuse_own(session, caller, change)
    except OwnChange:
        return ("reject",)
    return ("confirm", "reject")


def waiting(session: Session, caller: Caller, change_id: uuid.UUID, *, now: datetime) -> Change:
    """Return a change that ``caller`` might confirm, as far as can be told without writing.

    Raises what ``confirm`` raises of its own.
    """
    caller.require(Verb.CHANGES_CONFIRM)
    change = _found(session, change_id)
    hands.refuse_own(session, caller, change)
    _refuse_over(change, now)
    return change


def confirm(
    session: Session,
    caller: Caller,
    change_id: uuid.UUID,
    *,
    comment: str = "",
    planned: Plan | None = None,
    admission: Admission,
    now: datetime,
) -> Confirmed:
    """Have a change of somebody else take effect, with all of its checks made as of now.

    ``planned`` is what ``carrying.plan`` made of it. Whatever refuses the effect leaves the change
    as it was. Raises ``OwnChange``, ``ProposerGone``, or ``ChangeOver`` with what became of it.
    """
    caller.require(Verb.CHANGES_CONFIRM)
    change = _found(session, change_id, locked=True)
    hands.refuse_own(session, caller, change)
    _refuse_over(change, now)
    hands.refuse_gone(session, change, admission=admission, now=now)
    _answer(session, caller, change, ChangeState.CONFIRMED, comment=comment, now=now)
    both = replace(caller, confirming=Confirming(change.id, change.proposed_by))
    record(session, EventType.CHANGE_CONFIRMED, change, now=now, caller=caller)
    return Confirmed(change, carry_out(session, both, change, planned=planned, now=now))


def reject(
    session: Session, caller: Caller, change_id: uuid.UUID, *, comment: str = "", now: datetime
) -> Change:
    """Have a change never take effect; its proposer may do so, too. Raises ``ChangeOver``."""
    caller.require(Verb.CHANGES_REJECT)
    change = _found(session, change_id, locked=True)
    _refuse_over(change, now)
    _answer(session, caller, change, ChangeState.REJECTED, comment=comment, now=now)
    record(session, EventType.CHANGE_REJECTED, change, now=now, caller=caller)
    return change


def expire_due(session: Session, *, now: datetime) -> int:
    """Close the changes that nobody answered in time; return how many.

    Those that somebody is answering at this moment are left for the next time.
    """
    due = (
        select(Change)
        .where(Change.state == ChangeState.PENDING, Change.expires_at <= now)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    over = session.scalars(due).all()
    for change in over:
        change.state, change.answered_at = ChangeState.EXPIRED, now
        record(session, EventType.CHANGE_EXPIRED, change, now=now)
    return len(over)


def _found(session: Session, change_id: uuid.UUID, *, locked: bool = False) -> Change:
    wanted = select(Change).where(Change.id == change_id).execution_options(populate_existing=True)
    found = session.scalars(wanted.with_for_update() if locked else wanted).one_or_none()
    if found is None:
        raise NotFound("there is no such change")
    return found


def _answer(
    session: Session, caller: Caller, change: Change, state: ChangeState, *, comment: str, now: datetime
) -> None:
    said = texts.prose(comment, field="comment", maximum=texts.COMMENT_LENGTH)
    waiting = update(Change).where(
        Change.id == change.id, Change.state == ChangeState.PENDING, Change.expires_at > now
    )
    values = {
        "state": state,
        "answered_at": now,
        "answered_by": caller.on_record,
        "answerer_key": caller.key,
        "comment": said,
    }
    won = rows_changed(session, waiting.values(values))
    session.refresh(change)
    if not won:
        _refuse_over(change, now)


def _refuse_over(change: Change, now: datetime) -> None:
    if change.state is not ChangeState.PENDING:
        by = f" by {change.answered_by}" if change.answered_by else ""
        facts = {"state": change.state.value, "answered_by": change.answered_by}
        raise ChangeOver(f"the change is {change.state.value}{by}", facts=facts)
    if change.expires_at <= now:
        facts = {"state": ChangeState.EXPIRED.value, "answered_by": None}
        raise ChangeOver("nobody confirmed the change in time", facts=facts)
