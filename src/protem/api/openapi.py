"""The OpenAPI document, with what FastAPI cannot know of it."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from protem.api.schemas.problems import Problem

_ABOUT = (
    "Authenticate with `Authorization: Bearer protem_…`. Times are RFC 3339 in UTC, durations ISO 8601. "
    "Enumerations are open: expect values that this document does not name. "
    "Every refusal is a problem (RFC 9457) with a stable `code`; `/problems` lists them."
)


def install(app: FastAPI) -> None:
    """Have ``app`` answer with the whole document, built once."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # the way that FastAPI documents


def _build(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, summary=app.summary, description=_ABOUT, routes=app.routes
    )
    problem = Problem.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    document["components"]["schemas"] |= {**problem.pop("$defs"), "Problem": problem}
    return document
