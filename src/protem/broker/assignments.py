"""What AWS holds, as it was last seen, for those who watch over it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import pages
from protem.broker.callers import Caller
from protem.broker.filters import equal, holder
from protem.broker.pages import FIRST, Page, Paging
from protem.db.models import Assignment, Observed, Provenance
from protem.domain.authority import Verb


def list_(
    session: Session,
    caller: Caller,
    *,
    account: str | None = None,
    permission_set: str | None = None,
    principal: str | None = None,
    provenance: Provenance | None = None,
    observed: Observed | None = None,
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
    ]
    found = select(Assignment).where(*conditions)
    return pages.cut(session, found, paging, of="assignments", by=(Assignment.id,), descending=True)
