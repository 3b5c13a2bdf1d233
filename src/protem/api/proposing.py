"""The answer to a command that takes effect only once another admin has confirmed it."""

from typing import Any

from starlette.responses import JSONResponse

from protem.api.presenting import changes as presenting
from protem.api.schemas.changes import Proposed
from protem.db.models import Change

PROPOSED: dict[int | str, dict[str, Any]] = {
    202: {"model": Proposed, "description": "Nothing has happened yet: another admin has to confirm it."}
}


def waits(change: Change) -> JSONResponse:
    """Answer with the change that waits now, and where it is."""
    headers = {"Location": f"/v1/changes/{change.id}"}
    return JSONResponse(presenting.proposed(change).model_dump(mode="json"), status_code=202, headers=headers)
