"""Webhooks over HTTP: made, looked at, changed, tested, and never giving a secret away twice."""

from datetime import timedelta
from typing import Any

import pytest

from protem.notifications.transport import Answer
from tests.api.applications import Api
from tests.broker.worlds import World
from tests.notifications.offices import Office

URL = "https://bot.example/hook"


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def create(api: Api, **others: Any) -> dict[str, Any]:
    answer = api.admin().post("/v1/webhooks", {"url": URL, **others})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def path(webhook: dict[str, Any], *further: str) -> str:
    return "/".join((f"/v1/webhooks/{webhook['id']}", *further))


def test_a_webhook_is_made_and_its_secret_shown_once(api: Api) -> None:
    answer = api.admin().post("/v1/webhooks", {"url": URL, "types": ["grant.*"], "description": "chat"})
    made = answer.json()
    assert made["secret"].startswith("whsec_")
    assert answer.headers["Location"] == path(made)
    read = api.auditor().get(path(made))
    assert (read.headers["ETag"], made["version"]) == ('"1"', 1)
    assert read.json() == {name: value for name, value in made.items() if name != "secret"}
    listed = api.auditor().get("/v1/webhooks")
    assert listed.json()["items"] == [read.json()]
    assert made["secret"] not in listed.text + read.text


def test_a_repeated_key_makes_no_second_webhook_and_shows_no_secret(api: Api) -> None:
    key = {"Idempotency-Key": "one"}
    first, second = (api.admin().post("/v1/webhooks", {"url": URL}, headers=key) for _ in range(2))
    assert second.json() == first.json() | {"secret": None}
    assert len(api.admin().get("/v1/webhooks").json()["items"]) == 1
    assert first.json()["secret"] not in repr(api.world.contents()["idempotency_keys"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "http://bot.example/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://169.254.169.254/latest/"}, "url"),
        ({"url": "https://a:b@bot.example/"}, "url"),
        ({"url": "https://bot.example:22/"}, "url"),
        ({"url": URL, "types": ["grants.*"]}, "types"),
        ({"url": URL, "types": ["webhook.*"]}, "types"),
        ({"url": URL, "description": "\x1b[31m"}, "description"),
        ({"url": URL, "from_sequence": 0}, "from_sequence"),
        ({"url": URL, "from_sequence": 1_000_000}, "from_sequence"),
    ],
)
def test_what_could_not_work_is_refused_with_what_would_be_right(
    api: Api, body: dict[str, Any], field: str
) -> None:
    answer = api.admin().post("/v1/webhooks", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_network_that_the_operator_names_may_be_used(world: World) -> None:
    api = Api(world, webhook_networks="127.0.0.0/8")
    with api.http:
        create(api, url="http://127.0.0.1:8080/hook")


def test_a_webhook_is_changed_by_whoever_saw_it_last(api: Api) -> None:
    made = create(api)
    unseen = api.admin().send("PATCH", path(made), json={"enabled": False})
    assert (unseen.status_code, unseen.json()["code"]) == (428, "precondition-required")
    headers = {"If-Match": '"1"'}
    changed = api.admin().send("PATCH", path(made), json={"types": ["lock.*"]}, headers=headers)
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert changed.json()["types"] == ["lock.*"]
    late = api.admin().send("PATCH", path(made), json={"url": "https://evil.example/"}, headers=headers)
    assert (late.status_code, late.json()["code"]) == (412, "version-moved")
    assert api.admin().get(path(made)).json()["url"] == URL


def test_an_edit_is_checked_like_what_is_new(api: Api) -> None:
    made = create(api)
    answer = api.admin().send(
        "PATCH", path(made), json={"url": "https://10.0.0.1/"}, headers={"If-Match": '"1"'}
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "url")


def test_disabling_and_enabling_is_told(api: Api) -> None:
    made = create(api)
    headers = {"If-Match": '"1"'}
    off = api.admin().send("PATCH", path(made), json={"enabled": False}, headers=headers)
    assert off.json()["disabled_because"] == "admin:root disabled it"
    refused = api.admin().post(path(made, "test"))
    assert (refused.status_code, refused.json()["code"]) == (409, "webhook-disabled")
    on = api.admin().send(
        "PATCH", path(made), json={"enabled": True}, headers={"If-Match": off.headers["ETag"]}
    )
    assert (on.json()["enabled"], on.json()["disabled_because"]) == (True, None)
    assert api.world.events()[-3:] == ["webhook.created", "webhook.disabled", "webhook.changed"]


def test_a_rotation_shows_the_new_secret_once_and_keeps_the_old_one_for_a_while(api: Api) -> None:
    made = create(api)
    key = {"Idempotency-Key": "turn"}
    first, second = (
        api.admin().post(path(made, "rotate"), {"overlap": "PT1H"}, headers=key) for _ in range(2)
    )
    assert first.json()["secret"] not in (made["secret"], None)
    assert second.json()["secret"] is None
    until = (api.world.clock.now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert first.json()["previous_secret_until"] == until
    at_once = api.admin().post(path(made, "rotate"), {"overlap": "PT0S"})
    assert at_once.json()["previous_secret_until"] is None
    too_long = api.admin().post(path(made, "rotate"), {"overlap": "P8D"})
    assert (too_long.status_code, too_long.json()["errors"][0]["field"]) == (422, "overlap")


def test_a_test_message_goes_the_way_of_events(api: Api, office: Office) -> None:
    made = create(api, types=["grant.*"])
    answer = api.admin().post(path(made, "test"))
    assert answer.status_code == 202
    office.receivers.reply = lambda letter: Answer(status=500, error=None)
    office.work()
    (letter,) = office.receivers.letters
    assert letter.message["type"] == "webhook.test"
    assert letter.message["data"] == {"webhook_id": made["id"]}
    shown = api.auditor().get(answer.headers["Location"]).json()
    assert (shown["state"], shown["sequence"], shown["attempt_count"]) == ("pending", None, 1)
    (attempt,) = shown["attempts"]
    assert (attempt["status"], attempt["error"]) == (500, None)


def test_the_delivery_log_is_filtered_and_what_is_in_it_can_be_sent_again(api: Api, office: Office) -> None:
    made = create(api, types=["request.*"])
    api.asked()
    office.work()
    listed = api.auditor().get(path(made, "deliveries") + "?state=delivered").json()["items"]
    assert api.auditor().get(path(made, "deliveries") + "?state=pending").json()["items"] == []
    (delivery,) = listed
    again = api.admin().post(path(made, "deliveries", delivery["id"], "redeliver"))
    assert (again.status_code, again.json()["state"]) == (202, "pending")
    twice = api.admin().post(path(made, "deliveries", delivery["id"], "redeliver"))
    assert (twice.status_code, twice.json()["code"]) == (409, "delivery-pending")
    office.work()
    assert [letter.headers["webhook-id"] for letter in office.receivers.letters] == [delivery["event_id"]] * 2


def test_what_belongs_to_another_webhook_is_not_there(api: Api, office: Office) -> None:
    made, other = create(api), create(api)
    api.asked()
    office.work()
    delivery = api.admin().get(path(made, "deliveries")).json()["items"][0]
    for method, further in (("GET", ()), ("POST", ("redeliver",))):
        answer = api.admin().send(method, path(other, "deliveries", delivery["id"], *further))
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_a_deleted_webhook_is_gone_with_its_secrets(api: Api) -> None:
    made = create(api)
    assert api.admin().send("DELETE", path(made)).status_code == 204
    for method, further in (("GET", ()), ("DELETE", ()), ("GET", ("deliveries",)), ("POST", ("test",))):
        assert api.admin().send(method, path(made, *further)).status_code == 404
    assert api.admin().get("/v1/webhooks").json()["items"] == []
    assert made["secret"] not in repr(api.world.contents())


def test_no_list_event_or_problem_has_a_secret(api: Api) -> None:
    made = create(api, url="https://hooks.example/sesame")
    rotated = api.admin().post(path(made, "rotate"), {}).json()
    events = api.auditor().get("/v1/audit-events").text
    listed = api.auditor().get("/v1/webhooks").text
    assert "webhook.rotated" in events
    for secret in (made["secret"], rotated["secret"]):
        assert secret not in events + listed
    assert "sesame" not in events
