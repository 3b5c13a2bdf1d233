"""Who can ask for more because the catalogue has changed, though nobody changed an entitlement."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from protem.broker import audit, policy, reasons
from protem.broker.ground import Block, Ground, Some
from protem.db.models import CatalogueSync
from protem.domain.catalogue import Account, PermissionSet
from protem.domain.effects import gained
from protem.domain.entitlements import Entitlement
from protem.domain.events import EventType

_NAMED = 20
_REASONS = 20


def record(session: Session, *, earlier: Session, now: datetime) -> int:
    """Leave an event for each entitlement that lets somebody ask for more than ``earlier`` shows.

    ``earlier`` sees the catalogue as it was. The first look at AWS leaves none: there was nothing to
    ask for before. Return how many events there are.
    """
    rules, looked = policy.current(session), earlier.get(CatalogueSync, "catalogue")
    if not rules.entitlements or looked is None or looked.completed_at is None:
        return 0
    comparison = _Comparison.between(Ground.load(earlier), Ground.load(session))
    widened = [facts for rule in rules.entitlements if (facts := comparison.facts(rule))]
    for facts in widened:
        told = {"entitlement_version": rules.version, **facts}
        audit.record(session, EventType.CATALOGUE_WIDENED, now=now, facts=told)
    return len(widened)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """The catalogue before and after, and the few things about which selectors may think otherwise."""

    before: Ground
    after: Ground
    accounts: tuple[Account, ...]
    permission_sets: tuple[PermissionSet, ...]

    @classmethod
    def between(cls, before: Ground, after: Ground) -> "_Comparison":
        accounts = (one for id_, one in after.accounts.items() if one != before.accounts.get(id_))
        sets = (one for arn, one in after.permission_sets.items() if one != before.permission_sets.get(arn))
        return cls(before, after, tuple(accounts), tuple(sets))

    def facts(self, rule: Entitlement) -> dict[str, Any] | None:
        """Return what somebody gained under a rule, or None where nobody did."""
        speakers = self.after.members(rule.requesters_for) - self.before.members(rule.requesters_for)
        if not (speakers or self._concerned(rule)):
            return None
        reach = self.after.reach(rule)
        parts = gained(self.before.reach(rule), reach)
        if not (parts or (speakers and reach)):
            return None
        told = reasons.why(rule, self.before, self.after)
        return {
            "entitlement": rule.name,
            "gains": [_block(self.after.shown(part, named=_NAMED)) for part in parts],
            "may_ask_for_others": _some(self.after.people(speakers, named=_NAMED)),
            "reasons": list(islice(told, _REASONS)),
        }

    def _concerned(self, rule: Entitlement) -> bool:
        """Tell whether anything that changed is new to a rule, without going through all that it picks."""
        return (
            not self.after.members(rule.requesters) <= self.before.members(rule.requesters)
            or any(rule.accounts.include(account) for account in self.accounts)
            or any(rule.permission_sets.include(found) for found in self.permission_sets)
        )


def _block(block: Block) -> dict[str, Any]:
    return {
        "principals": _some(block.principals),
        "accounts": _some(block.accounts),
        "permission_sets": _some(block.permission_sets),
    }


def _some(some: Some) -> dict[str, Any]:
    return {"count": some.count, "names": list(some.names)}
