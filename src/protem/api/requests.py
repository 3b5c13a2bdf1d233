"""Requests: asking, reading, answering, taking back."""

import uuid
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from protem.api import bounds, conditional
from protem.api.calls import AnyCall, Call, Turn
from protem.api.conditional import IfNoneMatch, Wait
from protem.api.idempotency import IdempotencyKey, once
from protem.api.operations import operation
from protem.api.paging import AnyPaging
from protem.api.presenting import dry_runs as explained
from protem.api.presenting import requests as presenting
from protem.api.refusing import ANSWERING, ASKING, KEYED
from protem.api.schemas import dry_runs, submissions
from protem.api.schemas import requests as schemas
from protem.api.schemas.pages import Page
from protem.broker import decisions, explaining, requests
from protem.domain import errors
from protem.domain.authority import Relation, Verb
from protem.domain.lifecycle import RequestState

router = APIRouter()

_DRY: dict[int | str, dict[str, Any]] = {
    200: {"model": dry_runs.DryRun, "description": "With `dry_run`: what would become of it."}
}


@router.post(
    "/v1/requests",
    status_code=201,
    response_model=schemas.Request,
    **operation(Verb.REQUESTS_SUBMIT, *ASKING, body=True, others=_DRY),
)
def submit_request(
    *,
    call: AnyCall,
    new: submissions.NewRequest,
    dry_run: Annotated[
        bool, Query(description="Only say what would become of it; `Idempotency-Key` then has no effect.")
    ] = False,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Ask for access; what needs nobody's approval is `approved` at once."""
    if dry_run:
        return JSONResponse(_tried(call, new).model_dump(mode="json"))
    key, limits = idempotency_key, bounds.of(call.services.settings)

    def submit(turn: Turn) -> schemas.Request:
        asked = requests.submit(turn.session, turn.caller, new.submission(), bounds=limits, now=turn.now)
        return presenting.one(turn, asked)

    return once(call, submit, verb=Verb.REQUESTS_SUBMIT, key=key, body=new, status=201, at="/v1/requests")


def _tried(call: Call, new: submissions.NewRequest) -> dry_runs.DryRun:
    limits = bounds.of(call.services.settings)
    with call.reading() as turn:
        found = explaining.dry_run(turn.session, turn.caller, new.submission(), bounds=limits, now=turn.now)
        return explained.one(found)


@router.get("/v1/requests", **operation(Verb.REQUESTS_LIST))
def list_requests(
    *,
    call: AnyCall,
    paging: AnyPaging,
    state: RequestState | None = None,
    entitlement: Annotated[str | None, Query(max_length=128)] = None,
    requester: Annotated[str | None, Query(max_length=256, description="A user name or id.")] = None,
    beneficiary: Annotated[str | None, Query(max_length=256, description="A user name or id.")] = None,
    account: Annotated[str | None, Query(max_length=12, description="An account id.")] = None,
    relation: Annotated[
        Literal["requester", "beneficiary", "approver", "reviewer"] | None,
        Query(description="Only those to which you stand like this."),
    ] = None,
) -> Page[schemas.Request]:
    """List the requests that you may see, the newest first."""
    with call.reading() as turn:
        found = requests.list_(
            turn.session,
            turn.caller,
            state=state,
            entitlement=entitlement,
            requester=requester,
            beneficiary=beneficiary,
            account=account,
            relation=Relation(relation) if relation else None,
            paging=paging,
        )
        return Page(items=presenting.page(turn, found.items), next_cursor=found.next_cursor)


@router.get(
    "/v1/requests/{request_id}",
    response_model=schemas.Request,
    **operation(Verb.REQUESTS_READ, errors.NotFound, errors.TooManyWaiters, others=conditional.NOT_MODIFIED),
)
async def read_request(
    request: Request,
    call: AnyCall,
    request_id: uuid.UUID,
    wait: Wait = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Read a request, perhaps once it has changed."""
    return await conditional.answer(
        request,
        call,
        lambda turn: presenting.one(turn, requests.read(turn.session, turn.caller, request_id)),
        if_none_match=if_none_match,
        wait=wait,
    )


@router.post(
    "/v1/requests/{request_id}/decisions",
    response_model=schemas.Request,
    **operation(Verb.REQUESTS_DECIDE, *ANSWERING, *KEYED, body=True),
)
def decide_request(
    call: AnyCall, request_id: uuid.UUID, new: submissions.NewDecision, idempotency_key: IdempotencyKey = None
) -> Response:
    """Approve or deny a request, as an approver who was shown what `digest` stands for."""

    def decide(turn: Turn) -> schemas.Request:
        decided = decisions.decide(
            turn.session,
            turn.caller,
            request_id,
            answer=new.answer,
            comment=new.comment,
            duration=new.duration,
            digest=new.digest,
            now=turn.now,
            minimum_duration=call.services.settings.minimum_duration,
        )
        return presenting.one(turn, decided)

    key = idempotency_key
    return once(call, decide, verb=Verb.REQUESTS_DECIDE, key=key, of=request_id, body=new, status=200)


@router.post(
    "/v1/requests/{request_id}/withdraw",
    response_model=schemas.Request,
    **operation(Verb.REQUESTS_WITHDRAW, errors.NotFound, errors.RequestAnswered, *KEYED),
)
def withdraw_request(
    call: AnyCall, request_id: uuid.UUID, idempotency_key: IdempotencyKey = None
) -> Response:
    """Take a request back before it is answered."""

    def withdraw(turn: Turn) -> schemas.Request:
        withdrawn = requests.withdraw(turn.session, turn.caller, request_id, now=turn.now)
        return presenting.one(turn, withdrawn)

    key = idempotency_key
    return once(call, withdraw, verb=Verb.REQUESTS_WITHDRAW, key=key, of=request_id, status=200)
