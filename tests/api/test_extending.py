"""Extending and repeating over HTTP."""

import uuid
from typing import Any

import pytest

from protem.db.models import Grant
from protem.domain.lifecycle import EndReason, GrantState
from tests.api.applications import Api
from tests.broker.test_extensions import EXTENSIBLE
from tests.broker.worlds import ALPHA, person_id

MORE = {"duration": "PT30M", "justification": "it takes longer"}
READING = [{"account": ALPHA, "permission_set": "ReadOnlyAccess"}]


@pytest.fixture
def api(api: Api) -> Api:
    """The application in whose world every grant may be extended twice."""
    api.world.apply(EXTENSIBLE)
    return api


def row(api: Api, grant: dict[str, Any]) -> Grant:
    """Return the row of a grant, to have something come about with it."""
    with api.world.store.reading() as session:
        return session.get_one(Grant, uuid.UUID(grant["id"]))


def read(api: Api, grant: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = api.person("alice").get(f"/v1/grants/{grant['id']}").json()
    return shown


def test_a_pending_extension_is_shown_with_the_grant_and_to_those_who_decide(api: Api) -> None:
    grant = api.granted()
    answer = api.person("alice").post(f"/v1/grants/{grant['id']}/extend", {**MORE, "ticket": "OPS-1"})
    shown = answer.json()
    assert answer.status_code == 202
    request_id = shown["extension_request_id"]
    assert shown == {
        **grant,
        "requested_ends_at": "2026-01-05T10:30:00Z",
        "extension_request_id": request_id,
        "actions": ["revoke"],
    }
    (waiting,) = api.person("carol").get("/v1/requests?relation=approver&state=pending").json()["items"]
    assert (waiting["id"], waiting["extends_grant_id"]) == (request_id, grant["id"])
    assert (waiting["duration"], waiting["requested_ends_at"]) == ("PT30M", "2026-01-05T10:30:00Z")
    assert (waiting["ticket"], waiting["expires_at"]) == ("OPS-1", grant["ends_at"])
    assert waiting["actions"] == ["approve", "deny"]


def test_an_approved_extension_moves_the_end(api: Api) -> None:
    grant = api.granted()
    alice, carol = api.person("alice"), api.person("carol")
    request_id = alice.post(f"/v1/grants/{grant['id']}/extend", MORE).json()["extension_request_id"]
    digest = carol.get(f"/v1/requests/{request_id}").json()["digest"]
    body = {"decision": "approve", "digest": digest, "duration": "PT10M"}
    approved = carol.post(f"/v1/requests/{request_id}/decisions", body).json()
    assert (approved["state"], approved["grants"], approved["requested_ends_at"]) == ("approved", [], None)
    shown = read(api, grant)
    assert (shown["ends_at"], shown["access_over_at"]) == ("2026-01-05T10:10:00Z", "2026-01-05T11:10:00Z")
    assert (shown["extensions"], shown["extensions_left"]) == (1, 1)
    assert (shown["requested_ends_at"], shown["extension_request_id"]) == (None, None)
    assert shown["actions"] == ["revoke", "extend"]


def test_what_needs_nobodys_approval_ends_later_at_once(api: Api) -> None:
    grant = api.asked(targets=READING)["grants"][0]
    shown = api.person("alice").post(f"/v1/grants/{grant['id']}/extend", MORE).json()
    assert (shown["ends_at"], shown["requested_ends_at"]) == ("2026-01-05T10:30:00Z", None)


def test_a_second_extension_is_told_of_the_first(api: Api) -> None:
    grant, alice = api.granted(), api.person("alice")
    first = alice.post(f"/v1/grants/{grant['id']}/extend", MORE).json()
    answer = alice.post(f"/v1/grants/{grant['id']}/extend", MORE)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "extension-pending")
    assert problem["request_id"] == first["extension_request_id"]


