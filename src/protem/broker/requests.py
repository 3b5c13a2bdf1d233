"""Requests as their people see them: asked for, listed, taken back."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from protem.broker import answering, answers, audit, pages, repeats, visibility, walks
from protem.broker.answers import state_at
from protem.broker.callers import Caller
from protem.broker.filters import Conditions, equal, holder
from protem.broker.pages import FIRST, Page, Paging
from protem.broker.submission import Submission, submit
from protem.broker.walks import Way
from protem.db.models import Request, Target
from protem.domain.approvals import Answer
from protem.domain.authority import Relation, Verb, may
from protem.domain.events import EventType
from protem.domain.lifecycle import RequestState

__all__ = ["Submission", "actions", "list_", "read", "state_at", "submit", "withdraw"]


def read(session: Session, caller: Caller, request_id: uuid.UUID) -> Request:
    """Return a request with its targets and decisions."""
    request = visibility.request(session, caller, request_id)
    caller.require(Verb.REQUESTS_READ, *visibility.relations_to(session, caller, request))
    return request


def list_(
    session: Session,
    caller: Caller,
    *,
    state: RequestState | None = None,
    entitlement: str | None = None,
    requester: str | None = None,
    beneficiary: str | None = None,
    account: str | None = None,
    relation: Relation | None = None,
    paging: Paging = FIRST,
) -> Page[Request]:
    """Return the requests that ``caller`` may see, the newest first.

    ``relation`` narrows to those in which the caller is requester, beneficiary or approver;
    people are given by name or id, accounts by id.
    """
    caller.require(Verb.REQUESTS_LIST)
    conditions = [
        *equal(Request.state, state),
        *equal(Request.entitlement, entitlement),
        *holder(session, Request.requester_id, requester),
        *holder(session, Request.beneficiary_id, beneficiary),
    ]
    there = [] if account is None else [_in_account(account)]
    ways = visibility.ways(session, caller, verb=Verb.REQUESTS_READ, relation=relation)
    if state is RequestState.PENDING:
        # There are few at any time: to ask who may see each is less than to look for them on every way.
        conditions += [*_seen(caller, relation), *there]
    elif ways is not None:
        conditions = [_newest(session, ways, [*conditions, *there], paging)]
    elif account is not None:
        conditions = [_newest(session, [walks.by_account(account)], conditions, paging)]
    wanted = select(Request).where(*conditions)
    return pages.cut(session, wanted, paging, of=_LIST, by=(Request.id,), descending=True)


def withdraw(session: Session, caller: Caller, request_id: uuid.UUID, *, now: datetime) -> Request:
    """Take a request back before anybody has answered it."""
    request = visibility.request(session, caller, request_id, locked=True)
    caller.require(Verb.REQUESTS_WITHDRAW, *visibility.relations_to(session, caller, request))
    answers.settle(session, request, RequestState.WITHDRAWN, now=now)
    audit.record(session, EventType.REQUEST_WITHDRAWN, request, now=now, caller=caller)
    return request


def actions(session: Session, caller: Caller, request: Request, *, now: datetime) -> tuple[str, ...]:
    """Return what ``caller`` can do about the request at this moment, by the names of the commands.

    Nothing else would be carried out; approving means approving all that was asked for.
    """
    relations = visibility.relations_to(session, caller, request)
    if state_at(request, now) is not RequestState.PENDING:
        return ("repeat",) if repeats.offered(session, caller, request, relations, now=now) else ()
    answers_ = (
        answer.value
        for answer in Answer
        if answering.refusal(session, caller, request, answer, now=now) is None
    )
    return (*answers_, *(("withdraw",) if _can_withdraw(caller, relations) else ()))


def _can_withdraw(caller: Caller, relations: frozenset[Relation]) -> bool:
    return caller.in_scope(Verb.REQUESTS_WITHDRAW) and may(Verb.REQUESTS_WITHDRAW, relations)


_LIST = "requests"


def _newest(
    session: Session, ways: Sequence[Way], conditions: Conditions, paging: Paging
) -> ColumnElement[bool]:
    after = pages.position(paging, of=_LIST, kinds=(uuid.UUID,))
    before = after[0] if after else None
    return Request.id.in_(walks.newest(session, ways, conditions, before=before, limit=paging.limit + 1))


def _seen(caller: Caller, relation: Relation | None) -> Conditions:
    seen = visibility.visible_requests(caller)
    return [seen] if relation is None else [seen, visibility.related(caller, relation)]


def _in_account(account_id: str) -> ColumnElement[bool]:
    return exists().where(Target.request_id == Request.id, *equal(Target.account_id, account_id))
