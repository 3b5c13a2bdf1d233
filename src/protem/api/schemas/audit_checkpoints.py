"""Signed statements of how far the record had come."""

import uuid
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from protem.api.schemas.fields import Output


class AuditCheckpoint(Output):
    """Keep it as it is: the signature is over the canonical form (RFC 8785) of all the other members."""

    kind: Literal["protem-checkpoint"]
    version: int
    log: uuid.UUID = Field(description="Tells this record from that of any other installation.")
    sequence: int = Field(description="The number of the last event that it covers.")
    hash: str = Field(description="The hash of that event, and so of all before it.")
    signed_at: str = Field(description="RFC 3339 in UTC, always with six decimals.")
    key_id: str = Field(description="The first 16 hex digits of the SHA-256 of the raw public key.")
    signature: str = Field(description="Ed25519, in hex.")

    @classmethod
    def of(cls, signed: Mapping[str, Any]) -> "AuditCheckpoint":
        return cls.model_validate(signed)
