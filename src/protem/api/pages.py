"""Pages for people: few, server-rendered, and without a script or anything from elsewhere."""

from typing import Any

from jinja2 import Environment, PackageLoader
from starlette.responses import HTMLResponse

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'"
_templates = Environment(
    loader=PackageLoader("protem.api"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, **shown: Any) -> HTMLResponse:
    """Render a template of this package."""
    html = _templates.get_template(template).render(**shown)
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY})
