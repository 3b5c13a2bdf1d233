"""Versions of the entitlements, and what they said."""

from typing import Any

from pydantic import Field

from protem.api.schemas.fields import Instant, Output
from protem.broker import versions
from protem.db import models


class ListedVersion(Output):
    version: int
    digest: str = Field(description="Of the document, whatever its comments and order.")
    applied_at: Instant
    applied_by: str
    entitlements: int = Field(description="How many it has.")

    @classmethod
    def of(cls, version: versions.Version) -> "ListedVersion":
        row = version.row
        return cls(
            version=row.version,
            digest=row.digest,
            applied_at=row.applied_at,
            applied_by=row.applied_by,
            entitlements=version.entitlements,
        )


class EntitlementVersion(Output):
    version: int
    digest: str = Field(description="Of the document, whatever its comments and order.")
    applied_at: Instant
    applied_by: str
    source: str = Field(description="The file as it was written; apply it to go back to this version.")
    document: dict[str, Any] = Field(description="What it means, without comments and defaults.")

    @classmethod
    def of(cls, row: models.EntitlementVersion) -> "EntitlementVersion":
        return cls(
            version=row.version,
            digest=row.digest,
            applied_at=row.applied_at,
            applied_by=row.applied_by,
            source=row.source,
            document=row.document,
        )
