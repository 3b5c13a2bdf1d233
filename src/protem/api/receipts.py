"""Receipts of grants that are over."""

import uuid

from fastapi import APIRouter
from starlette.responses import Response

from protem.api.calls import AnyCall
from protem.api.operations import operation
from protem.api.schemas import receipts as schemas
from protem.broker.record import canonical, receipts
from protem.domain import errors
from protem.domain.authority import Verb

router = APIRouter()

_REFUSALS = (errors.NotFound, errors.ReceiptNotReady, errors.ReceiptGone, errors.SigningKeyMissing)


@router.get(
    "/v1/grants/{grant_id}/receipt",
    response_model=schemas.Receipt,
    **operation(Verb.GRANTS_RECEIPT, *_REFUSALS),
)
def read_receipt(call: AnyCall, grant_id: uuid.UUID) -> Response:
    """Give out the receipt of a grant that is over: keep it byte for byte, and it can be verified."""
    with call.reading() as turn:
        key = call.services.signing_key
        receipt = receipts.issue(turn.session, turn.caller, grant_id, key=key, now=turn.now)
        return Response(canonical.text(receipt) + b"\n", media_type="application/json")
