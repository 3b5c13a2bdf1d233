"""Whatever is wrong with what is sent has a code of its own, and changes nothing."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete

from protem.db.models import CatalogueSync
from tests.api.applications import Api, asking
from tests.broker.worlds import ALPHA, BETA, GONE, MANAGEMENT, POLICY, SUSPENDED

ADMINISTRATOR = "AdministratorAccess"


def target(account: str = ALPHA, permission_set: str = ADMINISTRATOR) -> dict[str, Any]:
    return {"targets": [{"account": account, "permission_set": permission_set}]}


SUBMISSIONS: list[tuple[Mapping[str, Any], int, str, str]] = [
    (target("999999999999"), 422, "unknown-account", "targets.0.account"),
    (target("no such name"), 422, "unknown-account", "targets.0.account"),
    (target(GONE), 422, "unknown-account", "targets.0.account"),
    (target(permission_set="Nonsense"), 422, "unknown-permission-set", "targets.0.permission_set"),
    (target(SUSPENDED), 409, "account-not-assignable", "targets.0.account"),
    (target(MANAGEMENT), 409, "account-not-assignable", "targets.0.account"),
    ({"entitlement": "nonsense"}, 422, "unknown-entitlement", "entitlement"),
    ({"beneficiary": "nobody@example.com"}, 422, "unknown-principal", "beneficiary"),
    ({"beneficiary": "carol@example.com"}, 403, "not-eligible", ""),
    ({"duration": "PT5H"}, 422, "duration-out-of-bounds", "duration"),
    ({"duration": "PT0S"}, 422, "duration-out-of-bounds", "duration"),
    ({"duration": "PT59S"}, 422, "duration-out-of-bounds", "duration"),
    ({"duration": "P9999D"}, 422, "duration-out-of-bounds", "duration"),
    ({"duration": "-PT1H"}, 422, "invalid-input", "duration"),
    ({"duration": "P1M"}, 422, "invalid-input", "duration"),
    ({"duration": "01:00"}, 422, "invalid-input", "duration"),
    ({"duration": 3600}, 422, "invalid-input", "duration"),
    ({"starts_at": "2025-01-01T00:00:00Z"}, 422, "start-out-of-bounds", "starts_at"),
    ({"starts_at": "9999-12-31T23:59:59Z"}, 422, "start-out-of-bounds", "starts_at"),
    ({"starts_at": "2026-01-05T10:00:00"}, 422, "invalid-input", "starts_at"),
    ({"starts_at": 1767600000}, 422, "invalid-input", "starts_at"),
    ({"justification": ""}, 422, "justification-refused", "justification"),
    ({"justification": "   \n  "}, 422, "justification-refused", "justification"),
    ({"justification": "x" * 2001}, 422, "invalid-input", "justification"),
    ({"justification": "pager \x00 off"}, 422, "invalid-input", "justification"),
    ({"justification": "pager \x1b[2J off"}, 422, "invalid-input", "justification"),
    ({"justification": "pager \u202e off"}, 422, "invalid-input", "justification"),
    ({"justification": "\u200b" * 50}, 422, "justification-refused", "justification"),
    ({"justification": 5}, 422, "invalid-input", "justification"),
    ({"ticket": "OPS-1\nOPS-2"}, 422, "invalid-input", "ticket"),
    ({"targets": []}, 422, "invalid-input", "targets"),
    ({"targets": target()["targets"] * 2}, 422, "invalid-input", "targets"),
    ({"targets": "all of them"}, 422, "invalid-input", "targets"),
    ({"targets": [{"account": ALPHA}]}, 422, "invalid-input", "targets.0.permission_set"),
    ({"state": "approved"}, 422, "invalid-input", "state"),
]


def test_every_bad_submission_is_refused_whole(api: Api) -> None:
    alice = api.person("alice")
    before = api.world.contents()
    got = []
    for changes, _, _, field in SUBMISSIONS:
        answer = alice.post("/v1/requests", asking(**changes))
        problem = answer.json()
        named = field if any(error["field"] == field for error in problem["errors"]) else ""
        got.append((changes, answer.status_code, problem["code"], named))
    assert got == SUBMISSIONS
    assert api.world.contents() == before


def test_lone_surrogates_are_refused_with_and_without_a_key(api: Api) -> None:
    half = "x\ud800"
    for changes in ({"justification": half}, {"entitlement": half}, {"ticket": half}, target(half)):
        for key in ({}, {"Idempotency-Key": "once"}):
            answer = api.person("alice").send(
                "POST",
                "/v1/requests",
                content=json.dumps(asking(**changes)).encode(),
                headers={"Content-Type": "application/json", **key},
            )
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")


def test_what_is_not_json_is_told_apart(api: Api) -> None:
    headers = {"Content-Type": "application/json"}
    for body in (b"{", b"\xff\xfe", b"[" * 60_000, b"{'a': 1}"):
        answer = api.person("alice").send("POST", "/v1/requests", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed-json")
    nothing = api.person("alice").send("POST", "/v1/requests", content=b"", headers=headers)
    assert (nothing.status_code, nothing.json()["code"]) == (422, "invalid-input")


def test_a_body_of_another_type_is_refused(api: Api) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""):
        headers = {"Content-Type": kind} if kind else {}
        answer = api.person("alice").send("POST", "/v1/requests", content=b"{}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


def test_a_body_that_is_too_long_is_refused_before_it_is_read(api: Api) -> None:
    answer = api.person("alice").post("/v1/requests", asking(justification="x" * 70_000))
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert answer.json()["limit"] == 65_536


def test_a_body_without_a_length_is_cut_off_when_it_has_become_too_long(api: Api) -> None:
    chunks = (b"x" * 1000 for _ in range(100))
    headers = {"Content-Type": "application/json"}
    answer = api.person("alice").send("POST", "/v1/requests", content=chunks, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


def test_an_unknown_address_and_an_unknown_method_are_told_apart(api: Api) -> None:
    nowhere = api.person("alice").get("/v1/requests/")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "no-such-path")
    wrong = api.person("alice").send("DELETE", "/v1/requests")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method-not-allowed")
    assert wrong.headers["Allow"] == "GET, HEAD, POST"


def test_a_list_refuses_what_it_cannot_read(api: Api) -> None:
    for query in ("limit=0", "limit=201", "limit=many", "cursor=nonsense", "cursor=%00", "state=odd"):
        answer = api.person("alice").get(f"/v1/requests?{query}")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")
        assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


def test_an_id_has_the_form_of_one(api: Api) -> None:
    answer = api.person("alice").get("/v1/requests/%00")
    wrong = {"field": "request_id", "message": "an id is a UUID"}
    assert (answer.status_code, answer.json()["errors"]) == (422, [wrong])


def test_nothing_that_was_sent_comes_back(api: Api) -> None:
    secret = api.person("alice").headers["Authorization"].removeprefix("Bearer ")
    sent = asking(duration=secret, starts_at=secret, entitlement=secret, targets=[secret])
    answers = [
        api.person("alice").post("/v1/requests", {**sent, secret: secret}),
        api.person("alice").get(f"/v1/requests?cursor={secret}&state={secret}"),
        api.person("alice").get(f"/v1/{secret}"),
        api.anonymous().get("/v1/me", headers={"Authorization": f"Bearer {secret}x"}),
    ]
    assert [answer.status_code for answer in answers] == [422, 422, 404, 401]
    assert not any(secret in answer.text for answer in answers)


def test_a_credential_that_is_none_is_refused(api: Api) -> None:
    for value in ("", "Basic YWxpY2U6eA==", "Bearer nonsense", "Bearer protem_nonsense", "Bearer \xe9"):
        sent = [(b"authorization", value.encode("latin-1"))] if value else []
        answer = api.http.get("/v1/me", headers=sent)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_access_that_is_held_already_is_not_lent_out(api: Api) -> None:
    api.world.hold_standing("alice")
    answer = api.person("alice").post("/v1/requests", asking())
    assert (answer.status_code, answer.json()["code"]) == (409, "standing-access")


def test_two_entitlements_that_match_have_to_be_told_apart(api: Api) -> None:
    second = """
  - name: second
    requesters: {groups: [engineers]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT4H}
