"""Entitlements: planned and applied as one document."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from protem.api import documents, etags, refusals
from protem.api.calls import AnyCall, Call
from protem.api.operations import operation
from protem.api.proposing import PROPOSED, waits
from protem.api.schemas import plans
from protem.broker import documents as texts
from protem.broker import entitlements
from protem.broker.documents import schema
from protem.broker.planning import Plan
from protem.broker.proposals.entitlements import propose_applying
from protem.domain import errors
from protem.domain.authority import Verb

router = APIRouter()

Strict = Annotated[bool, Query(description="Refuse a document about which anything is odd.")]
EndGrants = Annotated[
    bool,
    Query(description="End what is owed under removed entitlements; otherwise it runs to its end."),
]

_DOCUMENT = (refusals.UnsupportedMediaType, errors.EntitlementsInvalid)


@router.get("/v1/entitlements/schema", **operation(Verb.ENTITLEMENTS_SCHEMA))
def read_entitlements_schema(call: AnyCall) -> dict[str, Any]:
    """Describe the language of entitlements as a JSON Schema, for editors."""
    with call.reading() as turn:
        turn.caller.require(Verb.ENTITLEMENTS_SCHEMA)
    return schema.published()


@router.post(
    "/v1/entitlements/plan",
    **operation(Verb.ENTITLEMENTS_PLAN, *_DOCUMENT),
    openapi_extra=documents.BODY,
)
def plan_entitlements(
    *, call: AnyCall, source: documents.Source, strict: Strict = False, response: Response
) -> plans.Plan:
    """Say what applying a document would change; its `ETag` is the version it was compared with."""
    with call.reading() as turn:
        turn.caller.require(Verb.ENTITLEMENTS_PLAN)
    plan = _plan(call, source, strict=strict)
    response.headers["ETag"] = etags.quoted(plan.base_version)
    return plans.Plan.of(plan)


@router.post(
    "/v1/entitlements/apply",
    response_model=plans.Applied,
    **operation(
        Verb.ENTITLEMENTS_APPLY,
        *_DOCUMENT,
        errors.PreconditionRequired,
        errors.VersionMoved,
        errors.EntitlementsFromFile,
        others=PROPOSED,
    ),
    openapi_extra=documents.BODY,
)
def apply_entitlements(
    *,
    call: AnyCall,
    source: documents.Source,
    base_version: documents.BaseVersion,
    strict: Strict = False,
    end_grants: EndGrants = False,
    response: Response,
) -> Any:
    """Put a whole document in force, if the version named by `If-Match` still is.

    Two admins have to want it.
    """
    from_file = call.services.settings.entitlements_file is not None
    with call.reading() as turn:
        entitlements.require_appliable(turn.caller, from_file=from_file)
    # Reading and comparing take seconds at worst, in which nobody else should wait to write.
    plan = _plan(call, source, strict=strict)
    with call.writing() as turn:
        if turn.caller.alone and not plan.unchanged:
            change = propose_applying(
                turn.session,
                turn.caller,
                plan,
                base_version=base_version,
                end_grants=end_grants,
                strict=strict,
                lifetime=call.services.settings.change_lifetime,
                now=turn.now,
            )
            return waits(change)
        applied = entitlements.apply(
            turn.session, turn.caller, plan, base_version=base_version, end_grants=end_grants, now=turn.now
        )
    if end_grants:
        with call.writing() as turn:
            applied = entitlements.end_more(turn.session, turn.caller, applied, now=turn.now)
    response.headers["ETag"] = etags.quoted(applied.version)
    return plans.Applied.of(applied)


def _plan(call: Call, source: str, *, strict: bool) -> Plan:
    strict = strict or call.services.settings.entitlements_strict
    document = texts.parse(source, file="entitlements.yaml")
    with call.reading() as turn:
        return entitlements.plan(turn.session, turn.caller, document, strict=strict, now=turn.now)
