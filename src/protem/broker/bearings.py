"""What a transaction goes by: which entitlements are in force, and which catalogue.

Both are read in the transaction itself, with one statement, and whatever this process keeps in memory is
looked up by them. So a change that any process has committed is seen by the next transaction of all.
"""

from dataclasses import dataclass

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from protem.db.models import CatalogueStamp, EntitlementVersion

_HELD = "protem_bearings"


@dataclass(frozen=True, slots=True)
class Bearings:
    """The newest version of the entitlements with its digest, and the stamp of the catalogue.

    There is no version before anything was applied, and no stamp where nothing may be kept in memory.
    """

    stamp: str | None
    version: int | None
    digest: str | None


_newest = (
    select(EntitlementVersion.version, EntitlementVersion.digest)
    .order_by(EntitlementVersion.version.desc())
    .limit(1)
    .subquery()
)
_CURRENT = select(CatalogueStamp.stamp, _newest.c.version, _newest.c.digest).select_from(
    CatalogueStamp.__table__.outerjoin(_newest, true())
)


def of(session: Session) -> Bearings:
    """Return what this transaction goes by: as it is now, or as it was taken."""
    return held(session) or _read(session)


def held(session: Session) -> Bearings | None:
    """Return what was taken; None where every question is asked anew."""
    found: Bearings | None = session.info.get(_HELD)
    return found


def take(session: Session) -> None:
    """Go by what is current now until ``renew``; for transactions that write neither of the two."""
    session.info[_HELD] = _read(session)


def renew(session: Session) -> None:
    """Take them again where they were taken: somebody else may have committed while this one waited."""
    if _HELD in session.info:
        take(session)


def _read(session: Session) -> Bearings:
    found = session.execute(_CURRENT).one_or_none()
    return Bearings(found.stamp, found.version, found.digest) if found else Bearings(None, None, None)
