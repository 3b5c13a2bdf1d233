"""From what people write to what the catalogue knows: ids exactly, names without regard to case."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, Protocol, TypeVar, cast

from sqlalchemy import ColumnElement, Select, inspect, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from protem.broker import kept
from protem.db.models import Account, CatalogueSync, Group, PermissionSet, Principal
from protem.domain import names
from protem.domain.errors import (
    AmbiguousName,
    CatalogueEmpty,
    FieldError,
    Refusal,
    UnknownAccount,
    UnknownPermissionSet,
    UnknownPrincipal,
)


class Listed(Protocol):
    """A row of the catalogue, which may have vanished from AWS since."""

    removed_at: Any


Row = TypeVar("Row", bound=Listed)


@dataclass(frozen=True, slots=True)
class Kind(Generic[Row]):
    """One kind of thing that people name."""

    noun: str
    model: type[Row]
    identifier: InstrumentedAttribute[str]
    name: InstrumentedAttribute[str]
    name_key: InstrumentedAttribute[str]
    unknown: type[Refusal]

    @property
    def columns(self) -> Iterable[ColumnElement[Any]]:
        """What a row has that is nobody's to change, and so can be kept."""
        found: Iterable[ColumnElement[Any]] = inspect(self.model).local_table.c
        return found

    def called(self, row: Row) -> dict[str, str]:
        """Return what tells ``row`` from others of the same name."""
        return {column.key: getattr(row, column.key) for column in (self.identifier, self.name)}


ACCOUNTS = Kind("account", Account, Account.id, Account.name, Account.name_key, UnknownAccount)
PERMISSION_SETS = Kind(
    "permission set",
    PermissionSet,
    PermissionSet.arn,
    PermissionSet.name,
    PermissionSet.name_key,
    UnknownPermissionSet,
)
PRINCIPALS = Kind(
    "principal",
    Principal,
    Principal.id,
    Principal.user_name,
    Principal.user_name_key,
    UnknownPrincipal,
)
GROUPS = Kind("group", Group, Group.id, Group.name, Group.name_key, UnknownPrincipal)


def candidates(session: Session, kind: Kind[Row], wanted: Iterable[str]) -> Sequence[Row]:
    """Return every row that one of these texts might mean, the removed ones included."""
    return session.scalars(_among(kind, wanted)).all()


def _among(kind: Kind[Row], wanted: Iterable[str]) -> Select[Row]:
    texts = {text for text in wanted if "\x00" not in text and text.isprintable()}
    keys = {names.key(text) for text in texts if not names.is_identifier(text)}
    return select(kind.model).where(or_(kind.identifier.in_(texts), kind.name_key.in_(keys)))


def principal_ids(session: Session, name: str) -> list[str]:
    """Return every user that ``name`` means, the removed ones included: a filter needs no single answer."""
    return [row.id for row in _meant(PRINCIPALS, name, candidates(session, PRINCIPALS, [name]))]


def pick(session: Session, kind: Kind[Row], wanted: Sequence[str], *, fields: Sequence[str]) -> list[Row]:
    """Return the one row that each text means; ``fields`` says where each text stood.

    Raises the kind's own refusal for what is unknown or gone, ``AmbiguousName``, or
    ``CatalogueEmpty`` when nothing was ever synchronised.
    """
    means = _means(session, kind, wanted)
    missing = [field for field, found in zip(fields, means, strict=True) if not _live(found)]
    if missing:
        _unknown(session, kind, missing, gone=any(means[fields.index(field)] for field in missing))
    return [_one(kind, _live(found), field) for found, field in zip(means, fields, strict=True)]


def known(session: Session, kind: Kind[Row], ids: Sequence[str]) -> dict[str, Row]:
    """Return the rows with these ids, the removed ones included."""
    found = zip(ids, _means(session, kind, ids), strict=True)
    return {identifier: row for identifier, rows in found for row in rows if _has(kind, row, identifier)}


def _has(kind: Kind[Row], row: Row, identifier: str) -> bool:
    return bool(getattr(row, kind.identifier.key) == identifier)


def _means(session: Session, kind: Kind[Row], wanted: Sequence[str]) -> list[list[Row]]:
    """Return what each text means, from what is kept of the catalogue where it was asked for before."""
    mind = kept.catalogue(session)
    known: dict[str, list[Row] | None] = {text: mind.find((kind.noun, text)) for text in wanted}
    fresh = [text for text, found in known.items() if found is None]
    # Rows have what their model has, and belong to no session.
    seen = session.execute(_among(kind, fresh).with_only_columns(*kind.columns)) if fresh else ()
    rows = cast("Sequence[Row]", list(seen))
    for text in fresh:
        known[text] = _meant(kind, text, rows)
        if known[text]:
            mind.keep((kind.noun, text), known[text])
    return [known[text] or [] for text in wanted]


def pick_ever(session: Session, kind: Kind[Row], wanted: str, *, field: str) -> Row:
    """Return the one row that ``wanted`` means; what has gone is meant where nothing else is."""
    found = _meant(kind, wanted, candidates(session, kind, [wanted]))
    if not found:
        _unknown(session, kind, [field], gone=False)
    return _one(kind, _live(found) or found, field)


def means(kind: Kind[Row], text: str, row: Row) -> bool:
    """Tell whether ``text`` means this row: several may have one name."""
    identifier, name = getattr(row, kind.identifier.key), getattr(row, kind.name.key)
    return names.matches(text, identifier=identifier, name=name)


def _meant(kind: Kind[Row], text: str, rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if means(kind, text, row)]


def _live(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row.removed_at is None]


def _unknown(session: Session, kind: Kind[Row], fields: Sequence[str], *, gone: bool) -> NoReturn:
    synchronised = select(CatalogueSync.completed_at).where(CatalogueSync.part == "catalogue")
    if session.scalars(synchronised).one_or_none() is None:
        raise CatalogueEmpty("the catalogue has not been read from AWS yet; try again in a minute")
    message = f"this {kind.noun} has gone from AWS" if gone else f"the catalogue knows no such {kind.noun}"
    raise kind.unknown(message, errors=[FieldError(field, message) for field in fields])


def _one(kind: Kind[Row], rows: Sequence[Row], field: str) -> Row:
    if len(rows) == 1:
        return rows[0]
    message = f"{len(rows)} things have this name; give the {kind.identifier.key} of the {kind.noun}"
    raise AmbiguousName(
        message,
        errors=[FieldError(field, message)],
        facts={"candidates": [kind.called(row) for row in rows]},
    )
