"""Every version of the entitlements that was ever in force."""

from typing import Annotated

from fastapi import APIRouter, Path

from protem.api.calls import AnyCall
from protem.api.operations import operation
from protem.api.paging import AnyPaging
from protem.api.schemas import entitlement_versions as schemas
from protem.api.schemas.pages import Page, page
from protem.broker import versions
from protem.domain import errors
from protem.domain.authority import Verb

router = APIRouter()


@router.get("/v1/entitlement-versions", **operation(Verb.ENTITLEMENT_VERSIONS_LIST))
def list_entitlement_versions(call: AnyCall, paging: AnyPaging) -> Page[schemas.ListedVersion]:
    """List the versions of the entitlements, the newest first; the first of them is in force."""
    with call.reading() as turn:
        return page(versions.list_(turn.session, turn.caller, paging=paging), schemas.ListedVersion.of)


@router.get(
    "/v1/entitlement-versions/{version}", **operation(Verb.ENTITLEMENT_VERSIONS_READ, errors.NotFound)
)
def read_entitlement_version(
    call: AnyCall, version: Annotated[int, Path(ge=1, le=999_999_999)]
) -> schemas.EntitlementVersion:
    """Show what a version says, as it was written and as it is understood."""
    with call.reading() as turn:
        return schemas.EntitlementVersion.of(versions.read(turn.session, turn.caller, version))
