"""API tokens."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import AfterValidator

from protem.api.calls import AnyCall, Turn
from protem.api.idempotency import IdempotencyKey, Outcome, once
from protem.api.operations import operation
from protem.api.paging import AnyPaging
from protem.api.proposing import PROPOSED_SECRET, proposed
from protem.api.refusing import KEYED, NAMING
from protem.api.schemas import tokens as schemas
from protem.api.schemas.pages import Page, page
from protem.broker import issuing, rotation, tokens
from protem.broker.issuing import Issued
from protem.broker.proposals.tokens import propose_issuing, propose_rotating
from protem.domain import errors
from protem.domain.authority import Verb
from protem.domain.errors import NotFound

router = APIRouter()

_SELF = "self"
_AS_USUAL = schemas.NewRotation()


def _id_or_self(text: str) -> str:
    try:
        return text if text == _SELF else str(uuid.UUID(text))
    except ValueError:
        raise ValueError("an id is a UUID; `self` is the token of this call") from None


TokenId = Annotated[
    str, Path(description="The id of a token, or `self` for that of this call."), AfterValidator(_id_or_self)
]


@router.post(
    "/v1/tokens",
    status_code=201,
    response_model=schemas.IssuedToken,
    **operation(Verb.TOKENS_CREATE, *NAMING, *KEYED, body=True, others=PROPOSED_SECRET),
)
def create_token(call: AnyCall, new: schemas.NewToken, idempotency_key: IdempotencyKey = None) -> Response:
    """Make a token and show its secret, once; two admins have to want one that can do more than read."""
    key, lifetime = idempotency_key, call.services.settings.change_lifetime

    def create(turn: Turn) -> schemas.IssuedToken | Outcome:
        prepared = issuing.prepare(turn.session, turn.caller, new.wish())
        if prepared.needs_two and turn.caller.alone:
            change = propose_issuing(turn.session, turn.caller, prepared, lifetime=lifetime, now=turn.now)
            return proposed(change, secret=prepared.secret)
        token = issuing.issue(turn.session, turn.caller, prepared.terms, now=turn.now)
        return schemas.IssuedToken.issued(Issued(token, prepared.secret))

    return once(call, create, verb=Verb.TOKENS_CREATE, key=key, body=new, status=201, at="/v1/tokens")


@router.get("/v1/tokens", **operation(Verb.TOKENS_LIST))
def list_tokens(call: AnyCall, paging: AnyPaging) -> Page[schemas.Token]:
    """List all tokens, the newest first, those that are over included; secrets are not kept."""
    with call.reading() as turn:
        return page(tokens.list_(turn.session, turn.caller, paging=paging), schemas.Token.of)


@router.get("/v1/tokens/{token_id}", **operation(Verb.TOKENS_READ, errors.NotFound))
def read_token(call: AnyCall, token_id: TokenId) -> schemas.Token:
    """Read a token; each may read itself."""
    with call.reading() as turn:
        return schemas.Token.of(tokens.read(turn.session, turn.caller, _meant(turn, token_id)))


@router.post(
    "/v1/tokens/{token_id}/rotate",
    response_model=schemas.IssuedToken,
    **operation(
        Verb.TOKENS_ROTATE,
        errors.NotFound,
        errors.TokenRevoked,
        errors.TokenOver,
        errors.TokenRotated,
        *KEYED,
        body=True,
        others=PROPOSED_SECRET,
    ),
)
def rotate_token(
    call: AnyCall,
    token_id: TokenId,
    new: schemas.NewRotation = _AS_USUAL,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Give a token a new secret, shown once; the one of before is good for a while longer.

    A token may rotate itself, and keeps its end then. Of others', two admins have to want it where
    the token can do more than read.
    """
    with call.reading() as turn:
        # Seen before the turn to write comes: of two who rotate at the same time, one is told.
        meant = _meant(turn, token_id)
        seen = rotation.mark(turn.session, turn.caller, meant)
    key, waits = idempotency_key, call.services.settings.change_lifetime

    def rotate(turn: Turn) -> schemas.IssuedToken | Outcome:
        session, caller, now = turn.session, turn.caller, turn.now
        prepared = rotation.prepare(session, caller, meant, seen=seen, now=now, **dict(new))
        if prepared.needs_two and caller.alone and caller.token_id != meant:
            change = propose_rotating(session, caller, prepared, lifetime=waits, now=now)
            return proposed(change, secret=prepared.secret)
        token = rotation.rotate(session, caller, prepared.terms, now=now)
        return schemas.IssuedToken.issued(Issued(token, prepared.secret))

    return once(call, rotate, verb=Verb.TOKENS_ROTATE, key=key, of=meant, body=new, status=200)


@router.delete("/v1/tokens/{token_id}", **operation(Verb.TOKENS_REVOKE, errors.NotFound, errors.TokenRevoked))
def revoke_token(call: AnyCall, token_id: TokenId) -> schemas.Token:
    """End a token at once, with both of its secrets; each may end itself."""
    with call.writing() as turn:
        meant = _meant(turn, token_id)
        return schemas.Token.of(tokens.revoke(turn.session, turn.caller, meant, now=turn.now))


def _meant(turn: Turn, token_id: str) -> uuid.UUID:
    if token_id != _SELF:
        return uuid.UUID(token_id)
    if turn.caller.token_id is None:
        raise NotFound("this call presents no API token")
    return turn.caller.token_id
