"""From what a call presents to a caller: the one place that knows what credentials there are."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import catalogue, credentials, locks
from protem.broker.callers import Caller
from protem.db.models import Token, TokenRole
from protem.domain.authority import ACTING, Relation, Scope
from protem.domain.catalogue import Person
from protem.domain.errors import ActAsRefused, Refusal, Unauthenticated
from protem.identity_provider.values import Assertion

TOUCH_INTERVAL = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Presented:
    """What a call brought along to say who makes it."""

    bearer: str | None = field(default=None, repr=False)
    act_as: str | None = None
    address: str | None = None
    """Where it came from: an IP address, if that is known."""
    assertion: Assertion | None = None
    """What the bearer says, where it is one of the identity provider's and has been checked."""
    cookie: str | None = field(default=None, repr=False)
    """The secret of a login; only presented where there is no bearer."""


class Verifier(Protocol):
    """Something that knows one kind of credential."""

    def verify(self, session: Session, presented: Presented, now: datetime) -> Caller | None:
        """Return whose credential was presented, or None if it is of another kind.

        Raises ``Unauthenticated`` for one of its own kind that is no good.
        """
        ...


class ApiTokens:
    """Knows the tokens that Protem gives out."""

    def verify(self, session: Session, presented: Presented, now: datetime) -> Caller | None:
        bearer = presented.bearer
        if bearer is None or not bearer.startswith(credentials.PREFIX):
            return None
        if not credentials.well_formed(bearer):
            raise Unauthenticated("this is not a whole Protem token")
        found = select(Token).where(Token.secret_hash == credentials.hashed(bearer))
        token = session.scalars(found).one_or_none()
        if token is None or token.revoked_at is not None or token.expires_at <= now:
            raise Unauthenticated("this token is not valid")
        return _caller(token, _bound_to(session, token), now)


API_TOKENS = ApiTokens()


@dataclass(frozen=True, slots=True)
class Admission:
    """Who is let in, and as what: the credentials that are known, and whose groups make admins and auditors.

    Groups are handles, as ``domain.names`` makes them.
    """

    verifiers: Sequence[Verifier] = (API_TOKENS,)
    admins: frozenset[str] = frozenset()
    auditors: frozenset[str] = frozenset()
    two_persons: bool = True
    """Whether what could give access takes the word of two admins."""

    def offices(self, person: Person) -> frozenset[Relation]:
        """Return what the groups of a person make of them."""
        offices = {Relation.ADMIN: self.admins, Relation.AUDITOR: self.auditors}
        return frozenset(office for office, groups in offices.items() if groups & person.handles)


TOKENS_ONLY = Admission()


def authenticate(
    session: Session, presented: Presented, *, now: datetime, admission: Admission = TOKENS_ONLY
) -> Caller:
    """Return who calls; it only reads, see ``tokens.touch`` for recording the use.

    Raises ``Unauthenticated``, or ``ActAsRefused`` for a person that the bearer may not act as.
    """
    known = (verifier.verify(session, presented, now) for verifier in admission.verifiers)
    caller = next((caller for caller in known if caller is not None), None)
    if caller is None:
        raise Unauthenticated(_missing(presented))
    if presented.act_as is not None:
        return _acting(session, caller, presented.act_as)
    held = offices(session, caller.person, admission, now) if _may_hold_office(caller) else frozenset()
    return replace(caller, offices=held, bound_to_two=admission.two_persons)


def offices(
    session: Session, person: Person | None, admission: Admission, now: datetime
) -> frozenset[Relation]:
    """Return what the groups of a person make of them, unless a lock is on the person."""
    held = admission.offices(person) if person else frozenset()
    if not held or person is None or locks.on_person(session, person.id, now):
        return frozenset()
    return held


def _missing(presented: Presented) -> str:
    if presented.bearer:
        return "this credential is of no kind that is known here"
    return "present a token: Authorization: Bearer protem_…"


def _may_hold_office(caller: Caller) -> bool:
    """Whether the credential is not only for what any person may do."""
    return caller.person is not None and (caller.scopes is None or Scope.ADMIN in caller.scopes)


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
        scopes=_scopes(token),
        touch_due=token.last_used_at is None or token.last_used_at <= now - TOUCH_INTERVAL,
    )


def _scopes(token: Token) -> frozenset[Scope] | None:
    if token.role in {TokenRole.ADMIN, TokenRole.AUDITOR}:
        return None  # what they may do is all in their role
    return frozenset(Scope(scope) for scope in token.scopes)


def _acting(session: Session, caller: Caller, name: str) -> Caller:
    if caller.role is not TokenRole.SERVICE or ACTING.isdisjoint(caller.scopes or ()):
        raise ActAsRefused("only the token of a service that was made for it may act as somebody")
    try:
        person = catalogue.person(session, catalogue.find_principal(session, name, field="Act-As").id)
    except Refusal as refusal:
        raise ActAsRefused(f"Act-As: {refusal.detail}", facts=refusal.facts) from None
    return replace(caller, person=person)
