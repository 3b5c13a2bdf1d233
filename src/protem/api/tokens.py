"""API tokens."""

import uuid

from fastapi import APIRouter, Response

from protem.api.calls import AnyCall, Turn
from protem.api.idempotency import IdempotencyKey, Outcome, once
from protem.api.operations import operation
from protem.api.paging import AnyPaging
from protem.api.proposing import PROPOSED_SECRET, proposed
from protem.api.refusing import KEYED
from protem.api.schemas import tokens as schemas
from protem.api.schemas.pages import Page, page
from protem.broker import issuing, tokens
from protem.broker.issuing import Issued
from protem.broker.proposals.tokens import propose_issuing
from protem.domain import errors
from protem.domain.authority import Verb

router = APIRouter()


@router.post(
    "/v1/tokens",
    status_code=201,
    response_model=schemas.IssuedToken,
    **operation(
        Verb.TOKENS_CREATE,
        errors.UnknownPrincipal,
        errors.AmbiguousName,
        errors.CatalogueEmpty,
        *KEYED,
        body=True,
        others=PROPOSED_SECRET,
    ),
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


@router.delete("/v1/tokens/{token_id}", **operation(Verb.TOKENS_REVOKE, errors.NotFound, errors.TokenRevoked))
def revoke_token(call: AnyCall, token_id: uuid.UUID) -> schemas.Token:
    """End a token at once."""
    with call.writing() as turn:
        return schemas.Token.of(tokens.revoke(turn.session, turn.caller, token_id, now=turn.now))
