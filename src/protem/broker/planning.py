"""What putting a document in force would change, and what becomes of what hangs on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import activation, effects, held, policy
from protem.broker.documents import Document
from protem.broker.documents.differences import FieldChange, between
from protem.broker.documents.doubts import warnings
from protem.broker.effects import Effect
from protem.broker.ground import Ground
from protem.broker.held import Held
from protem.broker.lost import Cover
from protem.db.models import EntitlementVersion
from protem.domain import digests, names
from protem.domain.entitlements import Entitlement, OnEligibilityLost, Policy
from protem.domain.lifecycle import GrantState

_NOTHING: dict[str, Any] = {"entitlements": []}


@dataclass(frozen=True, slots=True)
class Change:
    """One entitlement that is added, removed or changed; ``fields`` only where it stays."""

    name: str
    fields: tuple[FieldChange, ...]
    effect: Effect
    held: Held
    void_grants: int
    """Scheduled grants that would not begin any more."""
    lost_grants: int
    """Live grants that would be ended, because the entitlement ends what it no longer covers."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying a document would change about the version it was compared with."""

    document: Document
    base_version: int
    base_digest: str
    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    changed: tuple[Change, ...]
    warnings: tuple[str, ...]

    @property
    def digest(self) -> str:
        return self.document.digest

    @property
    def unchanged(self) -> bool:
        return self.digest == self.base_digest

    @property
    def removed_keys(self) -> frozenset[str]:
        """The keys of the names under which nothing can be asked for any more."""
        return frozenset(names.key(change.name) for change in self.removed)


def plan(session: Session, document: Document, *, now: datetime) -> Plan:
    """Compare a document with the version in force."""
    base = latest(session)
    before = policy.version(session, base.version) if base.version else Policy()
    # A version that cannot be read allows nobody anything, and so everything would be new.
    readable = base.document if before.entitlements else _NOTHING
    found = between(readable, document.normal)
    case = _Case(session, before, document, now)
    return Plan(
        document=document,
        base_version=base.version,
        base_digest=base.digest,
        added=tuple(case.change(name) for name in found.added),
        removed=tuple(case.change(name) for name in found.removed),
        changed=tuple(case.change(one.name, one.fields) for one in found.changed),
        warnings=warnings(session, document.entitlements),
    )


def latest(session: Session) -> EntitlementVersion:
    """Return the version in force; version 0, the empty one, before anything was applied."""
    newest = select(EntitlementVersion).order_by(EntitlementVersion.version.desc()).limit(1)
    return session.scalars(newest).one_or_none() or EntitlementVersion(
        version=0, digest=digests.digest(_NOTHING), document=_NOTHING
    )


class _Case:
    """One comparison, with everything that is read once for all of its changes."""

    def __init__(self, session: Session, before: Policy, document: Document, now: datetime) -> None:
        self._session, self._now = session, now
        self._after = {names.key(rule.name): rule for rule in document.entitlements}
        self._effects: Mapping[str, Effect] = {}
        if before.entitlements != document.entitlements:
            self._ground = Ground.load(session)
            self._effects = effects.between(before.entitlements, document.entitlements, self._ground)
        self._held = held.by_entitlement(session, now=now)

    def change(self, name: str, fields: tuple[FieldChange, ...] = ()) -> Change:
        key = names.key(name)
        owed = self._held.get(key, held.NOTHING)
        return Change(
            name=name,
            fields=fields,
            effect=self._effects.get(key, effects.NONE),
            held=owed,
            void_grants=self._void(key, self._after.get(key)) if owed.scheduled_grants else 0,
            lost_grants=self._lost(key, self._after.get(key)) if owed.live_grants else 0,
        )

    def _void(self, key: str, rule: Entitlement | None) -> int:
        scheduled = held.grants(self._session, {key}, now=self._now, states=(GrantState.SCHEDULED,))
        if rule is None:
            return len(scheduled)
        return sum(activation.hindered(self._session, grant, rule) is not None for grant in scheduled)

    def _lost(self, key: str, rule: Entitlement | None) -> int:
        if rule is None or rule.on_eligibility_lost is not OnEligibilityLost.END or key not in self._effects:
            return 0
        cover = Cover.of(rule, self._ground.directory)
        live = held.grants(self._session, {key}, now=self._now, states=held.BEGUN)
        lost = (cover.why_lost(one.principal_id, one.account_id, one.permission_set_arn) for one in live)
        return sum(why is not None for why in lost)
