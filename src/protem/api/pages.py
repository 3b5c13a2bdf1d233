"""Pages for people: few, server-rendered, and without a script or anything from elsewhere."""

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from starlette.responses import HTMLResponse

from protem.api import headers

_STYLE = files("protem.api").joinpath("templates/style.css").read_text(encoding="utf-8")
_POLICY = headers.policy(styles=[b64encode(sha256(_STYLE.encode()).digest()).decode()])
_templates = Environment(
    loader=PackageLoader("protem.api"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals["style"] = Markup(_STYLE)  # noqa: S704 - a file of ours


def page(template: str, **shown: Any) -> HTMLResponse:
    """Render a template of this package."""
    html = _templates.get_template(template).render(**shown)
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY})
