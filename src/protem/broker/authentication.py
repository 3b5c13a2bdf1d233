"""From a credential to a caller: the one place that knows what credentials there are."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import catalogue, credentials
from protem.broker.callers import Caller
from protem.db.models import Token, TokenRole
from protem.domain.authority import Scope
from protem.domain.catalogue import Person
from protem.domain.errors import ActAsRefused, Refusal, Unauthenticated

TOUCH_INTERVAL = timedelta(minutes=1)


class Verifier(Protocol):
    """Something that knows one kind of credential."""

    def verify(self, session: Session, bearer: str, now: datetime) -> Caller | None:
        """Return whose credential ``bearer`` is, or None if it is of another kind.

        Raises ``Unauthenticated`` for one of its own kind that is no good.
        """
        ...


class ApiTokens:
    """Knows the tokens that Protem gives out."""

    def verify(self, session: Session, bearer: str, now: datetime) -> Caller | None:
        if not bearer.startswith(credentials.PREFIX):
            return None
        if not credentials.well_formed(bearer):
            raise Unauthenticated("this is not a whole Protem token")
        found = select(Token).where(Token.secret_hash == credentials.hashed(bearer))
        token = session.scalars(found).one_or_none()
        if token is None or token.revoked_at is not None or token.expires_at <= now:
            raise Unauthenticated("this token is not valid")
        return _caller(token, _bound_to(session, token), now)


API_TOKENS = ApiTokens()


def authenticate(
    session: Session,
    *,
    bearer: str | None,
    act_as: str | None,
    now: datetime,
    verifiers: Sequence[Verifier] = (API_TOKENS,),
) -> Caller:
    """Return who calls; it only reads, see ``tokens.touch`` for recording the use.

    Raises ``Unauthenticated``, or ``ActAsRefused`` for a person that the bearer may not act as.
    """
    if not bearer:
        raise Unauthenticated("present a token: Authorization: Bearer protem_…")
    known = (verifier.verify(session, bearer, now) for verifier in verifiers)
    caller = next((caller for caller in known if caller is not None), None)
    if caller is None:
        raise Unauthenticated("this credential is of no kind that is known here")
    return caller if act_as is None else _acting(session, caller, act_as)


def _bound_to(session: Session, token: Token) -> Person | None:
    if token.principal_id is None:
        return None
    person = catalogue.person(session, token.principal_id)
    if person is None:
        raise Unauthenticated("this token is not valid")
    return person


def _caller(token: Token, person: Person | None, now: datetime) -> Caller:
    return Caller(
        name=token.name,
        role=token.role,
        token_id=token.id,
        person=person,
        scopes=frozenset(token.scopes),
        touch_due=token.last_used_at is None or token.last_used_at <= now - TOUCH_INTERVAL,
    )


def _acting(session: Session, caller: Caller, name: str) -> Caller:
    if caller.role is not TokenRole.SERVICE or caller.scopes.isdisjoint(Scope):
        raise ActAsRefused("only the token of a service that was made for it may act as somebody")
    try:
        person = catalogue.person(session, catalogue.find_principal(session, name, field="Act-As").id)
    except Refusal as refusal:
        raise ActAsRefused(f"Act-As: {refusal.detail}", facts=refusal.facts) from None
    return replace(caller, person=person)
