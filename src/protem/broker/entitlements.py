"""Planning and applying entitlements."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from protem.broker import audit, bearings, documents, ending, held, planning, policy
from protem.broker.callers import Caller
from protem.broker.documents import Document
from protem.broker.effects import Direction
from protem.broker.planning import Plan
from protem.db.models import CatalogueSync, EntitlementVersion, TokenRole
from protem.db.store import RULES, announce
from protem.domain.authority import Verb
from protem.domain.errors import EntitlementsFromFile, EntitlementsInvalid, FieldError, VersionMoved
from protem.domain.events import EventType
from protem.domain.lifecycle import EndReason

_FILE = Caller(name="entitlements-file", role=TokenRole.ADMIN)
_MOST_NAMED = 100


@dataclass(frozen=True, slots=True)
class Applied:
    """The version in force after applying, and what became of what hung on removed entitlements."""

    version: int
    digest: str
    plan: Plan
    grants_ended: int = 0
    grants_left: int = 0
    """Live grants under removed entitlements, which run to their end."""
    grants_left_until: datetime | None = None
    requests_left: int = 0
    """Requests under removed entitlements, which nobody can approve any more."""


def plan(
    session: Session, caller: Caller, document: Document, *, now: datetime, strict: bool = False
) -> Plan:
    """Say what applying a document would change, and what is odd about it.

    ``strict`` refuses what is odd, naming all of it.
    """
    caller.require(Verb.ENTITLEMENTS_PLAN)
    found = planning.plan(session, document, now=now)
    if strict:
        refuse_odd(found)
    return found


def require_appliable(caller: Caller, *, from_file: bool) -> None:
    """Raise a refusal where ``caller`` could not apply anything; there is no need to read it then.

    ``from_file`` says that the installation takes its entitlements from a file on the server.
    """
    caller.require(Verb.ENTITLEMENTS_APPLY)
    refuse_from_file(from_file=from_file)


def refuse_from_file(*, from_file: bool) -> None:
    """Raise ``EntitlementsFromFile`` where a file on the server is their only source."""
    if from_file:
        raise EntitlementsFromFile("PROTEM_ENTITLEMENTS_FILE is set: change that file, and restart")


def apply(
    session: Session,
    caller: Caller,
    planned: Plan,
    *,
    base_version: int,
    now: datetime,
    end_grants: bool = False,
) -> Applied:
    """Put the whole of what was planned in force, if ``base_version`` still is.

    ``end_grants`` ends what is owed under removed entitlements; else it runs to its end.
    """
    caller.require(Verb.ENTITLEMENTS_APPLY)
    refuse_moved(session, planned, base_version=base_version)
    return _put(session, caller, planned, end_grants=end_grants, now=now)


def refuse_moved(session: Session, planned: Plan, *, base_version: int) -> None:
    """Raise ``VersionMoved`` unless ``base_version`` is in force, and what was planned against."""
    current = session.scalars(select(func.max(EntitlementVersion.version))).one() or 0
    if not base_version == planned.base_version == current:
        raise _moved(base_version, current)


def refuse_odd(planned: Plan) -> None:
    """Raise ``EntitlementsInvalid`` with everything that is odd, if anything is."""
    if planned.warnings:
        count = len(planned.warnings)
        raise EntitlementsInvalid(
            f"{count} {'thing is' if count == 1 else 'things are'} odd, which strict was to refuse",
            errors=[FieldError("entitlements", warning) for warning in planned.warnings[:_MOST_NAMED]],
        )


def apply_file(session: Session, path: Path, *, now: datetime, strict: bool = False) -> None:
    """Put the file that PROTEM_ENTITLEMENTS_FILE names in force; replicas that start together agree.

    ``strict`` refuses what is odd about a file that is new; what is in force already never keeps a
    process, and with it the ending of access, from starting.
    """
    document = documents.parse(_text(path), file=str(path))
    try:
        _put_file(session, document, strict=strict, now=now)
    except VersionMoved:
        _put_file(session, document, strict=strict, now=now)


def end_more(session: Session, caller: Caller, applied: Applied, *, now: datetime) -> Applied:
    """End what is owed by now under what a version removed, once that version is committed.

    An approval that had still read the version before may have been committed beside. What a later
    version has again is left alone.
    """
    caller.require(Verb.ENTITLEMENTS_APPLY)
    rules = policy.current(session)
    gone = [key for key in applied.plan.removed_keys if rules.named(key) is None]
    ended = _end(session, caller, gone, version=applied.version, now=now)
    return replace(applied, grants_ended=applied.grants_ended + ended)


def _put_file(session: Session, document: Document, *, strict: bool, now: datetime) -> None:
    if planning.latest(session).digest == document.digest:
        return
    planned = planning.plan(session, document, now=now)
    synchronised = session.get(CatalogueSync, "catalogue")
    # Before the first look at AWS no name can be checked, and there is none before the first start.
    if strict and synchronised is not None and synchronised.completed_at is not None:
        refuse_odd(planned)
    _put(session, _FILE, planned, end_grants=False, now=now)


def _put(session: Session, caller: Caller, planned: Plan, *, end_grants: bool, now: datetime) -> Applied:
    if planned.unchanged:
        return Applied(planned.base_version, planned.digest, planned)
    caller.require_second(Verb.ENTITLEMENTS_APPLY)
    version = planned.base_version + 1
    _insert(session, caller, planned.document, version=version, now=now)
    removed = planned.removed_keys
    ended = _end(session, caller, removed, version=version, now=now) if end_grants else 0
    _record(session, caller, planned, version=version, ended=ended, now=now)
    left = held.by_entitlement(session, now=now)
    under = [left[key] for key in removed if key in left]
    return Applied(
        version,
        planned.digest,
        planned,
        grants_ended=ended,
        grants_left=sum(one.live_grants for one in under),
        grants_left_until=max((one.live_until for one in under if one.live_until), default=None),
        requests_left=sum(one.pending_requests for one in under),
    )


def _end(session: Session, caller: Caller, removed: Collection[str], *, version: int, now: datetime) -> int:
    comment = f"version {version} of the entitlements no longer has the one that gave this"
    ended = [
        ending.end(
            session,
            grant,
            by=caller.on_record,
            reason=EndReason.ELIGIBILITY_LOST,
            comment=comment,
            caller=caller,
            now=now,
        )
        for grant in held.grants(session, removed, now=now)
    ]
    return sum(ended)


def _record(
    session: Session, caller: Caller, planned: Plan, *, version: int, ended: int, now: datetime
) -> None:
    changes = (*planned.added, *planned.changed)
    facts = {
        "version": version,
        "digest": planned.digest,
        "added": [change.name for change in planned.added],
        "removed": [change.name for change in planned.removed],
        "changed": [change.name for change in planned.changed],
        "widened": [
            change.name for change in changes if change.effect.direction in (Direction.WIDENS, Direction.BOTH)
        ],
        "grants_ended": ended,
    }
    audit.record(session, EventType.ENTITLEMENTS_APPLIED, now=now, caller=caller, facts=facts)
    announce(session, RULES)


def _insert(session: Session, caller: Caller, document: Document, *, version: int, now: datetime) -> None:
    # The primary key decides between two who apply at once; the savepoint keeps the loser's session usable.
    row = EntitlementVersion(
        version=version,
        digest=document.digest,
        document=document.normal,
        source=document.source,
        applied_at=now,
        applied_by=caller.on_record,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise _moved(version - 1, version) from None
    bearings.renew(session)


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
