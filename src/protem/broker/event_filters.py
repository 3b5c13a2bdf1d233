"""What the record is narrowed by: names become the values under which it holds them."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from protem.broker import resolving, texts
from protem.broker.resolving import ACCOUNTS, PERMISSION_SETS, PRINCIPALS, Kind
from protem.db.models import AuditEvent, Grant, Request
from protem.domain.errors import FieldError
from protem.domain.events import EventType

Column = InstrumentedAttribute[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events are wanted, in the words of whoever asks; what is left out may be anything."""

    types: Sequence[EventType] = ()
    caller: str | None = None
    """A label as it is on record, or the name of a user; so is ``acting_as``."""
    acting_as: str | None = None
    principal: str | None = None
    """Whom it happened to, by name or id."""
    account: str | None = None
    permission_set: str | None = None
    request_id: uuid.UUID | None = None
    grant_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Only events that have one of these values in this column."""

    column: Column
    values: tuple[Any, ...]


def narrowings(session: Session, wanted: Wanted) -> list[Narrowing]:
    """Return what every event has to meet.

    Raises the refusal of the field for whatever neither the catalogue nor the record has ever known.
    """
    types = tuple(dict.fromkeys(type_.value for type_ in wanted.types))
    found = [
        Narrowing(AuditEvent.type, types) if types else None,
        _label(session, AuditEvent.caller, wanted.caller),
        _label(session, AuditEvent.acting_as, wanted.acting_as),
        _named(session, PRINCIPALS, AuditEvent.principal_id, wanted.principal, field="principal"),
        _named(session, ACCOUNTS, AuditEvent.account_id, wanted.account, field="account"),
        _named(
            session,
            PERMISSION_SETS,
            AuditEvent.permission_set_arn,
            wanted.permission_set,
            field="permission_set",
        ),
        _numbered(session, AuditEvent.request_id, Request, wanted.request_id),
        _numbered(session, AuditEvent.grant_id, Grant, wanted.grant_id),
    ]
    return [narrowing for narrowing in found if narrowing is not None]


def _named(
    session: Session, kind: Kind[Any], column: Column, name: str | None, *, field: str
) -> Narrowing | None:
    if name is None:
        return None
    known = [
        getattr(row, kind.identifier.key)
        for row in resolving.candidates(session, kind, [name])
        if resolving.means(kind, name, row)
    ]
    values = _on_record(session, column, [name, *known])
    if not known and not values:
        message = f"neither the catalogue nor the record knows such a {kind.noun}"
        raise kind.unknown(message, errors=[FieldError(field, message)])
    return Narrowing(column, values)


def _label(session: Session, column: Column, name: str | None) -> Narrowing | None:
    if name is None:
        return None
    people = [
        f"user:{row.user_name}"
        for row in resolving.candidates(session, PRINCIPALS, [name.removeprefix("user:")])
    ]
    values = _on_record(session, column, [name, f"user:{name}", *people])
    if not people and not values:
        message = "the record knows nobody of this name: give a user name, or a label such as service:slack"
        raise texts.refused(column.key, message)
    return Narrowing(column, values)


def _numbered(
    session: Session, column: Column, model: type[Request | Grant], number: uuid.UUID | None
) -> Narrowing | None:
    if number is None:
        return None
    if session.get(model, number) is None and not _on_record(session, column, [number]):
        raise texts.refused(column.key, f"there has never been such a {model.__name__.lower()}")
    return Narrowing(column, (number,))


def _on_record(session: Session, column: Column, values: Iterable[Any]) -> tuple[Any, ...]:
    """Return those of ``values`` that some event has; each costs one look into an index."""
    # PostgreSQL keeps no NUL in a text, and would rather fail than find nothing.
    possible = dict.fromkeys(value for value in values if not isinstance(value, str) or "\x00" not in value)
    return tuple(
        value for value in possible if session.scalars(select(column).where(column == value).limit(1)).first()
    )
