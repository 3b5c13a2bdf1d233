"""Logging in with a browser, by the identity provider, and out again."""

import re
from datetime import datetime

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from protem.api.browsers import LOGIN_COOKIE, refuse_cross_site, secret_of_login
from protem.api.calls import AnyServices
from protem.api.gate import Gates
from protem.api.services import Services
from protem.broker import authentication, logins
from protem.broker.authentication import Presented
from protem.domain.errors import Refusal, Unauthenticated
from protem.identity_provider.provider import IdentityProvider
from protem.identity_provider.values import CALLBACK, Assertion
from protem.web import flows, pages, returning
from protem.web.flows import Flow

router = APIRouter(include_in_schema=False)

_SEE_OTHER = 303
_CODE = re.compile(r"[a-z_]{1,64}", re.ASCII)
_LONGEST_CODE = 4096

_log = structlog.get_logger("protem.web")


@router.get("/login")
def login(request: Request, services: AnyServices) -> Response:
    """Send the browser to the identity provider."""
    provider = _provider(services)
    if provider is None:
        return RedirectResponse(returning.START, _SEE_OTHER)
    try:
        beginning = provider.begin()
    except Refusal as refusal:
        return pages.told(refusal)
    return_to = returning.local(request.query_params.get("return_to"))
    flow = Flow.of(beginning, return_to=return_to, now=services.store.clock.now())
    answer = RedirectResponse(beginning.address, _SEE_OTHER)
    _keep(answer, flows.COOKIE, flow.packed, seconds=int(flows.LIFETIME.total_seconds()))
    return answer


@router.get(CALLBACK)
def callback(request: Request, services: AnyServices) -> Response:
    """Take the browser back from the identity provider."""
    provider, now = _provider(services), services.store.clock.now()
    flow = flows.unpacked(request.cookies.get(flows.COOKIE, ""))
    if provider is None or flow is None or not flow.fits(_sent(request, "state"), now=now):
        return _not_begun_here()
    answer = _ended(request) or _entered(request, services, provider, flow)
    _forget(answer, flows.COOKIE)
    return answer


@router.post("/logout")
def logout(request: Request, services: AnyServices) -> Response:
    """End the login of this browser."""
    try:
        refuse_cross_site(request, origin=services.settings.public_url)
    except Refusal as refusal:
        return pages.told(refusal)
    secret = secret_of_login(request)
    if secret is not None:
        with services.store.writing() as session:
            logins.leave(session, secret, now=services.store.now(session))
    answer = RedirectResponse(returning.START, _SEE_OTHER)
    _forget(answer, LOGIN_COOKIE)
    return answer


def _provider(services: Services) -> IdentityProvider | None:
    provider = services.identity_provider
    return provider if provider is not None and provider.takes_logins else None


def _ended(request: Request) -> Response | None:
    """Return what to say where the provider lets nobody in; its own words are not repeated."""
    error = _sent(request, "error")
    if not error:
        return None
    _log.info("login.refused", error=error if _CODE.fullmatch(error) else "unreadable")
    if error == "access_denied":
        sentence = "Your identity provider did not let you in, or you decided against it."
        return pages.stopped("You are not logged in", sentence, status=403)
    sentence = "Your identity provider ended the login. Its log says why; Protem's has the code that it gave."
    return pages.stopped("You are not logged in", sentence, status=400)


def _entered(request: Request, services: Services, provider: IdentityProvider, flow: Flow) -> Response:
    gates: Gates = request.app.state.gates
    try:
        with gates.gate(request).watched(Presented()):
            assertion = _asserted(request, provider, flow)
            secret, seconds = _start(services, assertion, instead_of=secret_of_login(request))
    except Unauthenticated as refusal:
        _log.warning("login.refused", error=refusal.detail)
        return pages.stopped("You are not logged in", f"{refusal.detail}.", status=400)
    except Refusal as refusal:
        return pages.told(refusal)
    answer = RedirectResponse(flow.return_to, _SEE_OTHER)
    _keep(answer, LOGIN_COOKIE, secret, seconds=seconds)
    return answer


def _asserted(request: Request, provider: IdentityProvider, flow: Flow) -> Assertion:
    code, issuer = _sent(request, "code"), _sent(request, "iss")
    if not 0 < len(code) <= _LONGEST_CODE:
        raise Unauthenticated("the identity provider sent you back without a code")
    if issuer and issuer != provider.configuration.issuer:
        raise Unauthenticated("another identity provider than the one that is trusted here sent you back")
    return provider.complete(code=code, verifier=flow.verifier, nonce=flow.nonce)


def _start(services: Services, assertion: Assertion, *, instead_of: str | None) -> tuple[str, int]:
    """Log in whoever the assertion names, as a bearer of it would be let in."""
    lifetime = services.settings.login_lifetime
    with services.store.writing() as session:
        now: datetime = services.store.now(session)
        presented = Presented(assertion=assertion)
        caller = authentication.authenticate(session, presented, now=now, admission=services.admission)
        if caller.person is None:
            raise Unauthenticated("nobody is named")
        started = logins.start(
            session, caller.person, assertion, lifetime=lifetime, instead_of=instead_of, now=now
        )
    return started.secret, int(lifetime.total_seconds())


def _not_begun_here() -> Response:
    sentence = (
        "This login did not begin in this browser, was used before, or took longer than ten minutes. Nothing"
        " has happened: log in again."
    )
    return pages.stopped("You are not logged in", sentence, status=400)


def _sent(request: Request, name: str) -> str:
    """Return a parameter that the provider sent; nothing if it was sent twice."""
    values = request.query_params.getlist(name)
    return values[0] if len(values) == 1 else ""


def _keep(answer: Response, name: str, value: str, *, seconds: int) -> None:
    # Lax: the browser comes here from the identity provider, and from links in messages.
    answer.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")


def _forget(answer: Response, name: str) -> None:
    answer.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
