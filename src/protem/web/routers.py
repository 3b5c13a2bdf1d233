"""Every page there is."""

from protem.web import entering, start

ROUTERS = (start.router, entering.router)

PAGES = frozenset({"/", "/login", "/login/callback", "/logout"})
"""What a browser may open without a credential; none of it is part of the API."""
