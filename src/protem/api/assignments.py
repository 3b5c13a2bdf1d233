"""Assignments: what AWS holds."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from protem.api.calls import AnyCall, Turn
from protem.api.idempotency import IdempotencyKey, once
from protem.api.operations import operation
from protem.api.paging import AnyPaging
from protem.api.proposing import PROPOSED, proposed
from protem.api.refusing import KEYED
from protem.api.schemas import assignments as schemas
from protem.api.schemas.pages import Page, page
from protem.broker import assignments, force_closing, retrying
from protem.broker.proposals.assignments import propose_force_closing
from protem.db.models import Observed, Provenance
from protem.domain import errors
from protem.domain.authority import Verb

router = APIRouter()


@router.get("/v1/assignments", **operation(Verb.ASSIGNMENTS_LIST))
def list_assignments(
    *,
    call: AnyCall,
    paging: AnyPaging,
    account: Annotated[str | None, Query(max_length=12, description="An account id.")] = None,
    permission_set: Annotated[str | None, Query(max_length=256, description="An ARN.")] = None,
    principal: Annotated[
        str | None, Query(max_length=256, description="A user's name or id, or a group's id.")
    ] = None,
    provenance: Provenance | None = None,
    observed: Observed | None = None,
    stuck: Annotated[bool | None, Query(description="Whether its ending fails, or is blocked.")] = None,
) -> Page[schemas.Assignment]:
    """List the assignments that Protem knows of, as AWS was last seen to hold them."""
    with call.reading() as turn:
        found = assignments.list_(
            turn.session,
            turn.caller,
            account=account,
            permission_set=permission_set,
            principal=principal,
            provenance=provenance,
            observed=observed,
            stuck=stuck,
            paging=paging,
        )
        return page(found, schemas.Assignment.of)


@router.post(
    "/v1/assignments/{assignment_id}/retry",
    status_code=202,
    response_model=schemas.Assignment,
    **operation(Verb.ASSIGNMENTS_RETRY, errors.NotFound, errors.NothingToRetry, *KEYED),
)
def retry_assignment(
    call: AnyCall, assignment_id: uuid.UUID, idempotency_key: IdempotencyKey = None
) -> Response:
    """Have what failed tried again now, instead of when it would have been."""

    def retry(turn: Turn) -> schemas.Assignment:
        row = retrying.retry(turn.session, turn.caller, assignment_id, now=turn.now)
        return schemas.Assignment.of(row)

    key = idempotency_key
    return once(call, retry, verb=Verb.ASSIGNMENTS_RETRY, key=key, of=assignment_id, status=202)


@router.post(
    "/v1/assignments/{assignment_id}/force-close",
    response_model=schemas.Assignment,
    **operation(
        Verb.ASSIGNMENTS_FORCE_CLOSE,
        errors.NotFound,
        errors.ForceCloseRefused,
        body=True,
        others=PROPOSED,
    ),
)
def force_close_assignment(call: AnyCall, assignment_id: uuid.UUID, new: schemas.ForceClosing) -> Any:
    """Say that AWS cannot hold it any more, since its account is gone. Two admins have to want it."""
    with call.writing() as turn:
        session, caller, now = turn.session, turn.caller, turn.now
        if caller.alone:
            lifetime = call.services.settings.change_lifetime
            change = propose_force_closing(
                session, caller, assignment_id, comment=new.comment, lifetime=lifetime, now=now
            )
            return proposed(change).response()
        row = force_closing.force_close(session, caller, assignment_id, comment=new.comment, now=now)
        return schemas.Assignment.of(row)
