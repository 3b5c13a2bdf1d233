"""The delivery log of a webhook, and sending by hand."""

import uuid

from fastapi import APIRouter
from starlette.responses import Response

from protem.api.calls import AnyCall, Turn
from protem.api.idempotency import IdempotencyKey, once
from protem.api.operations import operation
from protem.api.paging import AnyPaging
from protem.api.refusing import KEYED
from protem.api.schemas import deliveries as schemas
from protem.api.schemas.pages import Page, page
from protem.broker import deliveries
from protem.db.models import DeliveryState
from protem.domain import errors
from protem.domain.authority import Verb

router = APIRouter()


@router.post(
    "/v1/webhooks/{webhook_id}/test",
    status_code=202,
    response_model=schemas.Delivery,
    **operation(Verb.WEBHOOKS_TEST, errors.NotFound, errors.WebhookDisabled, *KEYED),
)
def send_test(call: AnyCall, webhook_id: uuid.UUID, idempotency_key: IdempotencyKey = None) -> Response:
    """Send a message of type `webhook.test` now; reading the delivery shows what came of it."""
    lifetime = call.services.settings.delivery_lifetime

    def send(turn: Turn) -> schemas.Delivery:
        made = deliveries.test(turn.session, turn.caller, webhook_id, lifetime=lifetime, now=turn.now)
        return schemas.Delivery.of(made)

    key, at = idempotency_key, f"/v1/webhooks/{webhook_id}/deliveries"
    return once(call, send, verb=Verb.WEBHOOKS_TEST, key=key, of=webhook_id, status=202, at=at)


@router.get("/v1/webhooks/{webhook_id}/deliveries", **operation(Verb.DELIVERIES_LIST, errors.NotFound))
def list_deliveries(
    *, call: AnyCall, webhook_id: uuid.UUID, paging: AnyPaging, state: DeliveryState | None = None
) -> Page[schemas.Delivery]:
    """List the deliveries to a webhook, the newest first."""
    with call.reading() as turn:
        found = deliveries.list_(turn.session, turn.caller, webhook_id, state=state, paging=paging)
        return page(found, schemas.Delivery.of)


@router.get(
    "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}",
    **operation(Verb.DELIVERIES_READ, errors.NotFound),
)
def read_delivery(call: AnyCall, webhook_id: uuid.UUID, delivery_id: uuid.UUID) -> schemas.DeliveryInFull:
    """Read a delivery with its attempts."""
    with call.reading() as turn:
        found = deliveries.read(turn.session, turn.caller, webhook_id, delivery_id)
        return schemas.DeliveryInFull.full(*found)


@router.post(
    "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
    status_code=202,
    **operation(Verb.DELIVERIES_REDELIVER, errors.NotFound, errors.DeliveryPending, errors.WebhookDisabled),
)
def redeliver(call: AnyCall, webhook_id: uuid.UUID, delivery_id: uuid.UUID) -> schemas.Delivery:
    """Send an event once more, under the same `webhook-id`, whatever became of it before."""
    with call.writing() as turn:
        again = deliveries.redeliver(
            turn.session,
            turn.caller,
            webhook_id,
            delivery_id,
            lifetime=call.services.settings.delivery_lifetime,
            now=turn.now,
        )
        return schemas.Delivery.of(again)
