"""Webhooks; the secret of one is shown once, to whoever made it."""

import uuid

from pydantic import Field

from protem.api.schemas.fields import Duration, Input, Instant, Output
from protem.broker import webhook_fields, webhook_rotation
from protem.broker.webhooks import Issued
from protem.db import models
from protem.domain import endpoints

_URL = Field(
    description="`https://host/path`, without user, password or fragment; put no secret into it.",
    json_schema_extra={"maxLength": endpoints.LONGEST},
)
_TYPES = Field(description="Types of events such as `request.submitted`, or `grant.*`; none means all.")


class NewWebhook(Input):
    url: str = _URL
    description: str = Field(
        default="",
        description="What it is for.",
        json_schema_extra={"maxLength": webhook_fields.DESCRIPTION_LENGTH},
    )
    types: list[str] = Field(
        default=[], description="Types of events such as `request.submitted`, or `grant.*`; none means all."
    )
    from_sequence: int | None = Field(
        default=None,
        ge=1,
        le=2**53,
        description="The number of the first event to send; left out, what happens from now on is sent.",
    )


class WebhookEdit(Input):
    """What is to be different; what is left out, or null, stays as it is."""

    url: str | None = Field(default=None, description="Where to send to from now on.")
    description: str | None = Field(default=None, description="What it is for.")
    types: list[str] | None = Field(default=None, description="The types of events it gets from now on.")
    enabled: bool | None = Field(
        default=None,
        description="Whether anything is sent; enabled again, it goes on with the event where it stopped.",
    )


class Rotation(Input):
    overlap: Duration = Field(
        default=webhook_rotation.USUAL_OVERLAP,
        description="For how long the secret before signs, too; at most P7D, and PT0S ends it at once.",
    )


class Webhook(Output):
    """An address that events are sent to."""

    id: uuid.UUID
    url: str
    description: str
    types: list[str] = _TYPES
    enabled: bool
    disabled_because: str | None = Field(description="Why nothing is sent; none where it is.")
    previous_secret_until: Instant | None = Field(
        description="Until when the secret before the last rotation signs, too."
    )
    version: int = Field(description="Raised by every change; the `ETag`.")
    created_at: Instant
    created_by: str

    @classmethod
    def of(cls, row: models.Webhook) -> "Webhook":
        return cls(
            id=row.id,
            url=row.url,
            description=row.description,
            types=row.types,
            enabled=row.enabled,
            disabled_because=row.disabled_because,
            previous_secret_until=row.previous_until,
            version=row.version,
            created_at=row.created_at,
            created_by=row.created_by,
        )


class IssuedWebhook(Webhook):
    secret: str | None = Field(
        description="What verifies the signatures, `whsec_…`: shown now, and never again; null where the "
        "same `Idempotency-Key` came before."
    )

    @classmethod
    def issued(cls, made: Issued) -> "IssuedWebhook":
        return cls(**Webhook.of(made.webhook).model_dump(), secret=made.secret)
