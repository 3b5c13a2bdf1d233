"""Accounts, as the catalogue knows them."""

from typing import Annotated

from fastapi import APIRouter, Query

from protem.api.calls import AnyCall
from protem.api.operations import operation
from protem.api.paging import AnyPaging
from protem.api.schemas import catalogue as schemas
from protem.api.schemas.pages import Page, page
from protem.broker import catalogue
from protem.domain.authority import Verb

router = APIRouter()

Search = Annotated[
    str | None, Query(max_length=256, description="A part of the name, or the beginning of the id.")
]


@router.get("/v1/accounts", **operation(Verb.ACCOUNTS_LIST))
def list_accounts(call: AnyCall, paging: AnyPaging, q: Search = None) -> Page[schemas.Account]:
    """List the accounts of the organization, by name."""
    with call.reading() as turn:
        found = catalogue.accounts(turn.session, turn.caller, q=q, paging=paging)
        return page(found, schemas.Account.of)
