"""API tokens over HTTP."""

from typing import Any

from tests.api.applications import Api, Client
from tests.broker.worlds import person_id


def made(api: Api, **body: Any) -> dict[str, Any]:
    answer = api.admin().post("/v1/tokens", {"name": "nightly", "role": "service", **body})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/v1/tokens/{answer.json()['id']}"
    token: dict[str, Any] = answer.json()
    return token


def test_a_secret_is_shown_once(api: Api) -> None:
    token = made(api, act_as=True, lifetime="P30D")
    secret = token.pop("secret")
    assert token["scopes"] == ["read", "act_as:request"]
    assert (token["created_by"], token["expires_at"]) == ("admin:root", "2026-02-04T09:00:00Z")
    listed = api.auditor().get("/v1/tokens")
    assert token in listed.json()["items"]
    assert secret not in listed.text


def test_a_token_serves_until_it_is_revoked(api: Api) -> None:
    token = made(api, role="personal", user="alice@example.com")
    alice = Client(api.http, {"Authorization": f"Bearer {token['secret']}"})
    assert alice.get("/v1/me").json()["person"]["id"] == person_id("alice")
    revoked = api.admin().send("DELETE", f"/v1/tokens/{token['id']}")
    assert (revoked.status_code, revoked.json()["revoked_at"]) == (200, "2026-01-05T09:00:00Z")
    assert alice.get("/v1/me").status_code == 401
    again = api.admin().send("DELETE", f"/v1/tokens/{token['id']}")
    assert (again.status_code, again.json()["code"]) == (409, "token-revoked")


def test_a_token_serves_until_its_time_is_over(api: Api) -> None:
    token = made(api, role="auditor", lifetime="PT1H")
    auditor = Client(api.http, {"Authorization": f"Bearer {token['secret']}"})
    assert auditor.get("/v1/me").status_code == 200
    api.world.clock.advance(3600)
    assert auditor.get("/v1/me").status_code == 401


def test_the_last_use_of_a_token_is_shown(api: Api) -> None:
    token = made(api, role="auditor")
    auditor = Client(api.http, {"Authorization": f"Bearer {token['secret']}"})
    api.world.clock.advance(300)
    auditor.get("/v1/me")
    shown = {item["id"]: item for item in api.admin().get("/v1/tokens").json()["items"]}
    assert shown[token["id"]]["last_used_at"] == "2026-01-05T09:05:00Z"


IMPOSSIBLE: list[tuple[dict[str, Any], str, str]] = [
    ({"name": "Two Words"}, "invalid-input", "name"),
    ({"role": "king"}, "invalid-input", "role"),
    ({"role": "personal"}, "invalid-input", "user"),
    ({"user": "alice@example.com"}, "invalid-input", "user"),
    ({"role": "personal", "user": "nobody@example.com"}, "unknown-principal", "user"),
    ({"role": "auditor", "act_as": True}, "invalid-input", "act_as"),
    ({"act_as": "yes"}, "invalid-input", "act_as"),
    ({"lifetime": "P400D"}, "invalid-input", "lifetime"),
    ({"lifetime": "P1Y"}, "invalid-input", "lifetime"),
    ({"scopes": ["king"]}, "invalid-input", "scopes.0"),
]


def test_a_token_that_cannot_be_is_refused(api: Api) -> None:
    got = []
    for body, _, _ in IMPOSSIBLE:
        answer = api.admin().post("/v1/tokens", {"name": "nightly", "role": "service", **body})
        assert answer.status_code == 422
        got.append((body, answer.json()["code"], answer.json()["errors"][0]["field"]))
    assert got == IMPOSSIBLE


def test_what_is_not_there_cannot_be_revoked(api: Api) -> None:
    answer = api.admin().send("DELETE", f"/v1/tokens/{person_id('nobody')}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
