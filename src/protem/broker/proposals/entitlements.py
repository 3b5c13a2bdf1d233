"""Applying entitlements, when two have to want it."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from protem.broker import documents, entitlements, planning
from protem.broker.callers import Caller
from protem.broker.planning import Plan
from protem.broker.proposals.proposing import propose
from protem.broker.proposals.terms import Aftermath, Arguments
from protem.db.models import Change
from protem.domain.authority import Verb
from protem.domain.errors import EntitlementsInvalid

_NAMED = 10


def propose_applying(
    session: Session,
    caller: Caller,
    planned: Plan,
    *,
    base_version: int,
    end_grants: bool,
    strict: bool,
    lifetime: timedelta,
    now: datetime,
) -> Change:
    """Propose to put what was planned in force. Raises ``VersionMoved`` if its base no longer is."""
    caller.require(Verb.ENTITLEMENTS_APPLY)
    entitlements.refuse_moved(session, planned, base_version=base_version)
    return propose(
        session,
        caller,
        Verb.ENTITLEMENTS_APPLY,
        subject=planned.digest,
        summary=_summary(planned, end_grants=end_grants),
        payload={
            "source": planned.document.source,
            "digest": planned.digest,
            "base_version": base_version,
            "end_grants": end_grants,
            "strict": strict,
        },
        lifetime=lifetime,
        now=now,
    )


def plan(session: Session, arguments: Arguments, *, strict: bool, now: datetime) -> Plan:
    """Say what it would change about what is in force now; either may ask to refuse what is odd."""
    document = documents.parse(arguments["source"], file="entitlements.yaml")
    if document.digest != arguments["digest"]:
        # What was shown to both must be what is put in force, also after an upgrade that reads differently.
        raise EntitlementsInvalid("this version of Protem reads the document differently: propose it again")
    planned = planning.plan(session, document, now=now)
    if strict or arguments["strict"]:
        entitlements.refuse_odd(planned)
    return planned


def apply(
    session: Session, caller: Caller, arguments: Arguments, planned: Plan, *, now: datetime
) -> Aftermath | None:
    """Carry it out; what is owed under removed entitlements ends also where it was approved beside."""
    applied = entitlements.apply(
        session,
        caller,
        planned,
        base_version=arguments["base_version"],
        end_grants=arguments["end_grants"],
        now=now,
    )
    if not arguments["end_grants"]:
        return None
    return lambda later, at: entitlements.end_more(later, caller, applied, now=at)


def _summary(planned: Plan, *, end_grants: bool) -> str:
    changes = {"add": planned.added, "change": planned.changed, "remove": planned.removed}
    parts = [f"{verb} {_names([one.name for one in found])}" for verb, found in changes.items() if found]
    ending = ["end what is owed under what is removed"] if end_grants else []
    what = "; ".join([*parts, *ending]) or "write it differently"
    return f"apply entitlements over version {planned.base_version}: {what}"


def _names(names: list[str]) -> str:
    more = [f"and {len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return ", ".join([*names[:_NAMED], *more])
