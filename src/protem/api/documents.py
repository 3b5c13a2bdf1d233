"""Entitlement documents as they come over HTTP: YAML, and the version that they were planned against."""

import re
from typing import Annotated, Any

from fastapi import Depends, Header, Request

from protem.api import refusals
from protem.domain.errors import FieldError, InvalidInput, PreconditionRequired

MEDIA_TYPE = "application/yaml"
_TAKEN = frozenset({MEDIA_TYPE, "application/x-yaml", "text/yaml", "text/x-yaml", "application/json"})
_VERSION = re.compile(r'"(\d{1,9})"', re.ASCII)

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {MEDIA_TYPE: {"schema": {"type": "string", "description": "A whole document."}}},
    }
}


async def _source(request: Request) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _TAKEN:
        raise refusals.UnsupportedMediaType(f"send Content-Type: {MEDIA_TYPE}")
    try:
        return (await request.body()).decode()
    except UnicodeDecodeError as error:
        message = f"the document is not UTF-8 at byte {error.start}"
        raise InvalidInput(message, errors=[FieldError("body", message)]) from None


async def _base_version(
    if_match: Annotated[
        str | None, Header(max_length=64, description='The `ETag` of what you looked at, such as `"7"`.')
    ] = None,
) -> int:
    if if_match is None:
        raise PreconditionRequired("send If-Match with the ETag of what you looked at")
    match = _VERSION.fullmatch(if_match.strip())
    if match is None:
        message = 'this is one version in quotes, such as "7"'
        raise InvalidInput(f"If-Match: {message}", errors=[FieldError("If-Match", message)])
    return int(match[1])


Source = Annotated[str, Depends(_source)]
BaseVersion = Annotated[int, Depends(_base_version)]
