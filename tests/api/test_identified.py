"""People who call with a token of their identity provider, or with the cookie of a login."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import anyio.to_thread
import pytest

from protem.api.browsers import LOGIN_COOKIE
from protem.broker.authentication import API_TOKENS, Admission
from protem.broker.logins import Logins
from tests.api.applications import Api, Client, asking
from tests.api.live import living, run, until
from tests.broker.worlds import World, person_id

PUBLIC_URL = "https://protem.example.com"


def test_a_person_is_known_by_a_token_of_the_identity_provider(api: Api) -> None:
    me = api.identified("alice").get("/v1/me").json()
    assert me["person"]["id"] == person_id("alice")
    assert {group["name"] for group in me["person"]["groups"]} == {"engineers"}


def test_what_they_do_is_on_record_under_their_name(api: Api) -> None:
    assert api.identified("alice").post("/v1/requests", asking()).status_code == 201
    (event,) = api.auditor().get("/v1/audit-events?type=request.submitted").json()["items"]
    assert (event["caller"], event["acting_as"]) == ("user:alice@example.com", None)


@pytest.mark.parametrize("how", ["identified", "logged_in"])
def test_groups_of_identity_center_make_admins_and_groups_in_a_token_do_not(world: World, how: str) -> None:
    api = Api(world, admission=Admission(admins=frozenset({"leads"})))
    with api.http:
        client = getattr(api, how)
        assert client("carol").get("/v1/tokens").status_code == 200
        assert client("alice").get("/v1/tokens").status_code == 403
        claimed = api.issuer.token("alice", groups=["leads"], roles=["admin"])
        bearer = Client(api.http, {"Authorization": f"Bearer {claimed}"})
        assert bearer.get("/v1/tokens").status_code == 403


def test_a_bad_token_is_refused_before_any_transaction(api: Api) -> None:
    bearer = Client(api.http, {"Authorization": f"Bearer {api.issuer.token('alice', aud='wiki')}"})
    answer = bearer.get("/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    stranger = Client(api.http, {"Authorization": f"Bearer {api.issuer.token('mallory')}"}).get("/v1/me")
    assert (stranger.status_code, stranger.json()["code"]) == (403, "identity-refused")
    assert "mallory" not in stranger.text


def test_a_provider_that_is_down_is_a_503_for_its_tokens_alone(api: Api) -> None:
    api.issuer.down = True
    answer = api.identified("alice").get("/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (503, "identity-provider-unavailable")
    assert answer.headers["Retry-After"]
    assert api.person("alice").get("/v1/me").status_code == 200
    assert api.logged_in("alice").get("/v1/me").status_code == 200


def test_without_a_provider_its_tokens_and_logins_are_nothing(api: Api) -> None:
    identified, logged_in = api.identified("alice"), api.logged_in("alice")
    api.parts.identity_provider = None
    assert identified.get("/v1/me").status_code == 401
    assert logged_in.get("/v1/me").status_code == 401


@pytest.mark.parametrize("how", ["identified", "logged_in"])
def test_people_act_as_nobody_else(api: Api, how: str) -> None:
    client = getattr(api, how)("alice")
    answer = client.get("/v1/me", headers={"Act-As": "carol@example.com"})
    assert (answer.status_code, answer.json()["code"]) == (403, "act-as-refused")


FROM: list[tuple[Mapping[str, str], int]] = [
    ({"Sec-Fetch-Site": "same-origin"}, 201),
    ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, 201),
    ({"Origin": PUBLIC_URL}, 201),
    ({}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "none"}, 403),
    ({"Sec-Fetch-Site": ""}, 403),
    ({"Sec-Fetch-Site": "cross-site", "Origin": PUBLIC_URL}, 403),
    ({"Origin": "null"}, 403),
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": f"{PUBLIC_URL}.evil.example"}, 403),
    ({"Origin": "http://protem.example.com"}, 403),
    ({"Origin": f"{PUBLIC_URL}:8443"}, 403),
    ({"Referer": f"{PUBLIC_URL}/"}, 403),
]


def test_a_login_changes_things_from_our_own_pages_only(world: World) -> None:
    api = Api(world, public_url=PUBLIC_URL)
    with api.http:
        cookie = {"Cookie": api.logged_in("alice").headers["Cookie"]}
        got = []
        for headers, _ in FROM:
            client = Client(api.http, {**cookie, **headers})
            assert client.get("/v1/me").status_code == 200
            answer = client.post("/v1/requests", asking())
            got.append((headers, answer.status_code))
            assert answer.status_code == 201 or answer.json()["code"] == "cross-site"
    assert got == FROM


def test_an_origin_that_is_not_ascii_is_not_ours(world: World) -> None:
    api = Api(world, public_url=PUBLIC_URL)
    with api.http:
        cookie = api.logged_in("alice").headers["Cookie"].encode()
        headers = [(b"cookie", cookie), (b"origin", b"https://prot\xe9m.example.com")]
        answer = api.http.post("/v1/requests", headers=headers, json=asking())
    assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")


def test_no_origin_is_ours_where_none_is_configured(api: Api) -> None:
    cookie = api.logged_in("alice").headers["Cookie"]
    for origin in ("", "None", "null", "http://testserver"):
        answer = Client(api.http, {"Cookie": cookie, "Origin": origin}).post("/v1/requests", asking())
        assert answer.json()["code"] == "cross-site"


def test_a_token_comes_before_the_cookie(api: Api) -> None:
    cookie = api.logged_in("alice").headers["Cookie"]
    both = Client(api.http, {**api.person("bob").headers, "Cookie": cookie})
    assert both.get("/v1/me").json()["person"]["id"] == person_id("bob")
    assert both.post("/v1/requests", asking()).status_code == 201
    for header in ("Basic YWxpY2U6eA==", "Bearer", "protem_x"):
        spoiled = Client(api.http, {"Authorization": header, "Cookie": cookie})
        assert spoiled.get("/v1/me").status_code == 401


@pytest.mark.parametrize("name", ["protem", "__Secure-protem", "__host-protem", "__Host-protem2"])
def test_the_secret_counts_in_its_own_cookie_only(api: Api, name: str) -> None:
    secret = api.logged_in("alice").headers["Cookie"].partition("=")[2]
    assert Client(api.http, {"Cookie": f"{name}={secret}"}).get("/v1/me").status_code == 401
    assert Client(api.http, {"Authorization": f"Bearer {secret}"}).get("/v1/me").status_code == 401
    assert Client(api.http, {"Cookie": f"{LOGIN_COOKIE}={secret}x"}).get("/v1/me").status_code == 401


def test_people_see_and_end_their_own_logins(api: Api) -> None:
    here, there, bob = api.logged_in("alice"), api.logged_in("alice"), api.logged_in("bob")
    listed = here.get("/v1/logins").json()["items"]
    assert [(login["person"]["user_name"], login["current"]) for login in listed] == [
        ("alice@example.com", False),
        ("alice@example.com", True),
    ]
    other = f"/v1/logins/{listed[0]['id']}"
    assert bob.send("DELETE", other).status_code == 404
    ended = here.send("DELETE", other)
    assert (ended.status_code, ended.json()["ended_at"]) == (200, "2026-01-05T09:00:00Z")
    assert there.get("/v1/me").status_code == 401
    again = here.send("DELETE", other)
    assert (again.status_code, again.json()["code"]) == (409, "login-over")


def test_an_admin_ends_the_login_of_anybody(api: Api) -> None:
    alice = api.logged_in("alice")
    (login,) = api.auditor().get("/v1/logins").json()["items"]
    assert api.auditor().send("DELETE", f"/v1/logins/{login['id']}").status_code == 403
    assert api.admin().send("DELETE", f"/v1/logins/{login['id']}").status_code == 200
    assert alice.get("/v1/me").status_code == 401
    (event,) = api.admin().get("/v1/audit-events?type=login.ended").json()["items"]
    assert (event["caller"], event["facts"]["login_id"]) == ("admin:root", login["id"])


def test_a_login_by_another_provider_than_the_present_one_is_over(world: World) -> None:
    api = Api(world)
    with api.http:
        alice = api.logged_in("alice")
        elsewhere = Logins(issuer="https://new.example.com", idle=timedelta(hours=1))
        api.parts.admission = replace(api.parts.admission, verifiers=(API_TOKENS, elsewhere))
        assert alice.get("/v1/me").status_code == 401


def test_an_ended_login_ends_the_waiting(world: World) -> None:
    api = Api(world)
    alice = api.logged_in("alice")
    path = f"/v1/requests/{api.world.submit(api.world.person('alice')).id}"

    async def scenario() -> None:
        async with living(api) as live, anyio.create_task_group() as tasks:
            statuses = []

            async def wait() -> None:
                statuses.append((await live.get(alice, f"{path}?wait=60")).status_code)

            tasks.start_soon(wait)
            await until(lambda: live.waiters.count == 1)
            await anyio.to_thread.run_sync(end_all, api)
            await until(lambda: bool(statuses))
            assert statuses == [401]

    run(scenario)


def test_a_token_that_expires_ends_the_waiting(world: World) -> None:
    api = Api(world)
    alice = api.identified("alice")
    path = f"/v1/requests/{api.world.submit(api.world.person('alice')).id}"

    async def scenario() -> None:
        async with living(api) as live, anyio.create_task_group() as tasks:
            statuses = []

            async def wait() -> None:
                statuses.append((await live.get(alice, f"{path}?wait=60")).status_code)

            tasks.start_soon(wait)
            await until(lambda: live.waiters.count == 1)
            world.clock.advance(3_700)
            api.world.submit(api.world.person("bob"))
            await until(lambda: bool(statuses))
            assert statuses == [401]

    run(scenario)


def end_all(api: Api) -> None:
    admin = api.admin()
    for login in admin.get("/v1/logins").json()["items"]:
        assert admin.send("DELETE", f"/v1/logins/{login['id']}").status_code == 200
