"""The OpenAPI document and the pages made from it are complete, and the documentation keeps up."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from protem.api.routers import PUBLIC
from protem.app import create_app
from protem.db.store import Store
from protem.domain.authority import Verb
from tests.api.applications import Api, Parts
from tests.clocks import ManualClock

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "api.md"
ROUTES = re.compile(r"^### `([A-Z]+) (/\S*)`$", re.MULTILINE)


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    unused = Store(f"sqlite:///{tmp_path_factory.getbasetemp()}/unused.db", clock=ManualClock())
    return create_app(Parts(unused)).openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_every_operation_says_what_it_does(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        assert operation["summary"], path
        assert operation["description"].endswith("."), path
        assert operation["tags"], path


def test_every_answer_has_a_schema(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            assert answer["description"], (path, status)
            if status not in {"204", "304"} and path != "/metrics":
                assert all(content["schema"] for content in answer["content"].values()), (path, status)


def test_every_operation_that_needs_a_credential_declares_how_it_refuses(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        if path not in PUBLIC:
            assert {"401", "403", "422", "500", "503"} <= set(operation["responses"]), path
            assert operation["security"] == [{"token": []}, {"login": []}], path


def test_every_problem_is_described_by_one_schema(document: dict[str, Any]) -> None:
    for _, _, operation in operations(document):
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                (content,) = answer["content"].values()
                assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', str(document).replace("'", '"')))
    assert named <= set(document["components"]["schemas"])


def test_what_callers_send_takes_no_unknown_field(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name in ("NewRequest", "WantedTarget", "NewDecision", "Revocation", "NewToken"):
        assert schemas[name]["additionalProperties"] is False


def test_what_callers_get_always_has_every_field(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name in ("Request", "Grant", "Assignment", "AuditEvent", "Token", "Entitlement", "Me", "Problem"):
        assert set(schemas[name]["required"]) == set(schemas[name]["properties"]), name


def test_enumerations_are_open(document: dict[str, Any]) -> None:
    state = document["components"]["schemas"]["Grant"]["properties"]["state"]
    assert "enum" not in state
    assert "deactivating" in state["examples"]


def test_durations_and_times_are_described(document: dict[str, Any]) -> None:
    request = document["components"]["schemas"]["Request"]["properties"]
    assert request["duration"]["format"] == "duration"
    assert re.fullmatch(request["duration"]["pattern"], "PT1H30M")
    assert not re.search(r"\(\?P<", request["duration"]["pattern"])
    assert request["created_at"]["format"] == "date-time"


def test_the_document_is_served(api: Api, document: dict[str, Any]) -> None:
    assert api.anonymous().get("/openapi.json").json() == document


def test_the_reference_shows_every_operation_without_a_script(api: Api, document: dict[str, Any]) -> None:
    page = api.anonymous().get("/docs")
    for _, path, operation in operations(document):
        assert f'id="{operation["operationId"]}"' in page.text, path
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    linked = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert {link[0] for link in linked} == {"/", "#"}


def test_the_documentation_has_a_heading_for_every_route(document: dict[str, Any]) -> None:
    routes = {(method, path) for method, path, _ in operations(document)} | {
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
    }
    assert set(ROUTES.findall(DOCUMENTATION.read_text())) == routes


def test_operations_are_named_after_verbs(document: dict[str, Any]) -> None:
    named = {operation["operationId"] for _, path, operation in operations(document) if path not in PUBLIC}
    assert named == {verb.value for verb in Verb}
