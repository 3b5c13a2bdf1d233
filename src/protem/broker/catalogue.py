"""What AWS's directory and organization hold, as the database knows it."""

from collections.abc import Collection
from functools import partial
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from protem.broker import kept, pages, resolving, texts
from protem.broker.callers import Caller
from protem.broker.pages import FIRST, Page, Paging
from protem.broker.units import Units
from protem.db import models
from protem.db.models import Membership, Principal
from protem.domain import catalogue, names
from protem.domain.authority import Verb
from protem.domain.catalogue import Estate, Person

_NAMED = "named"
_BY_IDS = select(*Principal.__table__.c).where(Principal.id.in_(bindparam("ids", expanding=True)))


def accounts(
    session: Session, caller: Caller, *, q: str | None = None, paging: Paging = FIRST
) -> Page[models.Account]:
    """Return accounts by name; ``q`` is a part of the name or the beginning of the id."""
    caller.require(Verb.ACCOUNTS_LIST)
    table = models.Account
    present = select(table).where(table.removed_at.is_(None), *_like(q, table.name_key, table.id))
    return pages.cut(session, present, paging, of="accounts", by=(table.name_key, table.id))


def permission_sets(
    session: Session, caller: Caller, *, q: str | None = None, paging: Paging = FIRST
) -> Page[models.PermissionSet]:
    """Return permission sets by name; ``q`` is a part of the name or the beginning of the ARN."""
    caller.require(Verb.PERMISSION_SETS_LIST)
    table = models.PermissionSet
    present = select(table).where(table.removed_at.is_(None), *_like(q, table.name_key, table.arn))
    return pages.cut(session, present, paging, of="permission-sets", by=(table.name_key, table.arn))


def principals(
    session: Session, caller: Caller, *, q: str | None = None, paging: Paging = FIRST
) -> Page[Principal]:
    """Return users by name; ``q`` is a part of the user name or display name, or the beginning of the id."""
    caller.require(Verb.PRINCIPALS_LIST)
    shown = func.lower(Principal.display_name)
    present = select(Principal).where(
        Principal.removed_at.is_(None), *_like(q, Principal.user_name_key, Principal.id, shown)
    )
    return pages.cut(session, present, paging, of="principals", by=(Principal.user_name_key, Principal.id))


def _like(
    q: str | None,
    key: InstrumentedAttribute[str],
    identifier: InstrumentedAttribute[str],
    *others: ColumnElement[str],
) -> tuple[ColumnElement[bool], ...]:
    wanted = texts.line(q or "", field="q", maximum=texts.NAME_LENGTH)
    if not wanted:
        return ()
    return (
        or_(
            key.contains(names.key(wanted), autoescape=True),
            identifier.startswith(wanted, autoescape=True),
            *(other.contains(wanted.lower(), autoescape=True) for other in others),
        ),
    )


def find_principal(session: Session, name: str, *, field: str = "user") -> Principal:
    """Return the user with this name or id.

    Raises ``UnknownPrincipal``, ``AmbiguousName`` or ``CatalogueEmpty``.
    """
    return resolving.pick(session, resolving.PRINCIPALS, [name], fields=[field])[0]


def named(session: Session, ids: Collection[str]) -> dict[str, Principal]:
    """Return the users with these ids, the removed ones included, for showing their names."""
    mind = kept.catalogue(session)
    known: dict[str, Any] = {one: mind.find((_NAMED, one)) for one in ids}
    missing = [one for one, row in known.items() if row is None]
    for row in session.execute(_BY_IDS, {"ids": missing}) if missing else ():
        known[row.id] = row
        mind.keep((_NAMED, row.id), row)
    # Rows have what their model has, and belong to no session.
    return {one: cast("Principal", row) for one, row in known.items() if row is not None}


def person(session: Session, principal_id: str) -> Person | None:
    """Return a user with the groups they are in, or None when the directory has them no more."""
    return kept.catalogue(session).part(("person", principal_id), partial(_person, session, principal_id))


def _person(session: Session, principal_id: str) -> Person | None:
    in_groups = (
        select(Principal.user_name, models.Group.id, models.Group.name)
        .outerjoin(Membership, Membership.principal_id == Principal.id)
        .outerjoin(
            models.Group,
            and_(models.Group.id == Membership.group_id, models.Group.removed_at.is_(None)),
        )
        .where(Principal.id == principal_id, Principal.removed_at.is_(None))
    )
    rows = session.execute(in_groups).all()
    if not rows:
        return None
    groups = frozenset(catalogue.Group(id=row.id, name=row.name) for row in rows if row.id is not None)
    return Person(id=principal_id, user_name=rows[0].user_name, groups=groups)


def units(session: Session) -> Units:
    """Return the tree of organizational units."""
    return kept.catalogue(session).part("units", partial(Units, session))


def account(row: models.Account, units: Units) -> catalogue.Account:
    """Return an account as the rules see it."""
    return catalogue.Account(
        id=row.id,
        name=row.name,
        status=row.status,
        is_management=row.is_management,
        units=units.above(row.parent_id),
        tags=frozenset(row.tags.items()),
    )


def permission_set(row: models.PermissionSet) -> catalogue.PermissionSet:
    """Return a permission set as the rules see it."""
    return catalogue.PermissionSet(
        arn=row.arn,
        name=row.name,
        instance_arn=row.instance_arn,
        policies_digest=row.policies_digest,
        session_duration=row.session_duration,
        tags=frozenset(row.tags.items()),
    )


def estate(session: Session) -> Estate:
    """Return everything that can be assigned, by name."""
    return kept.catalogue(session).part("estate", partial(_estate, session))


def _estate(session: Session) -> Estate:
    units = Units(session)
    accounts = session.scalars(
        select(models.Account)
        .where(models.Account.removed_at.is_(None))
        .order_by(models.Account.name_key, models.Account.id)
    )
    permission_sets = session.scalars(
        select(models.PermissionSet)
        .where(models.PermissionSet.removed_at.is_(None))
        .order_by(models.PermissionSet.name_key, models.PermissionSet.arn)
    )
    found = (account(row, units) for row in accounts)
    return Estate(
        accounts=tuple(one for one in found if one.assignable),
        permission_sets=tuple(permission_set(row) for row in permission_sets),
    )
