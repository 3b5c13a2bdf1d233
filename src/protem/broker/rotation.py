"""A new secret for a token, beside which the one before is good for a while longer."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import update
from sqlalchemy.orm import Session

from protem.broker import credentials, texts, token_terms, tokens
from protem.broker.callers import Caller
from protem.broker.issuing import Issued
from protem.broker.token_record import record
from protem.db.models import Token
from protem.db.queries.changes import rows_changed
from protem.domain import durations
from protem.domain.authority import Verb
from protem.domain.errors import Forbidden, TokenOver, TokenRevoked, TokenRotated
from protem.domain.events import EventType

DEFAULT_OVERLAP = timedelta(hours=1)
MAXIMUM_OVERLAP = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """All that a rotation will do, in values that keep until somebody has confirmed it."""

    token_id: uuid.UUID
    seen: str
    """The mark of the secret that is replaced: nothing is, if it is another by then."""
    overlap: timedelta
    lifetime: timedelta | None
    secret_hash: str = field(repr=False)

    @property
    def payload(self) -> dict[str, Any]:
        """What it is as JSON; ``of`` is the way back."""
        return {
            "token_id": str(self.token_id),
            "seen": self.seen,
            "overlap": durations.text(self.overlap),
            "lifetime": None if self.lifetime is None else durations.text(self.lifetime),
            "secret_hash": self.secret_hash,
        }

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Self:
        lifetime = payload["lifetime"]
        return cls(
            token_id=uuid.UUID(payload["token_id"]),
            seen=payload["seen"],
            overlap=durations.parse(payload["overlap"]),
            lifetime=None if lifetime is None else durations.parse(lifetime),
            secret_hash=payload["secret_hash"],
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """A rotation that has not happened yet; the secret is nowhere else, and no part of the terms."""

    terms: Terms
    token: Token
    secret: str = field(repr=False)

    @property
    def needs_two(self) -> bool:
        """Whether whoever is shown the new secret could do more than read with it."""
        return token_terms.needs_two(self.token.role, self.token.scopes)


def mark(session: Session, caller: Caller, token_id: uuid.UUID) -> str:
    """Return what tells the present secret from those before and after; raises ``NotFound``."""
    caller.require(Verb.TOKENS_ROTATE, *tokens.relations_to(caller, token_id))
    return _mark(tokens.found(session, token_id))


def prepare(
    session: Session,
    caller: Caller,
    token_id: uuid.UUID,
    *,
    seen: str | None = None,
    overlap: timedelta = DEFAULT_OVERLAP,
    lifetime: timedelta | None = None,
    now: datetime,
) -> Prepared:
    """Check what is wished and make the new secret; nothing is written.

    ``seen`` is the ``mark`` of the secret that is to be replaced, the present one if left out;
    ``lifetime`` is counted anew, and only an admin may give it.
    """
    caller.require(Verb.TOKENS_ROTATE, *tokens.relations_to(caller, token_id))
    token = tokens.found(session, token_id)
    _check(overlap=overlap, lifetime=lifetime)
    _refuse_thief(caller, token_id, lifetime=lifetime)
    _refuse_over(token, now)
    secret = credentials.new()
    terms = Terms(
        token_id=token_id,
        seen=seen or _mark(token),
        overlap=overlap,
        lifetime=lifetime,
        secret_hash=credentials.hashed(secret),
    )
    return Prepared(terms, token, secret)


def rotate(session: Session, caller: Caller, terms: Terms, *, now: datetime) -> Token:
    """Replace the secret; the one before the present one is worth nothing from now on.

    Raises ``TokenRotated`` if somebody was faster, ``TokenRevoked`` or ``TokenOver``.
    """
    caller.require(Verb.TOKENS_ROTATE, *tokens.relations_to(caller, terms.token_id))
    token = tokens.found(session, terms.token_id)
    if caller.token_id != token.id and token_terms.needs_two(token.role, token.scopes):
        caller.require_second(Verb.TOKENS_ROTATE)
    _refuse_over(token, now)
    if _mark(token) != terms.seen or not _replace(session, token, terms, now):
        raise TokenRotated("somebody else has rotated this token in the meantime: theirs is the new secret")
    session.refresh(token)
    further = {"overlap": durations.text(terms.overlap), "by_itself": caller.token_id == token.id}
    record(session, EventType.TOKEN_ROTATED, token, caller, now, further=further)
    return token


def at_once(session: Session, caller: Caller, token_id: uuid.UUID, *, now: datetime, **wish: Any) -> Issued:
    """Rotate a token at once, for callers who need nobody else's word; see ``prepare`` for ``wish``."""
    prepared = prepare(session, caller, token_id, now=now, **wish)
    return Issued(rotate(session, caller, prepared.terms, now=now), prepared.secret)


def _replace(session: Session, token: Token, terms: Terms, now: datetime) -> bool:
    unchanged = update(Token).where(
        Token.id == token.id, Token.secret_hash == token.secret_hash, Token.revoked_at.is_(None)
    )
    overlaps = terms.overlap > timedelta()
    values: dict[str, Any] = {
        "secret_hash": terms.secret_hash,
        "previous_hash": token.secret_hash if overlaps else None,
        "previous_until": now + terms.overlap if overlaps else None,
        "previous_used_at": None,
        "rotated_at": now,
    }
    if terms.lifetime is not None:
        values["expires_at"] = now + terms.lifetime
    return rows_changed(session, unchanged.values(values)) == 1


def _check(*, overlap: timedelta, lifetime: timedelta | None) -> None:
    if not timedelta() <= overlap <= MAXIMUM_OVERLAP:
        raise texts.refused("overlap", f"both secrets are good for at most {MAXIMUM_OVERLAP.days} days")
    if lifetime is not None:
        token_terms.check_lifetime(lifetime)


def _refuse_thief(caller: Caller, token_id: uuid.UUID, *, lifetime: timedelta | None) -> None:
    """Raise what keeps whoever stole a secret from living longer by it."""
    if caller.token_id != token_id:
        return
    if lifetime is not None:
        raise texts.refused("lifetime", "a token that rotates itself keeps its end: ask an admin")
    if caller.by_previous_secret:
        raise Forbidden("rotate with the present secret: this is the one before it")


def _refuse_over(token: Token, now: datetime) -> None:
    if token.revoked_at is not None:
        raise TokenRevoked("this token has been revoked")
    if token.expires_at <= now:
        raise TokenOver("the time of this token is up: make a new one")


def _mark(token: Token) -> str:
    """Return the hash of the hash, shortened: nobody could find the secret, or be taken for it, by that."""
    return hashlib.sha256(token.secret_hash.encode()).hexdigest()[:16]
