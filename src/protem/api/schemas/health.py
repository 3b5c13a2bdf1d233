"""What health checks answer."""

from typing import Any, Literal

from pydantic import Field

from protem.api.schemas.fields import Output


class Alive(Output):
    status: Literal["ok"]


class Ready(Output):
    status: Literal["ready"]
    reconciler: dict[str, Any] | None = Field(
        description="Facts about the reconciler and the catalogue; null where no reconciler runs here."
    )
