"""API tokens: which there are, what was said of them, and their end."""

import uuid
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from protem.broker import issuing, pages
from protem.broker.authentication import TOUCH_INTERVAL
from protem.broker.callers import Caller
from protem.broker.issuing import Issued
from protem.broker.pages import FIRST, Page, Paging
from protem.broker.token_record import record
from protem.broker.token_terms import Wish
from protem.db.models import Token
from protem.db.queries.changes import rows_changed
from protem.domain.authority import Relation, Verb
from protem.domain.errors import NotFound, TokenRevoked
from protem.domain.events import EventType


def create(session: Session, caller: Caller, wish: Wish, *, now: datetime) -> Issued:
    """Make a token at once, for callers who need nobody else's word."""
    prepared = issuing.prepare(session, caller, wish)
    return Issued(issuing.issue(session, caller, prepared.terms, now=now), prepared.secret)


def list_(session: Session, caller: Caller, *, paging: Paging = FIRST) -> Page[Token]:
    """Return all tokens, the newest first, those that are over included."""
    caller.require(Verb.TOKENS_LIST)
    return pages.cut(session, select(Token), paging, of="tokens", by=(Token.id,), descending=True)


def read(session: Session, caller: Caller, token_id: uuid.UUID) -> Token:
    """Return a token, also one that is over."""
    caller.require(Verb.TOKENS_READ, *relations_to(caller, token_id))
    return found(session, token_id)


def revoke(session: Session, caller: Caller, token_id: uuid.UUID, *, now: datetime) -> Token:
    """End a token at once, with the secret it had before its last rotation."""
    caller.require(Verb.TOKENS_REVOKE, *relations_to(caller, token_id))
    token = found(session, token_id)
    live = update(Token).where(Token.id == token_id, Token.revoked_at.is_(None))
    if not rows_changed(session, live.values(revoked_at=now)):
        raise TokenRevoked("this token has been revoked before")
    session.refresh(token)
    record(session, EventType.TOKEN_REVOKED, token, caller, now)
    return token


def relations_to(caller: Caller, token_id: uuid.UUID) -> frozenset[Relation]:
    """Return how ``caller`` stands to a token, besides what they are anyway."""
    return frozenset({Relation.TOKEN} if caller.token_id == token_id else ())


def found(session: Session, token_id: uuid.UUID) -> Token:
    """Return the row of a token; raises ``NotFound``."""
    token = session.get(Token, token_id, populate_existing=True)
    if token is None:
        raise NotFound("there is no such token")
    return token


def touch(session: Session, caller: Caller, *, now: datetime) -> None:
    """Write down that a token was used, and if by its secret of before, at most once a minute each."""
    for column in (Token.last_used_at, *([Token.previous_used_at] if caller.by_previous_secret else [])):
        due = or_(column.is_(None), column <= now - TOUCH_INTERVAL)
        session.execute(update(Token).where(Token.id == caller.token_id, due).values({column: now}))
