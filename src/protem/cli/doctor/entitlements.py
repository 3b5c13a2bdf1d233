"""The entitlements: whether those in force can be read, whether those of the file can, and what is odd."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.orm import Session

from protem.broker import documents, policy
from protem.broker.documents.doubts import warnings
from protem.cli.console import store_of
from protem.cli.doctor.database import is_missing
from protem.cli.doctor.findings import Finding, Part
from protem.cli.failures import Failure
from protem.db.models import CatalogueSync, EntitlementVersion
from protem.db.store import Store
from protem.domain.errors import Refusal
from protem.settings import Settings

PART = Part("entitlements")
CATALOGUE = Part("catalogue")

_LATE = 3
"""Intervals after which a catalogue is old."""


def examine(settings: Settings) -> Iterator[Finding]:
    if settings.entitlements_file is not None:
        yield _file(settings.entitlements_file)
    if is_missing(settings):
        yield PART.unchecked("those in force are in the database, which is not there")
        return
    try:
        with store_of(settings) as store, store.reading() as session:
            yield _catalogue(session, store, settings)
            yield from _in_force(session)
    except Failure:
        yield PART.unchecked("those in force are in the database, which cannot be asked")


def _file(path: Path) -> Finding:
    try:
        count = len(documents.parse(path.read_text(encoding="utf-8"), file=str(path)).entitlements)
    except (OSError, UnicodeDecodeError):
        return PART.bad(f"PROTEM_ENTITLEMENTS_FILE: {path} cannot be read")
    except Refusal as refusal:
        return PART.bad(f"{path} has mistakes ({refusal.detail}): `protem entitlements check {path}`")
    return PART.good(f"{path} can be read: {count} of them")


def _in_force(session: Session) -> Iterator[Finding]:
    found = policy.current(session)
    row = session.get(EntitlementVersion, found.version)
    if row is None:
        yield PART.warning("none were ever applied: nobody may ask for anything; `protem entitlements apply`")
        return
    if row.document.get("entitlements") and not found.entitlements:
        yield PART.bad(
            f"version {row.version} is in force and cannot be read: nobody gets anything; apply it anew"
        )
        return
    odd = warnings(session, found.entitlements)
    yield from map(PART.warning, odd)
    if not odd:
        yield PART.good(f"version {row.version} is in force, and nothing is odd about it")


def _catalogue(session: Session, store: Store, settings: Settings) -> Finding:
    synchronised = session.get(CatalogueSync, "catalogue")
    if synchronised is None or synchronised.completed_at is None:
        return CATALOGUE.warning(
            "it was never read from AWS: nobody can ask for anything before a reconciler has"
        )
    age = store.now(session) - synchronised.completed_at
    if age > _LATE * settings.catalogue_interval:
        why = f": {synchronised.error}" if synchronised.error else "; is a reconciler running?"
        return CATALOGUE.bad(f"it was last read from AWS {age.total_seconds() / 60:.0f} minutes ago{why}")
    return CATALOGUE.good(f"it was read from AWS {age.total_seconds():.0f} seconds ago")
