"""Whatever a route answers in these tests, the OpenAPI document has to have said so."""

import re
from typing import Any

import httpx2
from fastapi.testclient import TestClient

ELSEWHERE = frozenset({"no-such-path", "method-not-allowed"})
"""What is refused before any operation is found."""


def check(http: TestClient, method: str, path: str, answer: httpx2.Response) -> None:
    """Fail where an answer has a status, or a problem a code, that its operation does not declare."""
    code = answer.json()["code"] if answer.status_code >= 400 else None
    if code in ELSEWHERE:
        return
    declared = next(
        (codes for verb, pattern, codes in _operations(http) if verb == method and pattern.fullmatch(path)),
        None,
    )
    if declared is None:
        assert path.startswith(("/docs", "/openapi.json", "/broken")), path
        return
    assert answer.status_code in declared, (method, path, answer.text)
    assert code is None or code in declared[answer.status_code], (method, path, answer.text)


_known: list[tuple[str, re.Pattern[str], dict[int, frozenset[str]]]] = []


def _operations(http: TestClient) -> list[tuple[str, re.Pattern[str], dict[int, frozenset[str]]]]:
    # Every application has the same document, and building one takes longer than most tests.
    if not _known:
        document = http.get("/openapi.json").json()
        for path, methods in document["paths"].items():
            pattern = re.compile(re.sub(r"{[^}]+}", "[^/]+", path) + r"(\?.*)?")
            _known.extend((verb.upper(), pattern, _codes(details)) for verb, details in methods.items())
    return _known


def _codes(operation: dict[str, Any]) -> dict[int, frozenset[str]]:
    return {
        int(status): frozenset(
            code for content in answer.get("content", {}).values() for code in content.get("examples", {})
        )
        for status, answer in operation["responses"].items()
    }
