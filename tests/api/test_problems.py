"""Every refusal has a status, a page and a heading in the documentation."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from protem.api import refusals
from protem.api.answers import members
from protem.api.problems import PROBLEMS, by_code
from protem.domain import errors, identification
from protem.domain.errors import FieldError, InvalidInput, Refusal
from tests.api.applications import Api

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "problems.md"


def kinds() -> Iterator[type[Refusal]]:
    for module in (errors, identification, refusals):
        for found in vars(module).values():
            if isinstance(found, type) and issubclass(found, Refusal) and hasattr(found, "code"):
                yield found


def test_every_refusal_has_a_status() -> None:
    assert set(kinds()) == set(PROBLEMS)


def test_every_code_and_every_title_is_used_once() -> None:
    assert len(by_code()) == len(PROBLEMS)
    assert len({kind.title for kind in PROBLEMS}) == len(PROBLEMS)


@pytest.mark.parametrize("kind", PROBLEMS, ids=lambda kind: kind.code)
def test_every_code_is_explained_in_the_documentation(kind: type[Refusal]) -> None:
    sections = re.split(r"^## ", DOCUMENTATION.read_text(), flags=re.MULTILINE)
    expected = f"`{kind.code}`\n\n**{kind.title}** ({PROBLEMS[kind].status}). {PROBLEMS[kind].advice}"
    assert expected in [section.strip() for section in sections], f"docs/problems.md lacks:\n## {expected}"


def test_the_documentation_explains_no_other_code() -> None:
    assert set(re.findall(r"^## `(.+)`$", DOCUMENTATION.read_text(), re.MULTILINE)) == set(by_code())


def test_every_code_has_a_page_for_people_and_an_answer_for_programs(api: Api) -> None:
    for code, kind in by_code().items():
        page = api.anonymous().get(f"/problems/{code}", headers={"Accept": "text/html"})
        assert page.headers["Content-Type"].startswith("text/html")
        assert f"<code>{code}</code>" in page.text
        shown = api.anonymous().get(f"/problems/{code}", headers={"Accept": "application/json"}).json()
        assert (shown["type"], shown["status"]) == (f"/problems/{code}", PROBLEMS[kind].status)


def test_there_is_one_list_of_all_problems(api: Api) -> None:
    listed = api.anonymous().get("/problems").json()["items"]
    assert [kind["code"] for kind in listed] == sorted(by_code())
    page = api.anonymous().get("/problems", headers={"Accept": "text/html,*/*"}).text
    assert page.count("<article") == len(PROBLEMS)


def test_a_code_that_does_not_exist_has_no_page(api: Api) -> None:
    assert api.anonymous().get("/problems/nonsense").json()["code"] == "no-such-path"
    assert api.anonymous().get("/problems/<script>").json()["code"] == "invalid-input"


def test_a_problem_carries_its_facts_beside_the_members_of_the_standard() -> None:
    refusal = InvalidInput("no", errors=[FieldError("a", "b")], facts={"status": 200, "candidates": ["x"]})
    assert members(refusal) == {
        "type": "/problems/invalid-input",
        "title": "The request does not have the right form",
        "status": 422,
        "detail": "no",
        "code": "invalid-input",
        "errors": [{"field": "a", "message": "b"}],
        "candidates": ["x"],
    }


def test_problems_go_out_as_problems(api: Api) -> None:
    answer = api.anonymous().get("/v1/me")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/unauthenticated"
