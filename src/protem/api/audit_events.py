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
from protem.broker.event_filters import Wanted
from protem.domain import errors
from protem.domain.authority import Verb
from protem.domain.events import EventType

router = APIRouter()

_UNKNOWN = (errors.UnknownPrincipal, errors.UnknownAccount, errors.UnknownPermissionSet)


@router.get("/v1/audit-events", **operation(Verb.AUDIT_EVENTS_LIST, *_UNKNOWN))
def list_audit_events(
    *,
    call: AnyCall,
    paging: AnyPaging,
    types: Annotated[
        list[EventType] | None, Query(alias="type", max_length=100, description="Any of these.")
    ] = None,
    caller: Annotated[
        str | None, Query(max_length=512, description="Who called: a label as on record, or a user name.")
    ] = None,
    acting_as: Annotated[
        str | None, Query(max_length=512, description="As whom a service acted: a label, or a user name.")
    ] = None,
    principal: Annotated[
        str | None, Query(max_length=256, description="Whom it happened to: a user name or id.")
    ] = None,
    account: Annotated[str | None, Query(max_length=256, description="An account's name or id.")] = None,
    permission_set: Annotated[str | None, Query(max_length=256, description="A name or ARN.")] = None,
    request_id: uuid.UUID | None = None,
    grant_id: uuid.UUID | None = None,
    since: Annotated[Instant | None, Query(description="Not before this time.")] = None,
    until: Annotated[Instant | None, Query(description="Before this time.")] = None,
    oldest_first: bool = False,
) -> Page[schemas.AuditEvent]:
    """List what happened, the newest first unless told otherwise; a page may be short of `limit`."""
    wanted = Wanted(
        types=types or (),
        caller=caller,
        acting_as=acting_as,
        principal=principal,
        account=account,
        permission_set=permission_set,
        request_id=request_id,
        grant_id=grant_id,
    )
    with call.reading() as turn:
        found = events.list_(
            turn.session,
            turn.caller,
            wanted,
            since=since,
            until=until,
            oldest_first=oldest_first,
            paging=paging,
        )
        return page(found, schemas.AuditEvent.of)
