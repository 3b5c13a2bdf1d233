"""Entitlements: seen by those whom they concern, planned and applied as one document."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from protem.api import documents, etags, refusals
from protem.api.calls import AnyCall
from protem.api.operations import operation
from protem.api.schemas import entitlements as schemas
from protem.api.schemas.pages import Page
from protem.broker import entitlements
from protem.domain import errors
from protem.domain.authority import Relation, Verb

router = APIRouter()

_DOCUMENT = (refusals.UnsupportedMediaType, refusals.BodyTooLarge, errors.EntitlementsInvalid)


@router.get("/v1/entitlements", **operation(Verb.ENTITLEMENTS_LIST))
def list_entitlements(
    call: AnyCall,
    relation: Annotated[
        Literal["requester", "approver"] | None, Query(description="Only those under which you may do this.")
    ] = None,
) -> Page[schemas.Entitlement]:
    """List the entitlements that you may ask under or approve for; admins and auditors see all."""
    wanted = Relation(relation) if relation else None
    with call.reading() as turn:
        found = entitlements.visible(turn.session, turn.caller, relation=wanted)
    return Page(items=[schemas.Entitlement.of(rule, turn.caller) for rule in found], next_cursor=None)


@router.post(
    "/v1/entitlements/plan",
    **operation(Verb.ENTITLEMENTS_PLAN, *_DOCUMENT),
    openapi_extra=documents.BODY,
)
def plan_entitlements(call: AnyCall, source: documents.Source, response: Response) -> schemas.Plan:
    """Say what applying a document would change; its `ETag` is the version it was compared with."""
    with call.reading() as turn:
        plan = entitlements.plan(turn.session, turn.caller, source)
    response.headers["ETag"] = etags.quoted(plan.base_version)
    return schemas.Plan.of(plan)


@router.post(
    "/v1/entitlements/apply",
    **operation(
        Verb.ENTITLEMENTS_APPLY,
        *_DOCUMENT,
        errors.PreconditionRequired,
        errors.VersionMoved,
        errors.EntitlementsFromFile,
    ),
    openapi_extra=documents.BODY,
)
def apply_entitlements(
    call: AnyCall, source: documents.Source, base_version: documents.BaseVersion, response: Response
) -> schemas.Applied:
    """Put a whole document in force, if the version named by `If-Match` still is."""
    with call.writing() as turn:
        applied = entitlements.apply(
            turn.session,
            turn.caller,
            source,
            base_version=base_version,
            now=turn.now,
            from_file=call.services.settings.entitlements_file is not None,
        )
    response.headers["ETag"] = etags.quoted(applied.version)
    return schemas.Applied.of(applied)
