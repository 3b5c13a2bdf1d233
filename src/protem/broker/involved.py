"""Whom a request concerns, written down so that lists need no policy."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from protem.db.models import Involved, Involvement, Request
from protem.db.models.requests import LONGEST_HANDLE
from protem.domain.entitlements import Entitlement
from protem.domain.steps import Step


def note(session: Session, request: Request, entitlement: Entitlement, steps: Iterable[Step]) -> None:
    """Write down who could decide about a request, and who has to review broken glass.

    Left out is what no directory can hold: normalised, one character may become eighteen.
    """
    approvers = frozenset[str]().union(*(step.approvers.handles for step in steps))
    reviewers = entitlement.notify.handles if entitlement.break_glass else frozenset[str]()
    for relation, handles in ((Involvement.APPROVER, approvers), (Involvement.REVIEWER, reviewers)):
        session.add_all(
            Involved(request_id=request.id, relation=relation, handle=handle)
            for handle in sorted(handles)
            if len(handle) <= LONGEST_HANDLE
        )