"""
    api.world.apply(policy_with(second))
    answer = api.person("alice").post("/v1/requests", asking())
    assert (answer.status_code, answer.json()["code"]) == (409, "ambiguous-entitlement")
    assert answer.json()["candidates"] == ["admin", "second"]
    assert api.person("alice").post("/v1/requests", asking(entitlement="admin")).status_code == 201


def policy_with(more: str) -> str:
    return POLICY.rstrip() + more


DECISIONS: list[tuple[Mapping[str, Any], int, str]] = [
    ({"digest": "sha256:stale"}, 409, "stale-digest"),
    ({"digest": None}, 422, "invalid-input"),
    ({"digest": ""}, 409, "stale-digest"),
    ({"decision": "maybe"}, 422, "invalid-input"),
    ({"duration": "PT2H"}, 422, "widening-refused"),
    ({"duration": "PT1S"}, 422, "duration-out-of-bounds"),
    ({"comment": "fine\x07"}, 422, "invalid-input"),
    ({"approver": "carol"}, 422, "invalid-input"),
]


def test_every_bad_decision_is_refused_whole(api: Api) -> None:
    asked, carol = api.asked(duration="PT1H"), api.person("carol")
    before = api.world.contents()
    got = []
    for changes, _, _ in DECISIONS:
        body = {"decision": "approve", "digest": asked["digest"], "comment": "fine", **changes}
        sent = {name: value for name, value in body.items() if value is not None}
        answer = carol.post(f"/v1/requests/{asked['id']}/decisions", sent)
        got.append((changes, answer.status_code, answer.json()["code"]))
    assert got == DECISIONS
    assert api.world.contents() == before


def test_a_second_decision_and_a_decision_that_comes_too_late_are_told_apart(api: Api) -> None:
    api.world.apply(policy_with("").replace("groups: [leads]}}", "groups: [leads]}, required: 2}"))
    asked = api.asked()
    path, body = f"/v1/requests/{asked['id']}/decisions", {"decision": "approve", "digest": asked["digest"]}
    assert api.person("carol").post(path, body).json()["state"] == "pending"
    assert api.person("carol").post(path, body).json()["code"] == "already-decided"
    assert api.person("dave").post(path, body).json()["state"] == "approved"
    late = api.person("dave").post(path, body)
    assert (late.status_code, late.json()["code"]) == (409, "request-answered")


def test_withdrawing_somebody_elses_request_and_withdrawing_twice_are_told_apart(api: Api) -> None:
    path = f"/v1/requests/{api.asked()['id']}/withdraw"
    assert api.person("bob").post(path).json()["code"] == "not-found"
    assert api.person("carol").post(path).json()["code"] == "forbidden"
    assert api.person("alice").post(path).json()["state"] == "withdrawn"
    again = api.person("alice").post(path)
    assert (again.status_code, again.json()["code"]) == (409, "request-answered")


def test_revoking_twice_and_revoking_what_is_over_are_told_apart(api: Api) -> None:
    first, second = api.granted(), api.granted()
    path = f"/v1/grants/{first['id']}/revoke"
    assert api.person("alice").post(path).status_code == 202
    again = api.person("alice").post(path)
    assert (again.status_code, again.json()["code"]) == (409, "already-revoked")
    api.world.clock.advance(3600)
    over = api.person("alice").post(f"/v1/grants/{second['id']}/revoke")
    assert (over.status_code, over.json()["code"]) == (409, "grant-over")


def test_what_nobody_may_ask_for_is_not_eligible(api: Api) -> None:
    answer = api.person("alice").post(
        "/v1/requests", asking(**target(BETA, "ReadOnlyAccess"), entitlement="admin")
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "not-eligible")
    assert api.person("erin").post("/v1/requests", asking()).json()["code"] == "not-eligible"


def test_nothing_can_be_asked_for_before_the_catalogue_was_read(api: Api) -> None:
    with api.world.store.writing() as session:
        session.execute(delete(CatalogueSync))
    answer = api.person("alice").post("/v1/requests", asking(**target("nowhere")))
    assert (answer.status_code, answer.json()["code"]) == (503, "catalogue-empty")
    assert answer.headers["Retry-After"]
