"""The catalogue over HTTP, and who the API takes a caller for."""

import base64

from protem.db.models import Principal
from protem.domain import names
from tests.api.applications import Api
from tests.broker.worlds import ALPHA, INSTANCE, arn, person_id


def test_accounts_are_listed_by_name_and_found_by_parts_of_it(api: Api) -> None:
    found = [item["name"] for item in api.person("erin").get("/v1/accounts").json()["items"]]
    assert found == ["alpha", "beta", "management", "suspended"]
    assert api.person("erin").get("/v1/accounts?q=LPH").json()["items"] == [
        {
            "id": ALPHA,
            "name": "alpha",
            "email": "alpha@example.com",
            "status": "ACTIVE",
            "is_management": False,
            "tags": {"env": "prod", "owner": "leads"},
        }
    ]


def test_permission_sets_are_listed_with_how_long_their_sessions_live(api: Api) -> None:
    first, second = api.person("erin").get("/v1/permission-sets").json()["items"]
    assert first == {
        "arn": arn("AdministratorAccess"),
        "name": "AdministratorAccess",
        "description": "",
        "instance_arn": INSTANCE,
        "session_duration": "PT1H",
        "tags": {"risk": "high"},
    }
    assert second["name"] == "ReadOnlyAccess"


def test_principals_are_listed_in_pages(api: Api) -> None:
    erin, found, cursor = api.person("erin"), [], ""
    while cursor is not None:
        page = erin.get(
            "/v1/principals", params={"limit": 2, **({"cursor": cursor} if cursor else {})}
        ).json()
        found += [item["user_name"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert found == [f"{name}@example.com" for name in ("alice", "bob", "carol", "dave", "erin")]


def test_a_cursor_of_another_list_is_refused(api: Api) -> None:
    cursor = api.person("erin").get("/v1/principals?limit=1").json()["next_cursor"]
    answer = api.person("erin").get("/v1/accounts", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")


def test_a_cursor_that_holds_half_a_character_is_refused(api: Api) -> None:
    made = base64.urlsafe_b64encode(b'["accounts", "\\ud800", "\\ud800"]').decode()
    answer = api.person("erin").get("/v1/accounts", params={"cursor": made})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")


def test_me_names_the_person_with_groups_and_what_is_open(api: Api) -> None:
    me = api.person("carol").get("/v1/me").json()
    assert (me["role"], me["service"], me["offices"]) == ("personal", None, [])
    assert me["scopes"] == ["decisions", "grants:revoke", "read", "requests"]
    assert me["person"]["id"] == person_id("carol")
    assert [group["name"] for group in me["person"]["groups"]] == ["leads"]
    assert "requests.decide" in me["may"]
    assert "tokens.create" not in me["may"]
    assert "requests.decide" not in api.person("alice").get("/v1/me").json()["may"]
    assert "requests.withdraw" in api.person("alice").get("/v1/me").json()["may"]


def test_me_names_the_service_that_acts(api: Api) -> None:
    me = api.bot(acting="alice").get("/v1/me").json()
    assert (me["service"], me["person"]["user_name"]) == ("slack", "alice@example.com")
    alone = api.bot().get("/v1/me").json()
    assert (alone["service"], alone["person"], alone["role"]) == (None, None, "service")
    assert alone["scopes"] == ["act_as:decide", "act_as:request", "read"]


def test_act_as_takes_names_in_utf_8(api: Api) -> None:
    bot, name = api.bot(), "zo\u00eb@example.com"
    with api.world.store.writing() as session:
        zoe = session.get_one(Principal, person_id("erin"))
        zoe.user_name, zoe.user_name_key = name, names.key(name)
    headers = {b"Authorization": bot.headers["Authorization"].encode(), b"Act-As": name.encode()}
    assert api.http.get("/v1/me", headers=headers).json()["person"]["user_name"] == name
