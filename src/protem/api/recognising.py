"""What a call presents to say who makes it, and what the identity provider says about that."""

from dataclasses import replace
from typing import Annotated

from fastapi import Header, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from protem.api.browsers import LOGIN_COOKIE, refuse_cross_site, secret_of_login
from protem.api.services import Services
from protem.broker import credentials
from protem.broker.authentication import Presented
from protem.domain.errors import Unauthenticated

_bearer = HTTPBearer(
    scheme_name="token",
    description="An API token, or a token of the organization's identity provider.",
    auto_error=False,
)
_cookie = APIKeyCookie(
    name=LOGIN_COOKIE,
    scheme_name="login",
    description="The cookie of a browser that is logged in; what changes something must come from our pages.",
    auto_error=False,
)

Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
Cookie = Annotated[str | None, Security(_cookie)]
ActAs = Annotated[
    str | None,
    Header(
        alias="Act-As",
        min_length=1,
        max_length=512,
        description="The user name, in UTF-8, or the id of the person that a service acts as.",
    ),
]


def presented(
    request: Request,
    services: Services,
    bearer: HTTPAuthorizationCredentials | None,
    act_as: str | None,
    *,
    address: str | None,
) -> Presented:
    """Return what the call presents; raises ``Unauthenticated`` if that is nothing, and ``CrossSite``."""
    acting = _utf8(act_as) if act_as else None
    if "authorization" in request.headers:
        if bearer is None or bearer.scheme.lower() != "bearer":
            raise Unauthenticated("present a token: Authorization: Bearer protem_…")
        return Presented(bearer.credentials, acting, address)
    cookie = _login(request, services)
    if cookie is None:
        raise Unauthenticated("present a token: Authorization: Bearer protem_…")
    return Presented(None, acting, address, cookie=cookie)


def checked(services: Services, presented: Presented) -> Presented:
    """Add what the identity provider has signed, if the bearer is a token of its; may ask it for keys.

    Call this before a transaction is open, and each time before one is: tokens expire.
    """
    provider, bearer = services.identity_provider, presented.bearer
    if provider is None or bearer is None or bearer.startswith(credentials.PREFIX):
        return presented
    return replace(presented, assertion=provider.assertion(bearer)) if provider.knows(bearer) else presented


def _login(request: Request, services: Services) -> str | None:
    provider = services.identity_provider
    if provider is None or not provider.takes_logins:
        return None
    cookie = secret_of_login(request)
    if cookie is not None:
        refuse_cross_site(request, origin=services.settings.public_url)
    return cookie


def _utf8(header: str) -> str:
    """Return a header as it was meant: servers hand them over as Latin-1."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header
