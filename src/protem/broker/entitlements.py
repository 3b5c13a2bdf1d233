"""Planning, applying and showing entitlements."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from protem.broker import audit, documents
from protem.broker.callers import Caller
from protem.broker.documents import Document
from protem.broker.documents.differences import Differences, between
from protem.broker.documents.doubts import warnings
from protem.db.models import EntitlementVersion, TokenRole
from protem.domain import digests
from protem.domain.authority import Relation, Verb
from protem.domain.entitlements import Entitlement
from protem.domain.errors import EntitlementsFromFile, EntitlementsInvalid, VersionMoved
from protem.domain.events import EventType

_NOTHING: dict[str, Any] = {"entitlements": []}
_FILE = Caller(name="entitlements-file", role=TokenRole.ADMIN)


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying a document would change about the version it was compared with."""

    base_version: int
    base_digest: str
    digest: str
    differences: Differences
    warnings: tuple[str, ...]

    @property
    def unchanged(self) -> bool:
        return self.digest == self.base_digest


@dataclass(frozen=True, slots=True)
class Applied:
    """The version in force after applying; ``plan`` says what it changed, if anything."""

    version: int
    digest: str
    plan: Plan


def plan(session: Session, caller: Caller, source: str, *, file: str = "entitlements.yaml") -> Plan:
    """Say what applying ``source`` would change, and what is odd about it."""
    caller.require(Verb.ENTITLEMENTS_PLAN)
    return _plan(session, documents.parse(source, file=file), _latest(session))


def apply(
    session: Session,
    caller: Caller,
    source: str,
    *,
    base_version: int,
    now: datetime,
    file: str = "entitlements.yaml",
    from_file: bool = False,
) -> Applied:
    """Put the whole of ``source`` in force, if ``base_version`` still is.

    ``from_file`` says that the installation takes its entitlements from a file on the server.
    """
    caller.require(Verb.ENTITLEMENTS_APPLY)
    if from_file:
        raise EntitlementsFromFile("PROTEM_ENTITLEMENTS_FILE is set: change that file, and restart")
    document = documents.parse(source, file=file)
    latest = _latest(session)
    if latest.version != base_version:
        raise _moved(base_version, latest.version)
    return _apply(session, caller, document, latest, now=now)


def apply_file(session: Session, path: Path, *, now: datetime) -> Applied:
    """Put the file that PROTEM_ENTITLEMENTS_FILE names in force; replicas that start together agree."""
    document = documents.parse(_text(path), file=str(path))
    try:
        return _apply(session, _FILE, document, _latest(session), now=now)
    except VersionMoved:
        return _apply(session, _FILE, document, _latest(session), now=now)


def visible(session: Session, caller: Caller, *, relation: Relation | None = None) -> tuple[Entitlement, ...]:
    """Return the entitlements that ``caller`` may ask under or approve for; admins and auditors see all.

    ``relation`` narrows to ``REQUESTER`` or ``APPROVER``.
    """
    caller.require(Verb.ENTITLEMENTS_LIST)
    rules = documents.entitlements(_latest(session).document)
    if relation is None and not caller.relations.isdisjoint({Relation.ADMIN, Relation.AUDITOR}):
        return rules
    wanted = {relation} if relation else {Relation.REQUESTER, Relation.APPROVER}
    return tuple(rule for rule in rules if wanted & relations(rule, caller))


def relations(rule: Entitlement, caller: Caller) -> frozenset[Relation]:
    """Return how ``caller`` stands to an entitlement: as one who may ask, approve, both or neither."""
    if (person := caller.person) is None:
        return frozenset()
    asks = rule.requesters.include(person)
    approves = rule.approval is not None and any(
        step.approvers.include(person) for step in rule.approval.steps
    )
    found = ((Relation.REQUESTER, asks), (Relation.APPROVER, approves))
    return frozenset(relation for relation, holds in found if holds)


def _latest(session: Session) -> EntitlementVersion:
    newest = select(EntitlementVersion).order_by(EntitlementVersion.version.desc()).limit(1)
    return session.scalars(newest).one_or_none() or EntitlementVersion(
        version=0, digest=digests.digest(_NOTHING), document=_NOTHING
    )


def _plan(session: Session, document: Document, base: EntitlementVersion) -> Plan:
    return Plan(
        base_version=base.version,
        base_digest=base.digest,
        digest=document.digest,
        differences=between(base.document, document.normal),
        warnings=warnings(session, document.entitlements),
    )


def _apply(
    session: Session, caller: Caller, document: Document, base: EntitlementVersion, *, now: datetime
) -> Applied:
    planned = _plan(session, document, base)
    if planned.unchanged:
        return Applied(base.version, base.digest, planned)
    version = base.version + 1
    _insert(session, caller, document, version=version, now=now)
    changed = planned.differences
    facts = {
        "version": version,
        "digest": document.digest,
        "added": list(changed.added),
        "removed": list(changed.removed),
        "changed": [rule.name for rule in changed.changed],
    }
    audit.record(session, EventType.ENTITLEMENTS_APPLIED, now=now, caller=caller, facts=facts)
    return Applied(version, document.digest, planned)


def _insert(session: Session, caller: Caller, document: Document, *, version: int, now: datetime) -> None:
    # The primary key decides between two who apply at once; the savepoint keeps the loser's session usable.
    row = EntitlementVersion(
        version=version,
        digest=document.digest,
        document=document.normal,
        source=document.source,
        applied_at=now,
        applied_by=caller.label,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise _moved(version - 1, version) from None


def _moved(base: int, latest: int) -> VersionMoved:
    return VersionMoved(
        f"version {base} is no longer the current one; plan again, against version {latest}",
        facts={"base_version": base, "current_version": latest},
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise EntitlementsInvalid(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise EntitlementsInvalid(f"{path} is not UTF-8 at byte {error.start}") from None
