"""Grants, and the red button."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from protem.api import bounds, conditional
from protem.api.calls import AnyCall, Turn
from protem.api.conditional import IfNoneMatch, Wait
from protem.api.idempotency import IdempotencyKey, once
from protem.api.operations import operation
from protem.api.paging import AnyPaging
from protem.api.presenting import grants as presenting
from protem.api.refusing import EXTENDING, KEYED
from protem.api.schemas import grants as schemas
from protem.api.schemas import submissions
from protem.api.schemas.pages import Page
from protem.broker import extensions, grants
from protem.domain import errors
from protem.domain.authority import Verb
from protem.domain.lifecycle import GrantState

router = APIRouter()

_NO_COMMENT = submissions.Revocation()


@router.get("/v1/grants", **operation(Verb.GRANTS_LIST))
def list_grants(
    *,
    call: AnyCall,
    paging: AnyPaging,
    state: GrantState | None = None,
    live: Annotated[
        bool | None, Query(description="Whether AWS may still have to be brought into line.")
    ] = None,
    principal: Annotated[str | None, Query(max_length=256, description="A user name or id.")] = None,
    account: Annotated[str | None, Query(max_length=12, description="An account id.")] = None,
    permission_set: Annotated[str | None, Query(max_length=256, description="An ARN.")] = None,
    request_id: uuid.UUID | None = None,
) -> Page[schemas.Grant]:
    """List the grants that you may see, the newest first."""
    with call.reading() as turn:
        found = grants.list_(
            turn.session,
            turn.caller,
            state=state,
            live=live,
            principal=principal,
            account=account,
            permission_set=permission_set,
            request_id=request_id,
            paging=paging,
        )
        return Page(items=presenting.page(turn, found.items), next_cursor=found.next_cursor)


@router.get(
    "/v1/grants/{grant_id}",
    response_model=schemas.Grant,
    **operation(Verb.GRANTS_READ, errors.NotFound, errors.TooManyWaiters, others=conditional.NOT_MODIFIED),
)
async def read_grant(
    request: Request,
    call: AnyCall,
    grant_id: uuid.UUID,
    wait: Wait = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Read a grant, perhaps once it has changed."""
    return await conditional.answer(
        request,
        call,
        lambda turn: presenting.one(turn, grants.read(turn.session, turn.caller, grant_id)),
        if_none_match=if_none_match,
        wait=wait,
    )


@router.post(
    "/v1/grants/{grant_id}/revoke",
    status_code=202,
    response_model=schemas.Grant,
    **operation(
        Verb.GRANTS_REVOKE, errors.NotFound, errors.AlreadyRevoked, errors.GrantOver, *KEYED, body=True
    ),
)
def revoke_grant(
    call: AnyCall,
    grant_id: uuid.UUID,
    new: submissions.Revocation = _NO_COMMENT,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Owe this access no longer; AWS is brought into line at once, and `ended_at` says when it was."""

    def revoke(turn: Turn) -> schemas.Grant:
        revoked = grants.revoke(turn.session, turn.caller, grant_id, comment=new.comment, now=turn.now)
        return presenting.one(turn, revoked)

    key = idempotency_key
    return once(call, revoke, verb=Verb.GRANTS_REVOKE, key=key, of=grant_id, body=new, status=202)


@router.post(
    "/v1/grants/{grant_id}/extend",
    status_code=202,
    response_model=schemas.Grant,
    **operation(Verb.GRANTS_EXTEND, *EXTENDING, body=True),
)
def extend_grant(
    call: AnyCall, grant_id: uuid.UUID, new: submissions.NewExtension, idempotency_key: IdempotencyKey = None
) -> Response:
    """Ask for a grant to last longer: `ends_at` moves once everybody who has to agree has done so."""
    key, limits = idempotency_key, bounds.of(call.services.settings)

    def extend(turn: Turn) -> schemas.Grant:
        wish = new.extension()
        extended = extensions.extend(turn.session, turn.caller, grant_id, wish, bounds=limits, now=turn.now)
        return presenting.one(turn, extended)

    return once(call, extend, verb=Verb.GRANTS_EXTEND, key=key, of=grant_id, body=new, status=202)
