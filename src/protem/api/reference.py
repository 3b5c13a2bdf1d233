"""The reference of the API as one page, made from the OpenAPI document."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from protem.api.pages import page

router = APIRouter()

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address, as the page shows it."""

    method: str
    path: str
    details: Schema

    @property
    def anchor(self) -> str:
        return str(self.details["operationId"])

    @property
    def body(self) -> str | None:
        content = self.details.get("requestBody", {}).get("content", {})
        return next((f"{type_of(shown['schema'])} ({media})" for media, shown in content.items()), None)


@router.get("/docs", include_in_schema=False)
async def read_reference(request: Request) -> HTMLResponse:
    """Show every operation and every schema."""
    document = request.app.openapi()
    return page(
        "reference.html",
        title="Reference",
        document=document,
        sections=_sections(document),
        schemas=document["components"]["schemas"],
        type_of=type_of,
    )


def _sections(document: Schema) -> dict[str, list[Operation]]:
    sections: dict[str, list[Operation]] = {}
    for operation in _operations(document):
        sections.setdefault(operation.details["tags"][0], []).append(operation)
    return sections


def _operations(document: Schema) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, details in methods.items():
            yield Operation(method.upper(), path, details)


def type_of(schema: Schema) -> str:
    """Return a schema in a few words: ``text``, ``list of Target``, ``time or null``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(type_of(one) for one in schema["anyOf"])
    match schema.get("type"):
        case "array":
            return f"list of {type_of(schema['items'])}"
        case "string":
            return str(schema.get("format", "text"))
        case None:
            return "anything"
        case kind:
            return str(kind)
