"""API tokens over HTTP."""

from typing import Any

from protem.db.models import TokenRole
from tests.api.applications import Api, Client
from tests.broker.worlds import World, person_id


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
    ({"scopes": []}, "invalid-input", "scopes"),
    ({"scopes": ["requests"]}, "invalid-input", "scopes"),
    ({"scopes": ["decisions"]}, "invalid-input", "scopes"),
    ({"scopes": ["admin"]}, "invalid-input", "scopes"),
    (
        {"role": "personal", "user": "alice@example.com", "scopes": ["act_as:request"]},
        "invalid-input",
        "scopes",
    ),
    ({"role": "personal", "user": "alice@example.com", "scopes": []}, "invalid-input", "scopes"),
    ({"role": "admin", "scopes": ["read"]}, "invalid-input", "scopes"),
    ({"role": "auditor", "scopes": ["read"]}, "invalid-input", "scopes"),
    ({"act_as_groups": ["leads"]}, "invalid-input", "act_as_groups"),
    ({"act_as": True, "act_as_groups": ["leads", "nobody"]}, "unknown-principal", "act_as_groups.1"),
    ({"networks": ["10.0.0.0/8", "10.1.2.3/16"]}, "invalid-input", "networks.1"),
    ({"networks": ["office"]}, "invalid-input", "networks.0"),
    ({"networks": ["10.0.0.0/8"] * 101}, "invalid-input", "networks"),
    ({"rate_limit": 0}, "invalid-input", "rate_limit"),
    ({"rate_limit": 100_001}, "invalid-input", "rate_limit"),
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


def test_all_that_a_token_is_bounded_by_is_shown(api: Api) -> None:
    bounds = {
        "scopes": ["act_as:request", "grants:revoke", "read"],
        "act_as_groups": ["Leads"],
        "networks": ["10.1.0.0/16", "2001:DB8::/32"],
        "rate_limit": 300,
    }
    token = made(api, **bounds)
    del token["secret"]
    assert token["scopes"] == ["read", "grants:revoke", "act_as:request"]
    assert (token["act_as_groups"], token["networks"]) == (["Leads"], ["10.1.0.0/16", "2001:db8::/32"])
    assert token["rate_limit"] == 300
    assert api.auditor().get(f"/v1/tokens/{token['id']}").json() == token


def test_a_token_reads_rotates_and_ends_itself(api: Api) -> None:
    token = made(api)
    secret = token.pop("secret")
    assert using(api, secret).get("/v1/tokens/self").json() == token
    assert using(api, secret).get(f"/v1/tokens/{token['id']}").json()["id"] == token["id"]
    rotated = using(api, secret).post("/v1/tokens/self/rotate", {"overlap": "PT30M"}).json()
    assert (rotated["previous_until"], rotated["expires_at"]) == ("2026-01-05T09:30:00Z", token["expires_at"])
    for old_or_new in (secret, rotated["secret"]):
        assert using(api, old_or_new).get("/v1/tokens/self").status_code == 200
    ended = using(api, rotated["secret"]).send("DELETE", "/v1/tokens/self")
    assert ended.status_code == 200
    assert [using(api, one).get("/v1/me").status_code for one in (secret, rotated["secret"])] == [401, 401]


def test_the_secret_of_before_may_end_the_token_but_not_rotate_it(api: Api) -> None:
    token = made(api)
    using(api, token["secret"]).post("/v1/tokens/self/rotate")
    refused = using(api, token["secret"]).post("/v1/tokens/self/rotate")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert using(api, token["secret"]).send("DELETE", "/v1/tokens/self").status_code == 200


def test_others_tokens_are_not_for_whoever_has_one(api: Api) -> None:
    token, other = made(api), using(api, made(api, name="other")["secret"])
    path = f"/v1/tokens/{token['id']}"
    answers = [other.get(path), other.post(f"{path}/rotate"), other.send("DELETE", path)]
    assert [answer.status_code for answer in answers] == [403, 403, 403]


def test_a_service_as_somebody_neither_rotates_nor_ends_its_token(api: Api) -> None:
    acting = api.bot(acting="alice")
    assert acting.post("/v1/tokens/self/rotate").json()["code"] == "act-as-refused"
    assert acting.send("DELETE", "/v1/tokens/self").json()["code"] == "act-as-refused"


def test_who_presents_no_token_has_none_of_their_own(api: Api) -> None:
    alice = api.identified("alice")
    assert alice.get("/v1/tokens/self").json()["code"] == "not-found"
    answer = api.admin().get("/v1/tokens/king")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "token_id")


def test_rotating_what_can_act_takes_two_admins(world: World) -> None:
    api = Api(world, two_person_rule=True)
    with api.http:
        bot = api.bot()
        (token,) = (one for one in api.admin().get("/v1/tokens").json()["items"] if one["name"] == "slack")
        proposed = api.admin().post(f"/v1/tokens/{token['id']}/rotate")
        assert (proposed.status_code, proposed.json()["change"]["verb"]) == (202, "tokens.rotate")
        assert using(api, proposed.json()["secret"]).get("/v1/me").status_code == 401
        other = Client(api.http, api.bearer("second", role=TokenRole.ADMIN))
        confirmed = other.post(f"{proposed.headers['Location']}/confirm", {})
        assert confirmed.status_code == 200, confirmed.text
        assert using(api, proposed.json()["secret"]).get("/v1/me").status_code == 200
        assert bot.post("/v1/tokens/self/rotate").status_code == 403  # its secret is that of before now


def using(api: Api, secret: str) -> Client:
    return Client(api.http, {"Authorization": f"Bearer {secret}"})
