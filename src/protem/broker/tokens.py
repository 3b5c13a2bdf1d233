"""API tokens: who made them, what they may do, and their end."""

import re
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from protem.broker import audit, catalogue, credentials, pages, texts
from protem.broker.authentication import TOUCH_INTERVAL
from protem.broker.callers import Caller
from protem.broker.pages import FIRST, Page, Paging
from protem.db.models import Token, TokenRole, new_id
from protem.db.queries.changes import rows_changed
from protem.db.violations import violated
from protem.domain.authority import Scope, Verb
from protem.domain.errors import InvalidInput, NotFound, TokenRevoked
from protem.domain.events import EventType

DEFAULT_LIFETIME = timedelta(days=90)
MAXIMUM_LIFETIME = timedelta(days=366)

USUAL_SCOPES: Mapping[TokenRole, frozenset[Scope]] = {
    TokenRole.PERSONAL: frozenset({Scope.READ, Scope.REQUESTS, Scope.DECISIONS, Scope.GRANTS_REVOKE}),
    TokenRole.SERVICE: frozenset({Scope.READ}),
    TokenRole.ADMIN: frozenset(),
    TokenRole.AUDITOR: frozenset(),
}
"""What a token is for unless something else is said; roles without scopes are bounded by the role alone."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}", re.ASCII)
_RESERVED = frozenset({"console", "protem"})


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token; the secret is nowhere else, and cannot be had again."""

    token: Token
    secret: str


def create(
    session: Session,
    caller: Caller,
    *,
    name: str,
    role: TokenRole,
    user: str | None = None,
    act_as: bool = False,
    act_as_decide: bool = False,
    scopes: Collection[Scope] | None = None,
    lifetime: timedelta = DEFAULT_LIFETIME,
    now: datetime,
) -> Issued:
    """Make a token; a personal one is bound to ``user``, only a service's may act as others.

    No ``scopes`` means what one of this role usually needs; ``act_as`` and ``act_as_decide`` add theirs.
    """
    caller.require(Verb.TOKENS_CREATE)
    _check(name, role, user=user, acts=act_as or act_as_decide, lifetime=lifetime)
    secret = credentials.new()
    wanted = set(USUAL_SCOPES[role] if scopes is None else scopes)
    wanted |= {Scope.ACT_AS_REQUEST} if act_as else set()
    wanted |= {Scope.ACT_AS_DECIDE} if act_as_decide else set()
    token = Token(
        id=new_id(),
        name=name,
        role=role,
        secret_hash=credentials.hashed(secret),
        principal_id=None if user is None else catalogue.find_principal(session, user).id,
        scopes=[scope.value for scope in Scope if scope in wanted],
        created_at=now,
        created_by=caller.on_record,
        expires_at=now + lifetime,
    )
    _insert(session, token)
    _record(session, EventType.TOKEN_CREATED, token, caller, now)
    return Issued(token, secret)


def list_(session: Session, caller: Caller, *, paging: Paging = FIRST) -> Page[Token]:
    """Return all tokens, the newest first, those that are over included."""
    caller.require(Verb.TOKENS_LIST)
    return pages.cut(session, select(Token), paging, of="tokens", by=(Token.id,), descending=True)


def revoke(session: Session, caller: Caller, token_id: uuid.UUID, *, now: datetime) -> Token:
    """End a token at once."""
    caller.require(Verb.TOKENS_REVOKE)
    token = session.get(Token, token_id)
    if token is None:
        raise NotFound("there is no such token")
    live = update(Token).where(Token.id == token_id, Token.revoked_at.is_(None))
    if not rows_changed(session, live.values(revoked_at=now)):
        raise TokenRevoked("this token has been revoked before")
    session.refresh(token)
    _record(session, EventType.TOKEN_REVOKED, token, caller, now)
    return token


def touch(session: Session, token_id: uuid.UUID, *, now: datetime) -> None:
    """Write down that a token was used, at most once a minute."""
    due = or_(Token.last_used_at.is_(None), Token.last_used_at <= now - TOUCH_INTERVAL)
    session.execute(update(Token).where(Token.id == token_id, due).values(last_used_at=now))


def _check(name: str, role: TokenRole, *, user: str | None, acts: bool, lifetime: timedelta) -> None:
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise texts.refused("name", "use 1 to 64 of a-z, 0-9, and . _ @ + - after the first")
    if (role is TokenRole.PERSONAL) != (user is not None):
        raise texts.refused("user", "a personal token, and no other, is bound to a user")
    if acts and role is not TokenRole.SERVICE:
        raise texts.refused("act_as", "only the token of a service may act as others")
    if not timedelta() < lifetime <= MAXIMUM_LIFETIME:
        raise texts.refused("lifetime", f"a token lives for at most {MAXIMUM_LIFETIME.days} days")


def _insert(session: Session, token: Token) -> None:
    # Entitlements name the services they trust: a second bearer of such a name would be trusted, too.
    try:
        with session.begin_nested():
            session.add(token)
    except IntegrityError as error:
        if violated(error) != "uq_tokens_service_name":
            raise
        raise _taken() from None


def _taken() -> InvalidInput:
    return texts.refused("name", "another service has this name until its token is revoked")


def _record(session: Session, event: EventType, token: Token, caller: Caller, now: datetime) -> None:
    facts: dict[str, Any] = {
        "token_id": str(token.id),
        "name": token.name,
        "role": token.role.value,
        "scopes": token.scopes,
        "expires_at": token.expires_at.isoformat(),
    }
    audit.record(session, event, now=now, caller=caller, facts=facts, principal_id=token.principal_id)
