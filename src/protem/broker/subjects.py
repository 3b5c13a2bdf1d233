"""What a lock is on, in the words of whoever makes it; also what has gone, since access may outlive it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import policy, resolving, texts
from protem.broker.resolving import Kind, Row
from protem.db.models import EntitlementVersion, Request
from protem.domain import names
from protem.domain.errors import FieldError, UnknownEntitlement
from protem.domain.locks import LockKind

_FIELD = "subject"
_VERSIONS = 100
"""How many versions of the entitlements are searched for a name; access lives for days, not for years."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What rules compare, and what people say."""

    id: str
    name: str


_EVERYTHING = Subject("", "everything")


def find(session: Session, kind: LockKind, wanted: str | None) -> Subject:
    """Return what ``wanted`` means.

    Raises what naming raises: ``UnknownPrincipal`` and its like, ``AmbiguousName``,
    ``CatalogueEmpty``.
    """
    if kind is LockKind.EVERYTHING:
        if wanted is not None:
            raise texts.refused(_FIELD, "a lock on everything has no subject; leave it out")
        return _EVERYTHING
    text = texts.line(wanted or "", field=_FIELD, maximum=texts.NAME_LENGTH)
    if not text:
        raise texts.refused(_FIELD, "say by name or id what the lock is on")
    match kind:
        case LockKind.PRINCIPAL:
            return _in_catalogue(session, resolving.PRINCIPALS, text)
        case LockKind.ACCOUNT:
            return _in_catalogue(session, resolving.ACCOUNTS, text)
        case LockKind.PERMISSION_SET:
            return _in_catalogue(session, resolving.PERMISSION_SETS, text)
        case LockKind.ENTITLEMENT:
            return _entitlement(session, text)


def _in_catalogue(session: Session, kind: Kind[Row], text: str) -> Subject:
    row = resolving.pick_ever(session, kind, text, field=_FIELD)
    return Subject(getattr(row, kind.identifier.key), getattr(row, kind.name.key))


def _entitlement(session: Session, text: str) -> Subject:
    if rule := policy.current(session).named(text):
        return Subject(rule.name, rule.name)
    ever = (*session.scalars(select(Request.entitlement).distinct()), *_older(session))
    found = next((name for name in ever if names.key(name) == names.key(text)), None)
    if found is None:
        message = "no version of the entitlements has one of this name"
        raise UnknownEntitlement(message, errors=[FieldError(_FIELD, message)])
    return Subject(found, found)


def _older(session: Session) -> list[str]:
    versions = select(EntitlementVersion.document).order_by(EntitlementVersion.version.desc())
    documents = session.scalars(versions.limit(_VERSIONS))
    return [str(rule["name"]) for document in documents for rule in _rules(document) if "name" in rule]


def _rules(document: object) -> list[dict[str, object]]:
    # Whatever is in it: a document that nobody can read must not keep anybody from a red button.
    found = document.get("entitlements") if isinstance(document, dict) else None
    return [rule for rule in found if isinstance(rule, dict)] if isinstance(found, list) else []
