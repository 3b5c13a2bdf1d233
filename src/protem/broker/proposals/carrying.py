"""What confirming each kind of change does."""

from datetime import datetime

from sqlalchemy.orm import Session

from protem.broker import entitlements as direct
from protem.broker.callers import Caller
from protem.broker.planning import Plan
from protem.broker.proposals import assignments, entitlements, locks, reviews, tokens
from protem.broker.proposals.terms import Aftermath
from protem.db.models import Change
from protem.domain.authority import Verb
from protem.domain.errors import Forbidden


def plan(session: Session, change: Change, *, from_file: bool, strict: bool, now: datetime) -> Plan | None:
    """Do what takes long and writes nothing; None for what is quick.

    ``from_file`` says that the installation takes its entitlements from a file on the server,
    ``strict`` that it refuses what is odd.
    """
    if change.verb != Verb.ENTITLEMENTS_APPLY:
        return None
    direct.refuse_from_file(from_file=from_file)
    return entitlements.plan(session, change.payload, strict=strict, now=now)


def carry_out(
    session: Session, caller: Caller, change: Change, *, planned: Plan | None, now: datetime
) -> Aftermath | None:
    """Have the effect that was proposed, with every check made as of now."""
    arguments = change.payload
    match change.verb:
        case Verb.ENTITLEMENTS_APPLY if planned is not None:
            return entitlements.apply(session, caller, arguments, planned, now=now)
        case Verb.LOCKS_LIFT:
            locks.lift(session, caller, arguments, now=now)
        case Verb.ASSIGNMENTS_FORCE_CLOSE:
            assignments.force_close(session, caller, arguments, now=now)
        case Verb.TOKENS_CREATE:
            tokens.issue(session, caller, arguments, now=now)
        case Verb.TOKENS_ROTATE:
            tokens.rotate(session, caller, arguments, now=now)
        case Verb.REVIEWS_CLOSE:
            reviews.close(session, caller, arguments, now=now)
        case _:
            raise Forbidden(f"this version of Protem cannot carry out {change.verb}: propose it again")
    return None
