"""What AWS holds, as it was last seen, for those who watch over it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import pages
from protem.broker.callers import Caller
from protem.broker.filters import Conditions, equal, holder
from protem.broker.pages import FIRST, Page, Paging
from protem.db.models import Assignment, Observed, Provenance
from protem.db.models.grants import HELD, grouped
from protem.domain.advice import advise, known
from protem.domain.authority import Verb
from protem.domain.causes import Cause


def list_(
    session: Session,
    caller: Caller,
    *,
    account: str | None = None,
    permission_set: str | None = None,
    principal: str | None = None,
    provenance: Provenance | None = None,
    observed: Observed | None = None,
    stuck: bool | None = None,
    paging: Paging = FIRST,
) -> Page[Assignment]:
    """Return the assignments that Protem knows of, the newest row first.

    ``account`` is an id, ``permission_set`` an ARN, ``principal`` a user's name or id, or a group's id.
    """
    caller.require(Verb.ASSIGNMENTS_LIST)
    conditions = [
        *equal(Assignment.account_id, account),
        *equal(Assignment.permission_set_arn, permission_set),
        *holder(session, Assignment.principal_id, principal),
        *equal(Assignment.provenance, provenance),
        *equal(Assignment.observed, observed),
        *_stuck(wanted=stuck),
    ]
    if provenance not in {None, Provenance.NONE} or observed not in {None, Observed.ABSENT}:
        conditions.append(grouped(HELD))  # of all that there ever were, few are
    found = select(Assignment).where(*conditions)
    return pages.cut(session, found, paging, of="assignments", by=(Assignment.id,), descending=True)


def advice(row: Assignment) -> str | None:
    """Return what to do about the latest error of an assignment, if its latest try had one."""
    if row.last_error is None:
        return None
    code = row.last_error_code or ""
    return advise(_cause(row), code=code, reason=row.last_error)


def cause(row: Assignment) -> str | None:
    """Return what the latest error of an assignment comes from, if its latest try had one."""
    return None if row.last_error is None else _cause(row).value


def _cause(row: Assignment) -> Cause:
    return known(row.last_error_cause, code=row.last_error_code or "", reason=row.last_error or "")


def _stuck(*, wanted: bool | None) -> Conditions:
    since = Assignment.stuck_since
    if wanted is None:
        return []
    return [since.is_not(None) if wanted else since.is_(None)]
