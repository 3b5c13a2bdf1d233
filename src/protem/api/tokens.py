"""API tokens."""

import uuid

from fastapi import APIRouter, Response

from protem.api.calls import AnyCall
from protem.api.operations import operation
from protem.api.paging import AnyPaging
from protem.api.schemas import tokens as schemas
from protem.api.schemas.pages import Page, page
from protem.broker import tokens
from protem.domain import errors
from protem.domain.authority import Verb

router = APIRouter()


@router.post(
    "/v1/tokens",
    status_code=201,
    **operation(
        Verb.TOKENS_CREATE, errors.UnknownPrincipal, errors.AmbiguousName, errors.CatalogueEmpty, body=True
    ),
)
def create_token(call: AnyCall, new: schemas.NewToken, response: Response) -> schemas.IssuedToken:
    """Make a token and show its secret, once."""
    with call.writing() as turn:
        issued = tokens.create(turn.session, turn.caller, new.wish(), now=turn.now)
        shown = schemas.IssuedToken.issued(issued)
    response.headers["Location"] = f"/v1/tokens/{shown.id}"
    return shown


@router.get("/v1/tokens", **operation(Verb.TOKENS_LIST))
def list_tokens(call: AnyCall, paging: AnyPaging) -> Page[schemas.Token]:
    """List all tokens, the newest first, those that are over included; secrets are not kept."""
    with call.reading() as turn:
        return page(tokens.list_(turn.session, turn.caller, paging=paging), schemas.Token.of)


@router.delete("/v1/tokens/{token_id}", **operation(Verb.TOKENS_REVOKE, errors.NotFound, errors.TokenRevoked))
def revoke_token(call: AnyCall, token_id: uuid.UUID) -> schemas.Token:
    """End a token at once."""
    with call.writing() as turn:
        return schemas.Token.of(tokens.revoke(turn.session, turn.caller, token_id, now=turn.now))
