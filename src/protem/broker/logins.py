"""Logins with a browser: how one begins, how long it holds, and how it ends."""

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from protem.broker import audit, catalogue, credentials, pages
from protem.broker.authentication import TOUCH_INTERVAL, Presented
from protem.broker.callers import Caller
from protem.broker.pages import FIRST, Page, Paging
from protem.db.models import Login, TokenRole, new_id
from protem.db.queries.changes import rows_changed
from protem.db.store import ANSWERS, announce
from protem.domain.authority import Relation, Verb
from protem.domain.catalogue import Person
from protem.domain.errors import NotFound, Unauthenticated
from protem.domain.events import EventType
from protem.domain.identification import LoginOver
from protem.identity_provider.values import Assertion

KEPT = timedelta(days=30)
"""How long a login that is over stays on the list; the record keeps its events."""

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Started:
    """A new login; the secret is for the cookie, and is nowhere else."""

    login: Login
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Logins:
    """Knows people by the cookie of their login, as long as it is in use and came from this provider."""

    issuer: str
    idle: timedelta

    def verify(self, session: Session, presented: Presented, now: datetime) -> Caller | None:
        if presented.cookie is None or presented.bearer is not None:
            return None
        mine = and_(_of(presented.cookie), _live(now), Login.issuer == self.issuer)
        login = session.scalars(select(Login).where(mine)).one_or_none()
        if login is None or login.last_used_at + self.idle <= now:
            raise Unauthenticated("this login is over: log in again")
        person = catalogue.person(session, login.principal_id)
        if person is None:
            raise Unauthenticated("this login is over: log in again")
        return _caller(person, login, now)


def start(
    session: Session,
    person: Person,
    assertion: Assertion,
    *,
    lifetime: timedelta,
    instead_of: str | None = None,
    now: datetime,
) -> Started:
    """Log somebody in whom the provider has named, under a secret that nobody has seen before.

    ``instead_of`` is the secret of a login that the same browser brought along; that one ends.
    """
    if instead_of is not None:
        leave(session, instead_of, now=now)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    login = Login(
        id=new_id(),
        secret_hash=credentials.hashed(secret),
        principal_id=person.id,
        issuer=assertion.issuer,
        subject=assertion.subject,
        started_at=now,
        last_used_at=now,
        expires_at=now + lifetime,
    )
    session.add(login)
    _record(session, EventType.LOGIN_STARTED, login, _caller(person, login, now), now)
    return Started(login, secret)


def leave(session: Session, secret: str, *, now: datetime) -> None:
    """Log out: end the login with this secret, if there is one that is not over."""
    login = session.scalars(select(Login).where(_of(secret))).one_or_none()
    if login is None or not _end(session, login, now=now):
        return
    person = catalogue.person(session, login.principal_id)
    _record(session, EventType.LOGIN_ENDED, login, _caller(person, login, now) if person else None, now)


def end(session: Session, caller: Caller, login_id: uuid.UUID, *, now: datetime) -> Login:
    """End a login at once: one's own, or for an admin anybody's. Raises ``LoginOver``."""
    caller.require(Verb.LOGINS_END)
    login = session.scalars(select(Login).where(Login.id == login_id, _ending(caller))).one_or_none()
    if login is None:
        raise NotFound("there is no such login")
    if not _end(session, login, now=now):
        raise LoginOver("this login was over before")
    _record(session, EventType.LOGIN_ENDED, login, caller, now)
    return login


def list_(session: Session, caller: Caller, *, paging: Paging = FIRST) -> Page[Login]:
    """Return the logins, the newest first: one's own, or for admins and auditors everybody's."""
    caller.require(Verb.LOGINS_LIST)
    wanted = select(Login).where(_of_interest(caller))
    return pages.cut(session, wanted, paging, of="logins", by=(Login.id,), descending=True)


def touch(session: Session, login_id: uuid.UUID, *, now: datetime) -> None:
    """Write down that a login was used, at most once a minute."""
    due = Login.last_used_at <= now - TOUCH_INTERVAL
    session.execute(update(Login).where(Login.id == login_id, due).values(last_used_at=now))


def purge(session: Session, *, before: datetime) -> int:
    """Forget the logins that were over before that instant; return how many."""
    return rows_changed(session, delete(Login).where(or_(Login.ended_at < before, Login.expires_at < before)))


def _of(secret: str) -> ColumnElement[bool]:
    return Login.secret_hash == credentials.hashed(secret)


def _live(now: datetime) -> ColumnElement[bool]:
    return and_(Login.ended_at.is_(None), Login.expires_at > now)


def _of_interest(caller: Caller) -> ColumnElement[bool]:
    return _theirs(caller, everybody=frozenset({Relation.ADMIN, Relation.AUDITOR}))


def _ending(caller: Caller) -> ColumnElement[bool]:
    return _theirs(caller, everybody=frozenset({Relation.ADMIN}))


def _theirs(caller: Caller, *, everybody: frozenset[Relation]) -> ColumnElement[bool]:
    """Return the condition for the caller's own logins, or for all if one of these is what they are."""
    if everybody & caller.relations:
        return Login.id.is_not(None)
    return Login.principal_id == (caller.person.id if caller.person else None)


def _end(session: Session, login: Login, *, now: datetime) -> bool:
    ended = update(Login).where(Login.id == login.id, _live(now)).values(ended_at=now)
    if not rows_changed(session, ended):
        return False
    session.refresh(login)
    announce(session, ANSWERS)  # whoever waits with it is told now
    return True


def _caller(person: Person, login: Login, now: datetime) -> Caller:
    return Caller(
        name=person.user_name,
        role=TokenRole.PERSONAL,
        login_id=login.id,
        person=person,
        touch_due=login.last_used_at <= now - TOUCH_INTERVAL,
    )


def _record(session: Session, event: EventType, login: Login, caller: Caller | None, now: datetime) -> None:
    facts = {
        "login_id": str(login.id),
        "issuer": login.issuer,
        "subject": login.subject,
        "expires_at": login.expires_at.isoformat(),
    }
    audit.record(session, event, now=now, caller=caller, facts=facts, principal_id=login.principal_id)
