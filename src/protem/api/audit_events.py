"""The record of everything that happened."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query

from protem.api.calls import AnyCall
from protem.api.operations import operation
from protem.api.paging import AnyPaging
from protem.api.schemas import audit_events as schemas
from protem.api.schemas.fields import Instant
from protem.api.schemas.pages import Page, page
from protem.broker import events
from protem.domain.authority import Verb
from protem.domain.events import EventType

router = APIRouter()


@router.get("/v1/audit-events", **operation(Verb.AUDIT_EVENTS_LIST))
def list_audit_events(
    *,
    call: AnyCall,
    paging: AnyPaging,
    type_: Annotated[EventType | None, Query(alias="type")] = None,
    request_id: uuid.UUID | None = None,
    grant_id: uuid.UUID | None = None,
    principal: Annotated[str | None, Query(max_length=256, description="Whom it happened to.")] = None,
    account: Annotated[str | None, Query(max_length=12, description="An account id.")] = None,
    since: Annotated[Instant | None, Query(description="Not before this time.")] = None,
    until: Annotated[Instant | None, Query(description="Before this time.")] = None,
    oldest_first: bool = False,
) -> Page[schemas.AuditEvent]:
    """List what happened, the newest first unless told otherwise."""
    with call.reading() as turn:
        found = events.list_(
            turn.session,
            turn.caller,
            type_=type_,
            request_id=request_id,
            grant_id=grant_id,
            principal=principal,
            account=account,
            since=since,
            until=until,
            oldest_first=oldest_first,
            paging=paging,
        )
        return page(found, schemas.AuditEvent.of)
