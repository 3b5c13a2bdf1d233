"""Reviews of broken glass."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Response

from protem.api.calls import AnyCall, Turn
from protem.api.idempotency import IdempotencyKey, Outcome, once
from protem.api.operations import operation
from protem.api.paging import AnyPaging
from protem.api.presenting import reviews as presenting
from protem.api.proposing import PROPOSED, proposed
from protem.api.refusing import KEYED
from protem.api.schemas import reviews as schemas
from protem.api.schemas.pages import Page
from protem.broker import reviews
from protem.broker.proposals.reviews import propose_closing
from protem.domain import errors
from protem.domain.authority import Verb

router = APIRouter()


@router.get("/v1/reviews", **operation(Verb.REVIEWS_LIST))
def list_reviews(
    *,
    call: AnyCall,
    paging: AnyPaging,
    still_open: Annotated[
        bool | None, Query(alias="open", description="Whether somebody still has to look.")
    ] = None,
    principal: Annotated[str | None, Query(max_length=256, description="A user name or id.")] = None,
) -> Page[schemas.Review]:
    """List the reviews of broken glass that you may see, the newest first."""
    with call.reading() as turn:
        found = reviews.list_(
            turn.session, turn.caller, still_open=still_open, principal=principal, paging=paging
        )
        return Page(items=presenting.many(turn, found.items), next_cursor=found.next_cursor)


@router.get("/v1/reviews/{review_id}", **operation(Verb.REVIEWS_READ, errors.NotFound))
def read_review(call: AnyCall, review_id: uuid.UUID) -> schemas.Review:
    """Read a review."""
    with call.reading() as turn:
        return presenting.one(turn, reviews.read(turn.session, turn.caller, review_id))


@router.post(
    "/v1/reviews/{review_id}/close",
    response_model=schemas.Review,
    **operation(
        Verb.REVIEWS_CLOSE,
        errors.NotFound,
        errors.OwnRequest,
        errors.RelayRefused,
        errors.ReviewClosed,
        *KEYED,
        body=True,
        others=PROPOSED,
    ),
)
def close_review(
    call: AnyCall, review_id: uuid.UUID, new: schemas.Closing, idempotency_key: IdempotencyKey = None
) -> Response:
    """Say that you have looked at broken glass, and what you found.

    Whom the entitlement does not tell, and who may only as an admin, needs another admin to confirm it.
    """
    lifetime = call.services.settings.change_lifetime

    def close(turn: Turn) -> schemas.Review | Outcome:
        closing = reviews.closable(turn.session, turn.caller, review_id, comment=new.comment)
        if closing.by_office and turn.caller.alone:
            return proposed(
                propose_closing(turn.session, turn.caller, closing, lifetime=lifetime, now=turn.now)
            )
        closed = reviews.close(turn.session, turn.caller, review_id, comment=new.comment, now=turn.now)
        return presenting.one(turn, closed)

    key = idempotency_key
    return once(call, close, verb=Verb.REVIEWS_CLOSE, key=key, of=review_id, body=new, status=200)
