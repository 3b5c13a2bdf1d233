"""Permission sets, as the catalogue knows them."""

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
    str | None, Query(max_length=256, description="A part of the name, or the beginning of the ARN.")
]


@router.get("/v1/permission-sets", **operation(Verb.PERMISSION_SETS_LIST))
def list_permission_sets(call: AnyCall, paging: AnyPaging, q: Search = None) -> Page[schemas.PermissionSet]:
    """List the permission sets, by name."""
    with call.reading() as turn:
        found = catalogue.permission_sets(turn.session, turn.caller, q=q, paging=paging)
        return page(found, schemas.PermissionSet.of)
