"""What goes with every answer, and what is refused before a route is asked."""

import re
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException

from protem.api import headers
from protem.api.entrance import LimitedBodies
from protem.api.routers import PUBLIC
from tests.api.applications import Api, Client, asking
from tests.api.live import run

ID = "01936b00-0000-7000-8000-000000000000"
NOWHERE_TAKEN = ("OPTIONS", "TRACE")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here reaches a database of any kind but to learn who calls."""
    return sqlite_url


def routes(api: Api) -> Iterator[tuple[str, str]]:
    for route in iter_route_contexts(api.app.routes):
        for method in sorted(route.methods or ()):
            yield method, re.sub(r"{[^}]+}", ID, str(route.path))


def wrong_with(sent: Any, *, tls: bool = False) -> list[str]:
    """Return which of the headers that go with every answer are not as they should be."""
    expected = {**headers.EVERYWHERE, **(headers.WITH_TLS if tls else {})}
    policy = expected.pop("Content-Security-Policy")
    wrong = [name for name, value in expected.items() if sent.get_list(name) != [value]]
    (found,) = sent.get_list("Content-Security-Policy")
    return wrong if found.startswith(policy) and "unsafe" not in found else [*wrong, found]


def test_every_address_answers_with_every_header(api: Api) -> None:
    everywhere = {path for _, path in routes(api)}
    refused = [(method, path) for path in everywhere for method in NOWHERE_TAKEN]
    for caller, calls in ((api.anonymous(), [*routes(api), *refused]), (api.admin(), routes(api))):
        for method, path in calls:
            answer = caller.http.request(method, path, headers=dict(caller.headers))
            assert wrong_with(answer.headers) == [], (method, path)
            assert answer.status_code < 500, (method, path)


def refusals(api: Api, alice: Client) -> Iterator[tuple[int, Any]]:
    json = {"Content-Type": "application/json"}
    yield 200, api.anonymous().get("/docs")
    yield 201, alice.post("/v1/requests", asking())
    yield 400, alice.send("POST", "/v1/requests", content=b"{", headers=json)
    yield 401, api.anonymous().get("/v1/me")
    yield 403, alice.get("/v1/audit-events")
    yield 404, alice.get(f"/v1/requests/{ID}")
    yield 404, alice.get("/nowhere")
    yield 405, alice.send("PUT", "/v1/requests")
    yield (
        409,
        alice.post("/v1/requests", asking(targets=[{"account": "444455556666", "permission_set": "x"}])),
    )
    yield 413, alice.post("/v1/requests", asking(justification="x" * 70_000))
    yield 414, alice.get(f"/v1/requests?state={'x' * 9000}")
    yield 415, alice.send("POST", "/v1/requests", content=b"x", headers={"Content-Type": "text/plain"})
    yield 422, alice.get("/v1/requests?limit=0")
    yield 431, alice.get("/v1/me", headers={"X-Long": "x" * 40_000})


def test_answers_of_every_status_carry_every_header(api: Api) -> None:
    got = [(status, answer) for status, answer in refusals(api, api.person("alice"))]
    statuses = [(status, answer.status_code) for status, answer in got]
    assert [pair for pair in statuses if pair[0] != pair[1] and pair[0] != 409] == []
    assert [answer.url for _, answer in got if wrong_with(answer.headers)] == []


def test_an_answer_about_a_breakdown_carries_every_header(api: Api) -> None:
    def break_down() -> None:
        raise RuntimeError

    api.app.add_api_route("/broken", break_down)
    answer = api.anonymous().get("/broken")
    assert (answer.status_code, wrong_with(answer.headers)) == (500, [])


def test_a_page_may_be_styled_and_nothing_else(api: Api) -> None:
    sent = api.anonymous().get("/docs")
    policy = sent.headers["Content-Security-Policy"]
    assert re.fullmatch(
        r"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
        r"style-src 'sha256-[A-Za-z0-9+/]{43}='",
        policy,
    )
    assert not re.search(r"<script|\son[a-z]+=|\sstyle=|javascript:", sent.text)


def test_browsers_are_told_to_keep_to_tls_only_where_there_is_some(api: Api) -> None:
    assert "Strict-Transport-Security" not in api.anonymous().get("/healthz").headers
    behind_tls = Api(api.world, tls_terminated=True)
    with behind_tls.http:
        assert wrong_with(behind_tls.anonymous().get("/healthz").headers, tls=True) == []


def test_no_route_takes_a_query_parameter_that_it_does_not_declare(api: Api) -> None:
    for method, path in routes(api):
        if path not in PUBLIC and path.startswith("/v1"):
            answer = api.admin().http.request(
                method, f"{path}?stat=active&Limit=1", headers=dict(api.admin().headers)
            )
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input"), path
            assert [error["field"] for error in answer.json()["errors"]] == ["Limit", "stat"], path


def test_an_unknown_query_parameter_is_answered_with_those_there_are(api: Api) -> None:
    answer = api.person("alice").get("/v1/accounts?envv=prod")
    assert answer.json()["errors"] == [{"field": "envv", "message": "there is no such query parameter"}]
    assert "it takes cursor, limit" in answer.json()["detail"]


@pytest.mark.parametrize("name", ["Authorization", "Act-As", "Idempotency-Key", "If-Match", "Content-Type"])
def test_what_may_be_said_once_is_refused_twice(api: Api, name: str) -> None:
    sent = [(name, "one"), (name.lower(), "two")]
    answer = api.http.request("POST", "/v1/requests", headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (400, "header-repeated")
    assert name in answer.json()["detail"]
    assert wrong_with(answer.headers) == []


def test_heads_beyond_the_limits_are_refused(api: Api) -> None:
    alice = api.person("alice")
    many = alice.get("/v1/me", headers={f"X-{number}": "x" for number in range(100)})
    assert (many.status_code, many.json()["code"]) == (431, "headers-too-large")
    parameters = alice.get("/v1/requests?" + "&".join(["state=pending"] * 101))
    assert (parameters.status_code, parameters.json()["code"]) == (414, "address-too-long")


def test_json_that_nests_without_end_is_refused(api: Api) -> None:
    sent = {"Content-Type": "application/json"}
    for deep in (b"[" * 60_000, b'{"a":' * 12_000, b"[" * 30_000 + b"]" * 30_000):
        answer = api.person("alice").send("POST", "/v1/requests", content=deep, headers=sent)
        assert answer.json()["code"] in {"malformed-json", "invalid-input"}


def test_numbers_that_have_no_end_are_refused(api: Api) -> None:
    sent = {"Content-Type": "application/json"}
    for number in (b"9" * 60_000, b"1e999999", b"NaN", b"-Infinity"):
        body = b'{"targets": [], "justification": "x", "duration": ' + number + b"}"
        answer = api.person("alice").send("POST", "/v1/requests", content=body, headers=sent)
        assert answer.json()["code"] in {"malformed-json", "invalid-input"}, number[:10]


def test_head_is_get_without_the_body(api: Api) -> None:
    for path in ("/healthz", "/v1/me", "/docs", "/v1/nowhere"):
        read, asked = api.person("alice").get(path), api.http.head(path, headers=api.person("alice").headers)
        assert (asked.status_code, asked.content) == (read.status_code, b""), path
        assert asked.headers["Content-Length"] == read.headers["Content-Length"]


def test_options_is_no_method_here(api: Api) -> None:
    for path in ("/v1/me", "/v1/requests", "/healthz"):
        answer = api.http.options(path, headers={"Origin": "https://evil.example"})
        assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "HEAD" in answer.headers["Allow"]


def test_no_answer_depends_on_the_host_that_was_asked_for(api: Api) -> None:
    for path in ("/docs", "/problems", "/v1/me", "/openapi.json", "/nowhere"):
        answer = api.person("alice").get(path, headers={"Host": "evil.example", "Accept": "text/html"})
        assert "evil.example" not in answer.text + str(answer.headers)


async def unsent(message: Any) -> None:
    raise AssertionError(message)


def test_a_body_that_drips_is_refused() -> None:
    async def never() -> Any:
        await anyio.sleep_forever()

    async def reading(scope: Any, receive: Any, send: Any) -> None:
        await receive()

    async def scenario() -> None:
        scope = {"type": "http", "path": "/v1/requests", "headers": []}
        with pytest.raises(HTTPException) as refused:
            await LimitedBodies(reading, seconds=0.01)(scope, never, unsent)
        assert refused.value.status_code == 408

    run(scenario)


def test_a_body_that_took_too_long_is_a_problem(api: Api) -> None:
    def late() -> None:
        raise HTTPException(408, "the whole body has to come sooner")

    api.app.add_api_route("/broken", late)
    answer = api.anonymous().get("/broken")
    assert (answer.status_code, answer.json()["code"]) == (408, "body-too-slow")
    assert answer.headers["Connection"] == "close"


def test_who_waits_for_an_answer_may_wait_longer_than_a_body(api: Api) -> None:
    async def scenario() -> None:
        messages = [{"type": "http.disconnect"}, {"type": "http.request", "body": b"x"}]

        async def receive() -> Any:
            if len(messages) == 1:
                await anyio.sleep(0.05)
            return messages.pop()

        async def waiting(scope: Any, receive: Any, send: Any) -> None:
            assert (await receive())["body"] == b"x"
            assert (await receive())["type"] == "http.disconnect"

        scope = {"type": "http", "path": "/v1/requests", "headers": []}
        await LimitedBodies(waiting, seconds=0.01)(scope, receive, unsent)

    run(scenario)
