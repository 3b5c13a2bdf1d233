"""Signed statements of how far the record had come."""

from typing import Annotated

from fastapi import APIRouter, Query

from protem.api.calls import AnyCall
from protem.api.operations import operation
from protem.api.paging import AnyPaging
from protem.api.schemas import audit_checkpoints as schemas
from protem.api.schemas.pages import Page, page
from protem.broker.record import checkpoints
from protem.domain.authority import Verb

router = APIRouter()

_LARGEST = 2**53 - 1


@router.get("/v1/audit-checkpoints", **operation(Verb.AUDIT_CHECKPOINTS_LIST))
def list_audit_checkpoints(
    *,
    call: AnyCall,
    paging: AnyPaging,
    sequence: Annotated[
        int | None, Query(ge=1, le=_LARGEST, description="Only the first one that covers this event.")
    ] = None,
) -> Page[schemas.AuditCheckpoint]:
    """List the checkpoints, the newest first; keep some where nobody who runs Protem can change them."""
    with call.reading() as turn:
        found = checkpoints.list_(turn.session, turn.caller, sequence=sequence, paging=paging)
        return page(found, schemas.AuditCheckpoint.of)
