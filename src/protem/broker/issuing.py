"""Making tokens: once to see what it comes to, and once to do it, perhaps by somebody else."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from protem.broker import catalogue, credentials, texts, token_terms
from protem.broker.callers import Caller
from protem.broker.token_record import record
from protem.broker.token_terms import Terms, Wish
from protem.db.models import Token, TokenRole, new_id
from protem.db.violations import violated
from protem.domain.authority import Verb
from protem.domain.errors import InvalidInput, UnknownPrincipal
from protem.domain.events import EventType


@dataclass(frozen=True, slots=True)
class Prepared:
    """A token that is not there yet; the secret is nowhere else, and no part of the terms."""

    terms: Terms
    secret: str = field(repr=False)

    @property
    def needs_two(self) -> bool:
        """Whether it could do more than read, so that two admins have to want it."""
        return token_terms.needs_two(self.terms.role, self.terms.scopes)


@dataclass(frozen=True, slots=True)
class Issued:
    """A token and its new secret, which is nowhere else, and cannot be had again."""

    token: Token
    secret: str = field(repr=False)


def prepare(session: Session, caller: Caller, wish: Wish) -> Prepared:
    """Check what is wished and make the secret; nothing is written."""
    caller.require(Verb.TOKENS_CREATE)
    secret = credentials.new()
    terms = token_terms.settle(session, wish, token_id=new_id(), secret_hash=credentials.hashed(secret))
    _refuse_taken(session, terms)
    return Prepared(terms, secret)


def issue(session: Session, caller: Caller, terms: Terms, *, now: datetime) -> Token:
    """Make the token; its lifetime begins now. Raises what may have come in between."""
    caller.require(Verb.TOKENS_CREATE)
    if token_terms.needs_two(terms.role, terms.scopes):
        caller.require_second(Verb.TOKENS_CREATE)
    if terms.principal_id is not None and catalogue.person(session, terms.principal_id) is None:
        raise UnknownPrincipal("whose token this would be has left the directory")
    token = Token(
        id=terms.token_id,
        name=terms.name,
        role=terms.role,
        secret_hash=terms.secret_hash,
        principal_id=terms.principal_id,
        scopes=[scope.value for scope in terms.scopes],
        act_as_groups=list(terms.act_as_groups),
        networks=list(terms.networks),
        rate_limit=terms.rate_limit,
        created_at=now,
        created_by=caller.on_record,
        expires_at=now + terms.lifetime,
    )
    _insert(session, token)
    record(session, EventType.TOKEN_CREATED, token, caller, now)
    return token


def _refuse_taken(session: Session, terms: Terms) -> None:
    if terms.role is not TokenRole.SERVICE:
        return
    namesakes = select(Token.id).where(
        Token.role == TokenRole.SERVICE, Token.name == terms.name, Token.revoked_at.is_(None)
    )
    if session.scalars(namesakes).first() is not None:
        raise _taken()


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
