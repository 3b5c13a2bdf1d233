"""Assignments: what AWS holds."""

from typing import Annotated

from fastapi import APIRouter, Query

from protem.api.calls import AnyCall
from protem.api.operations import operation
from protem.api.paging import AnyPaging
from protem.api.schemas import assignments as schemas
from protem.api.schemas.pages import Page, page
from protem.broker import assignments
from protem.db.models import Observed, Provenance
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
            paging=paging,
        )
        return page(found, schemas.Assignment.of)
