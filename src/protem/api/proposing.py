"""The answer to a command that takes effect only once another admin has confirmed it."""

from typing import Any

from starlette.responses import JSONResponse

from protem.api.idempotency import Outcome
from protem.api.presenting import changes as presenting
from protem.api.schemas.changes import Proposed, ProposedSecret
from protem.db.models import Change

_WAITS = "Nothing has happened yet: another admin has to confirm it."

PROPOSED: dict[int | str, dict[str, Any]] = {202: {"model": Proposed, "description": _WAITS}}
PROPOSED_SECRET: dict[int | str, dict[str, Any]] = {202: {"model": ProposedSecret, "description": _WAITS}}


def proposed(change: Change, *, secret: str | None = None) -> Outcome:
    """Return the change that waits now, and where it is; a secret is shown only here."""
    return Outcome(presenting.proposed(change, secret=secret), 202, f"/v1/changes/{change.id}")


def waits(change: Change) -> JSONResponse:
    """Answer with the change that waits now, and where it is."""
    return proposed(change).response()
