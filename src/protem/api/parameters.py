"""Query parameters that a route does not know: refused, because a misspelt filter would filter nothing."""

from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from protem.api import echoes
from protem.domain.errors import FieldError, InvalidInput


async def known_parameters(request: Request) -> None:
    """Refuse query parameters that the route of this call does not declare."""
    route: APIRoute = request.scope["route"]
    known = frozenset(_declared(route.dependant))
    strangers = sorted(set(request.query_params) - known)
    if strangers:
        takes = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
        errors = [FieldError(echoes.name(name), "there is no such query parameter") for name in strangers]
        raise InvalidInput(f"this address takes no such query parameter; {takes}", errors=errors)


def _declared(dependant: Dependant) -> Iterator[str]:
    yield from (parameter.alias for parameter in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _declared(inner)
