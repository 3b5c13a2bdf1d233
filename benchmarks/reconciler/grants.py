"""Access that is owed: written into the store as approvals would, many at a time, and read again."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from benchmarks.reconciler.estate import WATCH, Estate
from protem.db.models import Assignment, Grant, Observed, Provenance, Request, new_id
from protem.domain.lifecycle import LIVE_GRANT_STATES, GrantState, RequestState


@dataclass(frozen=True, slots=True)
class Wish:
    """Who shall have access where, from and until when, in seconds after the start."""

    account: str
    principal: str
    starts: float
    ends: float


@dataclass(frozen=True, slots=True)
class Life:
    """What became of a grant, in seconds after the start."""

    account: str
    principal: str
    starts: float
    ends: float
    activated: float | None
    ended: float | None
    state: GrantState


def owe(estate: Estate, wishes: Iterable[Wish], *, held: bool = False) -> None:
    """Have all this owed; where it is ``held``, AWS has it already, and was seen to within the last minutes.

    Each wish has to be for a triple that nobody was granted before.
    """
    asked = list(wishes)
    if not asked:
        return
    with estate.store.writing() as session:
        request_id = _approved(session, estate)
        rows = [(new_id(), wish) for wish in asked]
        now = estate.clock.now()
        session.execute(insert(Assignment), [_assignment(estate, id_, wish, now) for id_, wish in rows])
        grants = [_grant(estate, request_id, place, row) for place, row in enumerate(rows)]
        session.execute(insert(Grant), grants)
        if held:
            _activate(session, estate, request_id, rows)
    if held:
        for wish in asked:
            estate.sandbox.assignments.put(wish.account, estate.permission_set, wish.principal)
    estate.ticking.wake()


def lives(estate: Estate) -> list[Life]:
    """Return every grant there is."""
    with estate.store.reading() as session:
        return [
            Life(
                grant.account_id,
                grant.principal_id,
                _since(estate, grant.starts_at),
                _since(estate, grant.ends_at),
                None if grant.activated_at is None else _since(estate, grant.activated_at),
                None if grant.ended_at is None else _since(estate, grant.ended_at),
                grant.state,
            )
            for grant in session.scalars(select(Grant))
        ]


def count(estate: Estate, *states: GrantState) -> int:
    """Return how many grants are in one of these states."""
    with estate.store.reading() as session:
        return session.scalar(select(func.count()).where(Grant.state.in_(states))) or 0


def run_until_ended(estate: Estate, *, within: float, beside: int = 0) -> bool:
    """Let time go by until at most ``beside`` grants are live; False when ``within`` is over before."""
    until = estate.time.seconds + within
    while estate.time.seconds < until:
        estate.time.run(1.0)
        if count(estate, *LIVE_GRANT_STATES) <= beside:
            return True
    return False


def _approved(session: Session, estate: Estate) -> uuid.UUID:
    now = estate.clock.now()
    request = Request(
        id=new_id(),
        state=RequestState.PENDING,
        requester_id=estate.users[0],
        beneficiary_id=estate.users[0],
        entitlement="benchmark",
        entitlement_version=1,
        digest="",
        duration=timedelta(minutes=10),
        justification="",
        created_at=now,
        expires_at=now + timedelta(hours=1),
    )
    session.add(request)
    session.flush()
    request.state, request.answered_at = RequestState.APPROVED, now
    session.flush()
    return request.id


def _assignment(estate: Estate, id_: uuid.UUID, wish: Wish, now: datetime) -> dict[str, object]:
    return {
        "id": id_,
        "instance_arn": estate.sandbox.instance_arn,
        "account_id": wish.account,
        "permission_set_arn": estate.permission_set,
        "principal_id": wish.principal,
        "created_at": now,
        "next_attempt_at": max(estate.at(wish.starts), now),
    }


def _grant(
    estate: Estate, request_id: uuid.UUID, place: int, row: tuple[uuid.UUID, Wish]
) -> dict[str, object]:
    assignment_id, wish = row
    return {
        "id": new_id(),
        "request_id": request_id,
        "position": place,
        "assignment_id": assignment_id,
        "principal_id": wish.principal,
        "account_id": wish.account,
        "permission_set_arn": estate.permission_set,
        "session_duration": timedelta(hours=1),
        "created_at": estate.clock.now(),
        "starts_at": estate.at(wish.starts),
        "ends_at": estate.at(wish.ends),
        "state": GrantState.SCHEDULED,
    }


def _activate(
    session: Session, estate: Estate, request_id: uuid.UUID, rows: Sequence[tuple[uuid.UUID, Wish]]
) -> None:
    """Bring grants where AWS's word would have brought them; when they were last looked at is spread."""
    ours = Grant.request_id == request_id
    began = estate.clock.now() - WATCH
    session.execute(update(Grant).where(ours).values(state=GrantState.ACTIVATING))
    session.execute(update(Grant).where(ours).values(state=GrantState.ACTIVE, activated_at=began))
    places = {account: number for number, account in enumerate(estate.accounts)}
    session.execute(
        update(Assignment),
        [
            {
                "id": id_,
                "provenance": Provenance.BROKERED,
                "observed": Observed.PRESENT,
                "observed_since": began,
                "observed_at": (seen := began + WATCH * places[wish.account] / len(places)),
                "next_attempt_at": min(seen + WATCH, estate.at(wish.ends)),
            }
            for id_, wish in rows
        ],
    )


def _since(estate: Estate, instant: datetime) -> float:
    return (instant - estate.began).total_seconds()
