"""Calls from browsers: the cookie that a login leaves there, and that other sites cannot use it."""

from fastapi import Request

from protem.api.refusals import CrossSite

LOGIN_COOKIE = "__Host-protem"
"""Browsers take a cookie of this name only over TLS, from this very host, and for all of it."""

_SAFE = frozenset({"GET", "HEAD"})
_SAME = "same-origin"


def secret_of_login(request: Request) -> str | None:
    """Return what the cookie holds, if there is one that could be ours."""
    value = request.cookies.get(LOGIN_COOKIE, "")
    return value if value.isascii() and value.isprintable() and value else None


def refuse_cross_site(request: Request, *, origin: str | None) -> None:
    """Raise ``CrossSite`` for what changes something and does not come from a page of ours.

    Browsers say where a call comes from, and no page can make them say something else. ``origin``
    is ours, as people reach us.
    """
    if request.method in _SAFE:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != _SAME:
        raise CrossSite("the browser says that this call comes from another site")
    if site is None and not (origin and request.headers.get("origin") == origin):
        raise CrossSite("the browser does not say that this call comes from a page of Protem")
