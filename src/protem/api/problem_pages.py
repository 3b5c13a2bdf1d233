"""What each problem code means, for people and for programs."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from protem.api import operations, refusals
from protem.api.pages import page
from protem.api.problems import PROBLEMS, by_code
from protem.api.schemas.problems import ProblemKind, ProblemKinds
from protem.domain.errors import InvalidInput, Refusal

router = APIRouter(tags=["problems"])

Code = Annotated[str, Path(pattern="^[a-z-]{1,64}$")]

_HTML: dict[int | str, dict[str, Any]] = {200: {"content": {"text/html": {"schema": {"type": "string"}}}}}


@router.get("/problems", operation_id="problems", response_model=ProblemKinds, responses=_HTML)
async def list_problems(request: Request) -> Response:
    """List every problem code; a page for browsers, JSON for others."""
    kinds = [_kind(refusal) for _, refusal in sorted(by_code().items())]
    if _wants_page(request):
        return page("problems.html", title="Problems", kinds=kinds)
    return _json(ProblemKinds(items=kinds))


@router.get(
    "/problems/{code}",
    operation_id="problem",
    response_model=ProblemKind,
    responses={**_HTML, **operations.responses(refusals.NoSuchPath, InvalidInput)},
)
async def read_problem(request: Request, code: Code) -> Response:
    """Explain one problem code; a page for browsers, JSON for others."""
    refusal = by_code().get(code)
    if refusal is None:
        raise refusals.NoSuchPath("there is no such problem; see /problems")
    kind = _kind(refusal)
    if _wants_page(request):
        return page("problems.html", title=kind.title, kinds=[kind])
    return _json(kind)


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _kind(refusal: type[Refusal]) -> ProblemKind:
    problem = PROBLEMS[refusal]
    return ProblemKind(
        type=f"/problems/{refusal.code}",
        code=refusal.code,
        title=refusal.title,
        status=problem.status,
        advice=problem.advice,
    )


def _json(shown: ProblemKind | ProblemKinds) -> Response:
    return Response(shown.model_dump_json(), media_type="application/json")
