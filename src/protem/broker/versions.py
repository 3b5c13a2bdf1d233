"""Every version of the entitlements that was ever in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from protem.broker import pages
from protem.broker.callers import Caller
from protem.broker.pages import FIRST, Page, Paging
from protem.db.models import EntitlementVersion
from protem.domain.authority import Verb
from protem.domain.errors import NotFound


@dataclass(frozen=True, slots=True)
class Version:
    """A version with the number of its entitlements; its texts are loaded only when they are read."""

    row: EntitlementVersion
    entitlements: int


def list_(session: Session, caller: Caller, *, paging: Paging = FIRST) -> Page[Version]:
    """Return all versions, the newest first, without what they say."""
    caller.require(Verb.ENTITLEMENT_VERSIONS_LIST)
    table = EntitlementVersion
    light = select(table).options(defer(table.document), defer(table.source))
    found = pages.cut(session, light, paging, of="entitlement-versions", by=(table.version,), descending=True)
    counts = _counts(session, [row.version for row in found.items])
    return Page(tuple(Version(row, counts[row.version]) for row in found.items), found.next_cursor)


def read(session: Session, caller: Caller, number: int) -> EntitlementVersion:
    """Return one version, with its source as it was written."""
    caller.require(Verb.ENTITLEMENT_VERSIONS_READ)
    found = session.get(EntitlementVersion, number)
    if found is None:
        raise NotFound(f"there was never a version {number} of the entitlements")
    return found


def _counts(session: Session, numbers: list[int]) -> Mapping[int, int]:
    postgresql = session.get_bind().dialect.name == "postgresql"
    length = func.jsonb_array_length if postgresql else func.json_array_length
    table: Any = EntitlementVersion
    counted = select(table.version, length(table.document["entitlements"]).label("entitlements"))
    found = session.execute(counted.where(table.version.in_(numbers)))
    return {row.version: row.entitlements for row in found}
