"""Whether two callers are two people, as far as can be told.

Whoever made a token has seen its secret: what one token proposes and another confirms that the same
admin made is the word of one person.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import catalogue
from protem.broker.authentication import Admission, offices
from protem.broker.callers import CONSOLE, Caller
from protem.db.models import Change, ChangeState, Token
from protem.domain.authority import Relation, Verb
from protem.domain.errors import OwnChange, ProposerGone

_MAKING = (Verb.TOKENS_CREATE.value, Verb.TOKENS_ROTATE.value)


def refuse_own(session: Session, caller: Caller, change: Change) -> None:
    """Raise ``OwnChange`` if ``caller`` may be the one who proposed it."""
    if caller.key == change.proposer_key or (caller.person and caller.person.id == change.proposer_id):
        raise OwnChange("you have proposed this: another admin has to confirm it")
    one, other = _origin(session, change.proposer_token_id), _origin(session, caller.token_id)
    proposer, confirmer = {change.proposer_key, change.proposed_by}, {caller.key, caller.label}
    if proposer & other.hands or confirmer & one.hands or one.makers & other.makers:
        raise OwnChange(
            "one of you two made or confirmed the other's token, or one admin made both: somebody has to"
            " confirm it whose token this is not true of, or who has logged in"
        )


def refuse_gone(session: Session, change: Change, *, admission: Admission, now: datetime) -> None:
    """Raise ``ProposerGone`` if whoever proposed it could not do so any more."""
    reason = why_gone(session, change, admission=admission, now=now)
    if reason is not None:
        raise ProposerGone(reason, facts={"proposed_by": change.proposed_by})


def why_gone(session: Session, change: Change, *, admission: Admission, now: datetime) -> str | None:
    """Say why the proposer could not propose it any more; None if they could."""
    if change.proposer_token_id is not None and not _is_good(session, change.proposer_token_id, now):
        return f"the token with which {change.proposed_by} proposed this has been revoked, or is over"
    if change.proposer_id is None:
        return None
    person = catalogue.person(session, change.proposer_id)
    if Relation.ADMIN not in offices(session, person, admission, now):
        return f"{change.proposed_by} proposed this, and is no longer an admin, or locked"
    return None


@dataclass(frozen=True, slots=True)
class _Origin:
    """Who has had a token in their hands: by key, and by the name on record."""

    makers: frozenset[str] = frozenset()
    """Those who were shown its secret, or that of a token with which it was made."""
    hands: frozenset[str] = frozenset()
    """Those, and whoever confirmed that it be made."""


def _origin(session: Session, token_id: uuid.UUID | None) -> _Origin:
    if token_id is None:
        return _Origin()
    makers: set[str] = set()
    for token in _line(session, token_id):
        # Whoever has the console has the database, and with it everything.
        makers |= {token.created_by} - {CONSOLE.on_record}
        makers |= {change.proposer_key for change in _makings(session, token.id)}
    confirmers = {change.answerer_key for change in _makings(session, token_id) if change.answerer_key}
    return _Origin(frozenset(makers), frozenset(makers | confirmers))


def _line(session: Session, token_id: uuid.UUID) -> Iterator[Token]:
    """Yield a token, those by which it was made or rotated, those by which these were, and so on.

    Whoever has seen the secret of one has seen the secrets of all that were made with it.
    """
    waiting, seen = [token_id], {token_id}
    while waiting:
        token = session.get(Token, waiting.pop())
        if token is None:
            continue
        yield token
        before = {change.proposer_token_id for change in _makings(session, token.id)}
        waiting += [id_ for id_ in before if id_ is not None and id_ not in seen]
        seen.update(waiting)


def _makings(session: Session, token_id: uuid.UUID) -> Sequence[Change]:
    """Return the changes by which a token was made, or was given a new secret."""
    made = select(Change).where(
        Change.subject == str(token_id), Change.verb.in_(_MAKING), Change.state == ChangeState.CONFIRMED
    )
    return session.scalars(made).all()


def _is_good(session: Session, token_id: uuid.UUID, now: datetime) -> bool:
    token = session.get(Token, token_id, populate_existing=True)
    return token is not None and token.revoked_at is None and token.expires_at > now
