"""How a request stops being pending: once, whoever else tries at the same moment."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from protem.db.models import Request
from protem.db.queries.changes import rows_changed
from protem.db.store import ANSWERS, announce
from protem.domain.errors import RequestAnswered
from protem.domain.lifecycle import RequestState


def state_at(request: Request, now: datetime) -> RequestState:
    """Return the state at ``now``: time runs out by itself, whether or not that was written down yet."""
    lapsed = request.state is RequestState.PENDING and request.expires_at <= now
    return RequestState.EXPIRED if lapsed else request.state


def require_pending(request: Request, now: datetime) -> None:
    """Raise ``RequestAnswered``, with the present state, unless there is still something to answer."""
    if state_at(request, now) is not RequestState.PENDING:
        raise answered(request, now)


def answered(request: Request, now: datetime) -> RequestAnswered:
    """Return the refusal that names the present state."""
    state = state_at(request, now)
    return RequestAnswered(f"the request is {state} already", facts={"state": state.value})


def settle(session: Session, request: Request, state: RequestState, *, now: datetime) -> None:
    """Give the request its final state; raises ``RequestAnswered`` if somebody else was faster."""
    still_open = update(Request).where(
        Request.id == request.id, Request.state == RequestState.PENDING, Request.expires_at > now
    )
    won = rows_changed(session, still_open.values(state=state, answered_at=now))
    session.refresh(request, ["state", "answered_at"])
    if not won:
        raise answered(request, now)
    announce(session, ANSWERS)
