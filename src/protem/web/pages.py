"""Pages for people who are not programmers: server-rendered, and without a script."""

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from starlette.responses import HTMLResponse

from protem.api import headers
from protem.api.problems import PROBLEMS
from protem.domain.errors import Refusal

_STYLE = files("protem.web").joinpath("templates/style.css").read_text(encoding="utf-8")
_POLICY = headers.policy(styles=[b64encode(sha256(_STYLE.encode()).digest()).decode()])
_templates = Environment(
    loader=PackageLoader("protem.web"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
_templates.globals["style"] = Markup(_STYLE)  # noqa: S704 - a file of ours


def page(template: str, *, status: int = 200, **shown: Any) -> HTMLResponse:
    """Render a template of this package."""
    html = _templates.get_template(template).render(**shown)
    return HTMLResponse(html, status_code=status, headers={"Content-Security-Policy": _POLICY})


def told(refusal: Refusal) -> HTMLResponse:
    """Say in a page why something was not done."""
    kind = PROBLEMS[type(refusal)]
    answer = page("told.html", status=kind.status, title=refusal.title, sentence=refusal.detail)
    answer.headers.update(kind.headers)
    return answer


def stopped(title: str, sentence: str, *, status: int) -> HTMLResponse:
    """Say in a page why a login did not come about."""
    return page("told.html", status=status, title=title, sentence=sentence)
