"""Problems as they go out: RFC 9457, and nothing of what was sent to us in them."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response

from protem.api.problems import PROBLEMS
from protem.domain.errors import Refusal

MEDIA_TYPE = "application/problem+json"


def problem(refusal: Refusal, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer that ``refusal`` gets."""
    kind = PROBLEMS[type(refusal)]
    return Response(
        to_json(members(refusal)),
        status_code=kind.status,
        headers={**kind.headers, **_when(refusal), **(headers or {})},
        media_type=MEDIA_TYPE,
    )


def _when(refusal: Refusal) -> dict[str, str]:
    seconds = refusal.facts.get("retry_after")
    return {} if seconds is None else {"Retry-After": str(seconds)}


def members(refusal: Refusal) -> dict[str, Any]:
    """Return the members of the problem; facts never hide one that the standard or we have named."""
    named = {
        "type": f"/problems/{refusal.code}",
        "title": refusal.title,
        "status": PROBLEMS[type(refusal)].status,
        "detail": refusal.detail,
        "code": refusal.code,
        "errors": [{"field": error.field, "message": error.message} for error in refusal.errors],
    }
    return named | {name: fact for name, fact in refusal.facts.items() if name not in named}
