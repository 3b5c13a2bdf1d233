"""Asking again for what was asked for before."""

import uuid

from fastapi import APIRouter
from starlette.responses import Response

from protem.api import bounds
from protem.api.calls import AnyCall, Turn
from protem.api.idempotency import IdempotencyKey, once
from protem.api.operations import operation
from protem.api.presenting import requests as presenting
from protem.api.refusing import ASKING
from protem.api.schemas import requests as schemas
from protem.broker import repeats
from protem.domain import errors
from protem.domain.authority import Verb

router = APIRouter()


@router.post(
    "/v1/requests/{request_id}/repeat",
    status_code=201,
    response_model=schemas.Request,
    **operation(Verb.REQUESTS_REPEAT, errors.NotFound, *ASKING),
)
def repeat_request(call: AnyCall, request_id: uuid.UUID, idempotency_key: IdempotencyKey = None) -> Response:
    """Ask for the same again, under the same entitlement as it is today; the answer is a new request."""
    key, limits = idempotency_key, bounds.of(call.services.settings)

    def repeat(turn: Turn) -> schemas.Request:
        asked = repeats.repeat(turn.session, turn.caller, request_id, bounds=limits, now=turn.now)
        return presenting.one(turn, asked)

    return once(
        call, repeat, verb=Verb.REQUESTS_REPEAT, key=key, of=request_id, status=201, at="/v1/requests"
    )
