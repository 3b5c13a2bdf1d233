"""Webhooks."""

import uuid
from collections.abc import Sequence
from ipaddress import ip_network

from fastapi import APIRouter
from starlette.responses import Response

from protem.api import etags
from protem.api.calls import AnyCall, Call, Turn
from protem.api.documents import BaseVersion
from protem.api.idempotency import IdempotencyKey, once
from protem.api.operations import operation
from protem.api.paging import AnyPaging
from protem.api.refusing import KEYED
from protem.api.schemas import webhooks as schemas
from protem.api.schemas.pages import Page, page
from protem.broker import webhook_edits, webhook_rotation, webhooks
from protem.broker.webhook_edits import Edit
from protem.domain import errors
from protem.domain.authority import Verb
from protem.domain.reach import Network

router = APIRouter()


@router.post(
    "/v1/webhooks",
    status_code=201,
    response_model=schemas.IssuedWebhook,
    **operation(Verb.WEBHOOKS_CREATE, *KEYED, body=True),
)
def create_webhook(
    call: AnyCall, new: schemas.NewWebhook, idempotency_key: IdempotencyKey = None
) -> Response:
    """Have events sent to an address, and show the secret that signs them, once."""
    networks = _networks(call)

    def create(turn: Turn) -> schemas.IssuedWebhook:
        made = webhooks.create(turn.session, turn.caller, **dict(new), networks=networks, now=turn.now)
        return schemas.IssuedWebhook.issued(made)

    key = idempotency_key
    return once(call, create, verb=Verb.WEBHOOKS_CREATE, key=key, body=new, status=201, at="/v1/webhooks")


@router.get("/v1/webhooks", **operation(Verb.WEBHOOKS_LIST))
def list_webhooks(call: AnyCall, paging: AnyPaging) -> Page[schemas.Webhook]:
    """List the webhooks, the newest first; never their secrets."""
    with call.reading() as turn:
        return page(webhooks.list_(turn.session, turn.caller, paging=paging), schemas.Webhook.of)


@router.get("/v1/webhooks/{webhook_id}", **operation(Verb.WEBHOOKS_READ, errors.NotFound))
def read_webhook(call: AnyCall, webhook_id: uuid.UUID, response: Response) -> schemas.Webhook:
    """Read a webhook; its `ETag` is what changing it takes."""
    with call.reading() as turn:
        shown = schemas.Webhook.of(webhooks.read(turn.session, turn.caller, webhook_id))
    response.headers["ETag"] = etags.quoted(shown.version)
    return shown


@router.patch(
    "/v1/webhooks/{webhook_id}",
    **operation(
        Verb.WEBHOOKS_EDIT, errors.NotFound, errors.PreconditionRequired, errors.VersionMoved, body=True
    ),
)
def edit_webhook(
    call: AnyCall,
    webhook_id: uuid.UUID,
    wish: schemas.WebhookEdit,
    base_version: BaseVersion,
    response: Response,
) -> schemas.Webhook:
    """Change a webhook, if it still is as `If-Match` says; or enable or disable it."""
    with call.writing() as turn:
        changed = webhook_edits.edit(
            turn.session,
            turn.caller,
            webhook_id,
            Edit(**dict(wish)),
            base_version=base_version,
            networks=_networks(call),
            lifetime=call.services.settings.delivery_lifetime,
            now=turn.now,
        )
        shown = schemas.Webhook.of(changed)
    response.headers["ETag"] = etags.quoted(shown.version)
    return shown


@router.post(
    "/v1/webhooks/{webhook_id}/rotate",
    response_model=schemas.IssuedWebhook,
    **operation(Verb.WEBHOOKS_ROTATE, errors.NotFound, *KEYED, body=True),
)
def rotate_webhook(
    call: AnyCall, webhook_id: uuid.UUID, new: schemas.Rotation, idempotency_key: IdempotencyKey = None
) -> Response:
    """Make a new secret and show it, once; the one before signs, too, until the overlap is over."""

    def rotate(turn: Turn) -> schemas.IssuedWebhook:
        overlap = new.overlap
        made = webhook_rotation.rotate(turn.session, turn.caller, webhook_id, overlap=overlap, now=turn.now)
        return schemas.IssuedWebhook.issued(made)

    key = idempotency_key
    return once(call, rotate, verb=Verb.WEBHOOKS_ROTATE, key=key, of=webhook_id, body=new, status=200)


@router.delete(
    "/v1/webhooks/{webhook_id}", status_code=204, **operation(Verb.WEBHOOKS_DELETE, errors.NotFound)
)
def delete_webhook(call: AnyCall, webhook_id: uuid.UUID) -> None:
    """Send nothing there any more, and forget its secrets; what waits for it is abandoned."""
    with call.writing() as turn:
        webhooks.delete(turn.session, turn.caller, webhook_id, now=turn.now)


def _networks(call: Call) -> Sequence[Network]:
    return tuple(map(ip_network, call.services.settings.webhook_networks))