def test_what_is_over_is_not_extended(api: Api) -> None:
    grant, alice = api.granted(), api.person("alice")
    asked = alice.post(f"/v1/grants/{grant['id']}/extend", MORE).json()["extension_request_id"]
    digest = api.person("carol").get(f"/v1/requests/{asked}").json()["digest"]
    api.world.change(row(api, grant), failure_code="user-deleted")
    body = {"decision": "approve", "digest": digest}
    late = api.person("carol").post(f"/v1/requests/{asked}/decisions", body)
    assert (late.status_code, late.json()["code"], late.json()["state"]) == (409, "grant-over", "scheduled")
    answer = alice.post(f"/v1/grants/{grant['id']}/extend", MORE)
    assert (answer.status_code, answer.json()["code"]) == (409, "grant-over")


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({}, 422, "invalid-input", "duration"),
        ({**MORE, "duration": "soon"}, 422, "invalid-input", "duration"),
        ({**MORE, "ends_at": "2027-01-01T00:00:00Z"}, 422, "invalid-input", "ends_at"),
        ({**MORE, "duration": "PT30S"}, 422, "duration-out-of-bounds", "duration"),
        ({**MORE, "duration": "PT61M"}, 403, "extension-refused", "duration"),
        ({**MORE, "justification": "x"}, 422, "justification-refused", "justification"),
        ({**MORE, "ticket": "a\nb"}, 422, "invalid-input", "ticket"),
    ],
)
def test_a_refused_extension_names_the_field(
    api: Api, body: dict[str, str], status: int, code: str, field: str
) -> None:
    grant = api.granted()
    answer = api.person("alice").post(f"/v1/grants/{grant['id']}/extend", body)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["errors"][0]["field"]) == (status, code, field)
    assert read(api, grant) == grant


def test_one_key_extends_one_grant_once(api: Api) -> None:
    first, second = (api.asked(targets=READING)["grants"][0] for _ in range(2))
    alice, key = api.person("alice"), {"Idempotency-Key": "7c1b"}
    answers = [alice.post(f"/v1/grants/{first['id']}/extend", MORE, headers=key) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert read(api, first)["extensions"] == 1
    assert alice.post(f"/v1/grants/{second['id']}/extend", MORE, headers=key).json()["id"] == second["id"]
    assert [read(api, grant)["extensions"] for grant in (first, second)] == [1, 1]


def test_the_same_is_asked_for_again(api: Api) -> None:
    asked, alice = api.asked(duration="PT2H", ticket="OPS-1"), api.person("alice")
    alice.post(f"/v1/requests/{asked['id']}/withdraw")
    key = {"Idempotency-Key": "7c1b"}
    answer = alice.post(f"/v1/requests/{asked['id']}/repeat", headers=key)
    again = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/v1/requests/{again['id']}")
    assert again["id"] != asked["id"]
    same = ("entitlement", "targets", "duration", "ticket", "justification", "beneficiary", "state")
    assert {name: again[name] for name in same} == {name: asked[name] for name in same}
    assert alice.post(f"/v1/requests/{asked['id']}/repeat", headers=key).json() == again


def test_whoever_was_not_let_in_after_all_is_told_why_and_may_ask_again(api: Api) -> None:
    grant, now = api.granted(), api.world.clock.now()
    found = row(api, grant)
    void = {"state": GrantState.ENDED, "ended_at": now, "end_reason": EndReason.ELIGIBILITY_LOST}
    api.world.change(found, **void, failure_detail="alice is no longer among the requesters of admin")
    shown = read(api, grant)
    assert shown["end_detail"] == "alice is no longer among the requesters of admin"
    assert (shown["end_reason"], shown["failure"], shown["actions"]) == ("eligibility_lost", None, ["repeat"])
    request = api.person("alice").get(f"/v1/requests/{grant['request_id']}").json()
    assert (request["actions"], request["beneficiary"]["id"]) == (["repeat"], person_id("alice"))
