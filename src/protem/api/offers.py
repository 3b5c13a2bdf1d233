"""What can be asked for and approved, for those whom it concerns."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from protem.api.calls import AnyCall
from protem.api.operations import operation
from protem.api.paging import AnyPaging
from protem.api.presenting import offers as presenting
from protem.api.schemas import offers as schemas
from protem.api.schemas.pages import Page, page
from protem.api.schemas.references import AccountName
from protem.broker import offers
from protem.domain import errors
from protem.domain.authority import Relation, Verb
from protem.domain.offering import Wish

router = APIRouter()


@router.get("/v1/entitlements", **operation(Verb.ENTITLEMENTS_LIST))
def list_entitlements(
    *,
    call: AnyCall,
    paging: AnyPaging,
    q: Annotated[
        str,
        Query(max_length=256, description="A part of a name, a description or the id of an account."),
    ] = "",
    account: Annotated[str | None, Query(max_length=256, description="An account's id or name.")] = None,
    permission_set: Annotated[
        str | None, Query(max_length=256, description="A permission set's name or ARN.")
    ] = None,
    relation: Annotated[
        Literal["requester", "requester_for", "approver", "reviewer"] | None,
        Query(description="Only those under which you may do this."),
    ] = None,
) -> Page[schemas.Entitlement]:
    """List the entitlements that concern you, with what can be asked for; admins and auditors see all."""
    with call.reading() as turn:
        found = offers.list_(
            turn.session,
            turn.caller,
            wish=Wish(q, account, permission_set),
            relation=Relation(relation) if relation else None,
            paging=paging,
        )
    return page(found, presenting.one)


@router.get("/v1/entitlements/{name}/accounts", **operation(Verb.ENTITLEMENT_ACCOUNTS_LIST, errors.NotFound))
def list_accounts_of_entitlement(
    *,
    call: AnyCall,
    paging: AnyPaging,
    name: Annotated[str, Path(max_length=128)],
    q: Annotated[str | None, Query(max_length=256, description="A part of the name or id.")] = None,
) -> Page[AccountName]:
    """List every account that an entitlement reaches, by name."""
    with call.reading() as turn:
        found = offers.accounts(turn.session, turn.caller, name, q=q, paging=paging)
    return page(found, presenting.account)
