"""What the OpenAPI document says of every operation: its verb, and each way it can be refused."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from fastapi import Depends, Request

from protem.api import answers, problems, refusals
from protem.api.parameters import known_parameters
from protem.domain import errors, identification
from protem.domain.authority import Verb
from protem.domain.errors import Refusal

_ANYWHERE = (
    refusals.HeaderRepeated,
    refusals.MalformedRequest,
    refusals.AddressTooLong,
    refusals.HeadersTooLarge,
    refusals.BodyTooLarge,
    refusals.HeadersTooSlow,
    refusals.TooManyConnections,
)
"""Of what no route is asked about."""
_ANY = (
    errors.InvalidInput,
    errors.Unauthenticated,
    identification.IdentityRefused,
    identification.IdentityProviderUnavailable,
    refusals.CrossSite,
    errors.ActAsRefused,
    errors.ScopeMissing,
    errors.NetworkRefused,
    errors.Forbidden,
    errors.RateLimited,
    refusals.DatabaseUnavailable,
    refusals.InternalError,
)
_WITH_BODY = (
    refusals.MalformedJson,
    refusals.UnsupportedMediaType,
    refusals.BodyTooSlow,
)


def operation(
    verb: Verb,
    *kinds: type[Refusal],
    body: bool = False,
    others: Mapping[int | str, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return the arguments of a route that carries out ``verb`` and may also refuse with ``kinds``.

    ``body`` says that it takes JSON; ``others`` are further responses.
    """
    possible = (*_ANY, *(_WITH_BODY if body else ()), *kinds)
    tags: list[str | Enum] = [verb.value.partition(".")[0].replace("_", " ")]
    return {
        "operation_id": verb.value,
        "tags": tags,
        "responses": {**(others or {}), **responses(*possible)},
        "dependencies": [Depends(known_parameters), *([Depends(_json_only)] if body else [])],
    }


def responses(*kinds: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses for these refusals and those of every address, one for each status."""
    return {status: _response(same) for status, same in problems.sorted_by_status(*_ANYWHERE, *kinds)}


def _response(kinds: list[type[Refusal]]) -> dict[str, Any]:
    examples = {kind.code: {"summary": kind.title, "value": _example(kind)} for kind in kinds}
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}
    return {
        "description": "; ".join(f"`{kind.code}`: {kind.title}" for kind in kinds),
        "content": {answers.MEDIA_TYPE: content},
    }


def _example(kind: type[Refusal]) -> dict[str, Any]:
    return answers.members(kind(kind.title))


async def _json_only(request: Request) -> None:
    sent = request.headers
    kind = sent.get("content-type", "").partition(";")[0].strip().lower()
    empty = sent.get("content-length", "0") == "0" and "transfer-encoding" not in sent
    if not empty and kind != "application/json":
        raise refusals.UnsupportedMediaType("send Content-Type: application/json")
