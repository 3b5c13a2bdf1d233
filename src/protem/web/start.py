"""The start page: who is logged in here."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from protem.api.browsers import secret_of_login
from protem.api.calls import AnyServices, opened
from protem.broker.authentication import Presented
from protem.broker.callers import Caller
from protem.domain.errors import CredentialRefused, Refusal
from protem.web import pages

router = APIRouter(include_in_schema=False)


@router.get("/")
def start(request: Request, services: AnyServices) -> Response:
    """Say who is logged in, and how to log in or out."""
    provider = services.identity_provider
    able = provider is not None and provider.takes_logins
    cookie = secret_of_login(request) if able else None
    if cookie is None:
        return pages.page("start.html", title="Protem", able=able, caller=None, over=False)
    try:
        with opened(request, services, Presented(cookie=cookie)).reading() as turn:
            return _mine(turn.caller)
    except CredentialRefused:
        return pages.page("start.html", title="Protem", able=able, caller=None, over=True)
    except Refusal as refusal:
        return pages.told(refusal)


def _mine(caller: Caller) -> Response:
    groups = sorted(group.name for group in caller.person.groups) if caller.person else []
    offices = sorted(office.value for office in caller.offices)
    return pages.page(
        "start.html", title="Protem", able=True, caller=caller, over=False, groups=groups, offices=offices
    )
