"""Query parameters that mean nothing or two things: a misspelt filter would filter nothing, a second hide."""

from collections.abc import Iterator
from typing import get_args, get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from protem.api import echoes
from protem.domain.errors import FieldError, InvalidInput


async def known_parameters(request: Request) -> None:
    """Refuse query parameters that the route of this call does not declare, or not more than once."""
    route: APIRoute = request.scope["route"]
    known = dict(_declared(route.dependant))
    sent = request.query_params
    strangers = sorted(set(sent) - set(known))
    if strangers:
        takes = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
        errors = [FieldError(echoes.name(name), "there is no such query parameter") for name in strangers]
        raise InvalidInput(f"this address takes no such query parameter; {takes}", errors=errors)
    repeated = sorted(name for name in set(sent) if len(sent.getlist(name)) > 1 and not known[name])
    if repeated:
        errors = [FieldError(name, "is here more than once") for name in repeated]
        raise InvalidInput("this address takes each of these query parameters once", errors=errors)


def _declared(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """Yield the name of each query parameter, and whether it takes several values."""
    for parameter in dependant.query_params:
        kind = parameter.field_info.annotation
        yield parameter.alias, any(get_origin(one) is list for one in (kind, *get_args(kind)))
    for inner in dependant.dependencies:
        yield from _declared(inner)
