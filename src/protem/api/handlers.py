"""From exceptions to problems."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from protem.api import echoes, refusals
from protem.api.answers import problem
from protem.domain.errors import FieldError, InvalidInput, Refusal

_log = structlog.get_logger("protem.api")

_WHERE = frozenset({"body", "query", "path", "header"})


def install(app: FastAPI) -> None:
    """Have every exception that a route can raise answered with a problem."""
    for exception, handler in _HANDLERS.items():
        app.add_exception_handler(exception, handler)


async def refused(request: Request, refusal: Refusal) -> Response:
    return problem(refusal)


async def invalid(request: Request, error: RequestValidationError) -> Response:
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return problem(refusals.MalformedJson("the body cannot be read as JSON"))
    count = "1 field is" if len(found) == 1 else f"{len(found)} fields are"
    return problem(InvalidInput(f"{count} wrong; see errors", errors=[_field_error(one) for one in found]))


async def misdirected(request: Request, error: HTTPException) -> Response:
    """Answer for the framework, which refuses by status alone."""
    match error.status_code:
        case 404:
            return problem(refusals.NoSuchPath("there is no such address; see /docs"))
        case 405:
            allowed = ", ".join(sorted(_methods_at(request)))
            refusal = refusals.MethodNotAllowed(f"{request.method} is not among {allowed}")
            return problem(refusal, headers={"Allow": allowed})
        case 408:
            return problem(refusals.BodyTooSlow(error.detail), headers={"Connection": "close"})
        case 413:
            return problem(refusals.BodyTooLarge(error.detail))
        case _:
            return problem(refusals.MalformedJson("the body cannot be read"))


async def without_database(request: Request, error: SQLAlchemyError) -> Response:
    # The text of the driver's error only: SQLAlchemy's own adds the statement with its parameters.
    cause = error.orig if isinstance(error, DBAPIError) else error
    _log.error("database.unavailable", error=str(cause).strip())
    return problem(refusals.DatabaseUnavailable("the database does not answer; nothing was done"))


_HANDLERS: Mapping[type[Exception], Any] = {
    Refusal: refused,
    RequestValidationError: invalid,
    HTTPException: misdirected,
    OperationalError: without_database,
    InterfaceError: without_database,
    PoolTimeoutError: without_database,
}


def _methods_at(request: Request) -> set[str]:
    methods = {
        method
        for route in iter_route_contexts(request.app.routes)
        if route.path_regex.match(request.url.path)
        for method in route.methods or ()
    }
    return methods | {"HEAD"} if "GET" in methods else methods


def _field_error(found: dict[str, Any]) -> FieldError:
    return FieldError(field=_path(found["loc"]), message=_sentence(found))


def _path(location: Sequence[str | int]) -> str:
    inside = location[1:] if location and location[0] in _WHERE else location
    return ".".join(str(step) if isinstance(step, int) else echoes.name(step) for step in inside) or "body"


def _sentence(found: dict[str, Any]) -> str:
    match found["type"]:
        case "value_error":
            return str(found["ctx"]["error"])
        case "extra_forbidden":
            return "there is no such field"
        case "missing":
            return "is missing"
        case "uuid_parsing":  # whose message repeats what was sent
            return "an id is a UUID"
        case _:
            return str(found["msg"])
