"""Making and rotating tokens that can act, when two have to want it.

The proposer has the secret already; it is worth nothing until its hash, which is all that is kept,
has become that of a token.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from protem.broker import issuing, rotation
from protem.broker.callers import Caller
from protem.broker.proposals.proposing import propose
from protem.broker.proposals.terms import Arguments
from protem.broker.token_terms import Terms
from protem.db.models import Change, Principal, Token
from protem.domain import durations
from protem.domain.authority import Verb


def propose_issuing(
    session: Session, caller: Caller, prepared: issuing.Prepared, *, lifetime: timedelta, now: datetime
) -> Change:
    """Propose to make what was prepared."""
    caller.require(Verb.TOKENS_CREATE)
    terms = prepared.terms
    return propose(
        session,
        caller,
        Verb.TOKENS_CREATE,
        subject=str(terms.token_id),
        summary=f"make the {_described(session, terms)}, good for {durations.text(terms.lifetime)}",
        payload=terms.payload,
        lifetime=lifetime,
        now=now,
    )


def propose_rotating(
    session: Session, caller: Caller, prepared: rotation.Prepared, *, lifetime: timedelta, now: datetime
) -> Change:
    """Propose to replace the secret of a token."""
    caller.require(Verb.TOKENS_ROTATE)
    return propose(
        session,
        caller,
        Verb.TOKENS_ROTATE,
        subject=str(prepared.token.id),
        summary=f"give a new secret to the {_described(session, prepared.token)}",
        payload=prepared.terms.payload,
        lifetime=lifetime,
        now=now,
    )


def issue(session: Session, caller: Caller, arguments: Arguments, *, now: datetime) -> None:
    """Carry it out; the token's time begins now."""
    issuing.issue(session, caller, Terms.of(arguments), now=now)


def rotate(session: Session, caller: Caller, arguments: Arguments, *, now: datetime) -> None:
    """Carry it out, unless the secret has been replaced in the meantime."""
    rotation.rotate(session, caller, rotation.Terms.of(arguments), now=now)


def _described(session: Session, token: Terms | Token) -> str:
    person = session.get(Principal, token.principal_id) if token.principal_id else None
    whose = f" of {person.user_name}" if person else ""
    scopes = f" for {', '.join(token.scopes)}" if token.scopes else ""
    return f"{token.role.value} token {token.name}{whose}{scopes}"
