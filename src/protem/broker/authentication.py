"""From what a call presents to a caller: the one place that knows what credentials there are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from protem.broker import catalogue, credentials, locks
from protem.broker.callers import Caller
from protem.db.models import Token, TokenRole
from protem.domain import names, networks
from protem.domain.authority import ACTING, Relation, Scope
from protem.domain.catalogue import Person
from protem.domain.errors import ActAsRefused, NetworkRefused, Refusal, Unauthenticated
from protem.domain.rejections import Rejection
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
            typo = "this is not a whole Protem token: some of it is missing or mistyped"
            raise Unauthenticated(typo).because(Rejection.TYPO)
        hashed = credentials.hashed(bearer)
        found = select(Token).where(or_(Token.secret_hash == hashed, Token.previous_hash == hashed))
        token = session.scalars(found).one_or_none()
        if token is None:
            raise _invalid(Rejection.UNKNOWN)
        previous = token.secret_hash != hashed
        if (reason := _over(token, previous=previous, now=now)) is not None:
            raise _invalid(reason, token)
        _require_network(token, presented.address)
        return _caller(token, _bound_to(session, token), previous=previous, now=now)


API_TOKENS = ApiTokens()


@dataclass(frozen=True, slots=True)
class Admission:
    """Who is let in, and as what: the credentials that are known, and whose groups make admins and auditors.

    Groups are names or ids. A name is that of one group and of none that looks like it: in many
    directories anybody may make a group.
    """

    verifiers: Sequence[Verifier] = (API_TOKENS,)
    admins: frozenset[str] = frozenset()
    auditors: frozenset[str] = frozenset()
    two_persons: bool = True
    """Whether what could give access takes the word of two admins."""

    def offices(self, person: Person) -> frozenset[Relation]:
        """Return what the groups of a person make of them."""
        offices = {Relation.ADMIN: self.admins, Relation.AUDITOR: self.auditors}
        return frozenset(
            office for office, groups in offices.items() if any(person.is_in(group) for group in groups)
        )


TOKENS_ONLY = Admission()


def _let_in(caller: Caller) -> None:
    pass


def authenticate(
    session: Session,
    presented: Presented,
    *,
    now: datetime,
    admission: Admission = TOKENS_ONLY,
    let_in: Callable[[Caller], None] = _let_in,
) -> Caller:
    """Return who calls; it only reads, see ``tokens.touch`` for recording the use.

    ``let_in`` is told who presents the credential before it is looked at as whom they act, and may
    raise. Raises ``Unauthenticated``, ``NetworkRefused`` for a call from elsewhere, or
    ``ActAsRefused`` for a person that the bearer may not act as.
    """
    known = (verifier.verify(session, presented, now) for verifier in admission.verifiers)
    caller = next((caller for caller in known if caller is not None), None)
    if caller is None:
        raise Unauthenticated(_missing(presented)).because(Rejection.UNRECOGNISED)
    let_in(caller)
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
        raise _invalid(Rejection.LEFT, token)
    return person


def _invalid(reason: Rejection, token: Token | None = None) -> Unauthenticated:
    # In the same words for all: whoever guesses must not learn how close it was.
    return Unauthenticated("this token is not valid").because(reason, token_id=token.id if token else None)


def _over(token: Token, *, previous: bool, now: datetime) -> Rejection | None:
    if token.revoked_at is not None:
        return Rejection.REVOKED
    if token.expires_at <= now:
        return Rejection.EXPIRED
    if previous and (token.previous_until is None or token.previous_until <= now):
        return Rejection.ROTATED
    return None


def _require_network(token: Token, address: str | None) -> None:
    if not token.networks:
        return
    found = networks.address(address)
    if networks.contain(map(networks.network, token.networks), found):
        return
    seen = str(found) if found else None
    where = f"calls from {seen}" if seen else "calls from an address that is not known here"
    refused = NetworkRefused(f"this token is not for {where}", facts={"address": seen})
    raise refused.because(Rejection.NETWORK, token_id=token.id)


def _caller(token: Token, person: Person | None, *, previous: bool, now: datetime) -> Caller:
    used_at = token.previous_used_at if previous else token.last_used_at
    return Caller(
        name=token.name,
        role=token.role,
        token_id=token.id,
        person=person,
        scopes=_scopes(token),
        act_as_groups=tuple(token.act_as_groups),
        by_previous_secret=previous,
        rate_limit=token.rate_limit,
        touch_due=used_at is None or used_at <= now - TOUCH_INTERVAL,
    )


def _scopes(token: Token) -> frozenset[Scope] | None:
    if token.role in {TokenRole.ADMIN, TokenRole.AUDITOR}:
        return None  # what they may do is all in their role
    return frozenset(Scope(scope) for scope in token.scopes)


def _acting(session: Session, caller: Caller, name: str) -> Caller:
    if caller.role is not TokenRole.SERVICE or ACTING.isdisjoint(caller.scopes or ()):
        raise _no_actor(caller, "only the token of a service that was made for it may act as somebody")
    try:
        person = catalogue.person(session, catalogue.find_principal(session, name, field="Act-As").id)
    except Refusal as refusal:
        raise _no_actor(caller, f"Act-As: {refusal.detail}", facts=refusal.facts) from None
    if person is None or names.spelled(name) not in {person.id, names.spelled(person.user_name)}:
        # Where the service has the name from, somebody else can have one that looks alike.
        raise _no_actor(caller, "Act-As: the catalogue knows no such principal")
    if caller.act_as_groups and not any(person.is_in(group) for group in caller.act_as_groups):
        raise _no_actor(caller, "Act-As: they are in none of the groups as whose members this token may act")
    return replace(caller, person=person)


def _no_actor(caller: Caller, detail: str, *, facts: Mapping[str, Any] | None = None) -> ActAsRefused:
    return ActAsRefused(detail, facts=facts).because(Rejection.ACT_AS, token_id=caller.token_id)
