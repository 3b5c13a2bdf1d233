"""A request and its grants over HTTP, from asking to the end."""

import uuid
from datetime import timedelta

from protem.db.models import Grant
from protem.domain.lifecycle import GrantState
from tests.api.applications import Api, asking
from tests.broker.worlds import ALPHA, BETA, INSTANCE, arn, person_id

ALICE = {"id": person_id("alice"), "user_name": "alice@example.com"}
CAROL = {"id": person_id("carol"), "user_name": "carol@example.com"}


def test_a_request_is_shown_with_everything_an_approver_needs(api: Api) -> None:
    answer = api.person("alice").post("/v1/requests", asking(duration="PT90M", ticket="OPS-1"))
    asked = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/requests/{asked['id']}"
    assert asked == {
        "id": asked["id"],
        "state": "pending",
        "requester": ALICE,
        "beneficiary": ALICE,
        "via": None,
        "entitlement": {"name": "admin", "version": 1},
        "targets": [
            {
                "account": {"id": ALPHA, "name": "alpha"},
                "permission_set": {"arn": arn("AdministratorAccess"), "name": "AdministratorAccess"},
                "instance_arn": INSTANCE,
            }
        ],
        "duration": "PT1H30M",
        "justification": "the pager went off",
        "ticket": "OPS-1",
        "starts_at": None,
        "extends_grant_id": None,
        "requested_ends_at": None,
        "break_glass": None,
        "created_at": "2026-01-05T09:00:00Z",
        "expires_at": "2026-01-06T09:00:00Z",
        "answered_at": None,
        "digest": asked["digest"],
        "decisions": [],
        "waiting_for": [{"name": "lead", "required": 1, "missing": 1, "users": [], "groups": ["leads"]}],
        "grants": [],
        "actions": ["withdraw"],
    }
    seen = api.person("carol").get(f"/v1/requests/{asked['id']}").json()
    assert seen == {**asked, "actions": ["approve", "deny"]}


def test_an_approval_is_shown_with_the_grants_that_came_of_it(api: Api) -> None:
    targets = [{"account": name, "permission_set": "AdministratorAccess"} for name in ("alpha", BETA)]
    asked = api.asked(targets=targets, duration="PT2H")
    api.world.clock.advance(60)
    body = {"decision": "approve", "digest": asked["digest"], "comment": "go on", "duration": "PT30M"}
    approved = api.person("carol").post(f"/v1/requests/{asked['id']}/decisions", body).json()
    assert (approved["state"], approved["answered_at"]) == ("approved", "2026-01-05T09:01:00Z")
    assert approved["decisions"] == [
        {
            "approver": CAROL,
            "decision": "approve",
            "comment": "go on",
            "duration": "PT30M",
            "decided_at": "2026-01-05T09:01:00Z",
            "via": None,
        }
    ]
    assert approved["waiting_for"] == approved["actions"] == []
    assert [grant["target"] for grant in approved["grants"]] == [0, 1]
    assert {grant["ends_at"] for grant in approved["grants"]} == {"2026-01-05T09:31:00Z"}


def test_a_denial_ends_the_question(api: Api) -> None:
    asked = api.asked()
    body = {"decision": "deny", "digest": asked["digest"], "comment": "not today"}
    denied = api.person("carol").post(f"/v1/requests/{asked['id']}/decisions", body).json()
    assert (denied["state"], denied["grants"]) == ("denied", [])


def test_what_needs_nobodys_approval_is_approved_at_once(api: Api) -> None:
    targets = [{"account": ALPHA, "permission_set": "ReadOnlyAccess"}]
    asked = api.asked(targets=targets)
    assert asked["state"] == "approved"
    assert len(asked["grants"]) == 1


def test_a_request_that_nobody_answered_in_time_is_shown_as_expired(api: Api) -> None:
    asked = api.asked()
    api.world.clock.advance(timedelta(hours=24).total_seconds())
    seen = api.person("alice").get(f"/v1/requests/{asked['id']}").json()
    assert (seen["state"], seen["actions"], seen["waiting_for"]) == ("expired", ["repeat"], [])


def test_a_grant_is_shown_with_its_window_and_its_tail(api: Api) -> None:
    grant = api.granted()
    assert grant == {
        "id": grant["id"],
        "request_id": grant["request_id"],
        "state": "scheduled",
        "principal": ALICE,
        "account": {"id": ALPHA, "name": "alpha"},
        "permission_set": {"arn": arn("AdministratorAccess"), "name": "AdministratorAccess"},
        "starts_at": "2026-01-05T09:00:00Z",
        "ends_at": "2026-01-05T10:00:00Z",
        "revoked_at": None,
        "revoked_by": None,
        "revoke_comment": None,
        "end_reason": None,
        "activated_at": None,
        "ended_at": None,
        "access_over_at": "2026-01-05T11:00:00Z",
        "requested_ends_at": None,
        "extension_request_id": None,
        "extensions": 0,
        "extensions_left": 0,
        "failure": None,
        "end_detail": None,
        "assignment_id": grant["assignment_id"],
        "last_error": None,
        "actions": ["revoke"],
    }


def test_revoking_is_accepted_and_shown_before_aws_has_confirmed_it(api: Api) -> None:
    grant = api.granted()
    api.world.clock.advance(600)
    answer = api.admin().post(f"/v1/grants/{grant['id']}/revoke", {"comment": "incident 7"})
    revoked = answer.json()
    assert answer.status_code == 202
    assert (revoked["state"], revoked["end_reason"], revoked["ended_at"]) == ("scheduled", "revoked", None)
    assert (revoked["revoked_by"], revoked["revoke_comment"]) == ("admin:root", "incident 7")
    assert (revoked["revoked_at"], revoked["actions"]) == ("2026-01-05T09:10:00Z", [])


def test_giving_access_back_needs_no_body(api: Api) -> None:
    grant = api.granted()
    revoked = api.person("alice").send("POST", f"/v1/grants/{grant['id']}/revoke")
    assert (revoked.status_code, revoked.json()["end_reason"]) == (202, "relinquished")


def test_what_aws_said_last_is_shown_while_a_grant_lives(api: Api) -> None:
    grant = api.granted()
    (assignment,) = api.world.assignments()
    api.world.change(assignment, last_error_code="ConflictException", last_error="busy", attempts=3)
    alice, path = api.person("alice"), f"/v1/grants/{grant['id']}"
    trouble = {"code": "ConflictException", "detail": "busy", "attempts": 3, "stuck_since": None}
    assert alice.get(path).json()["last_error"] == trouble
    fail(api, uuid.UUID(grant["id"]))
    failed = alice.get(path).json()
    assert (failed["state"], failed["last_error"], failed["actions"]) == ("failed", None, ["repeat"])
    assert failed["failure"] == {"code": "user-deleted", "detail": "the user is gone"}


def fail(api: Api, grant_id: uuid.UUID) -> None:
    """Have AWS say for good that a grant can never begin."""
    with api.world.store.writing() as session:
        session.get_one(Grant, grant_id).state = GrantState.ACTIVATING
    with api.world.store.writing() as session:
        grant = session.get_one(Grant, grant_id)
        grant.state, grant.ended_at = GrantState.FAILED, api.world.clock.now()
        grant.failure_code, grant.failure_detail = "user-deleted", "the user is gone"


def test_lists_are_narrowed_and_paged(api: Api) -> None:
    first, second, third = (api.asked()["id"] for _ in range(3))
    alice = api.person("alice")
    alice.post(f"/v1/requests/{first}/withdraw")
    page = alice.get("/v1/requests?limit=2").json()
    assert [item["id"] for item in page["items"]] == [third, second]
    rest = alice.get(f"/v1/requests?limit=2&cursor={page['next_cursor']}").json()
    assert ([item["id"] for item in rest["items"]], rest["next_cursor"]) == ([first], None)
    withdrawn = alice.get("/v1/requests?state=withdrawn&requester=alice@example.com").json()
    assert [item["id"] for item in withdrawn["items"]] == [first]
    assert len(api.person("carol").get("/v1/requests?relation=approver").json()["items"]) == 3
    assert alice.get("/v1/requests?relation=approver").json()["items"] == []


def test_grants_are_listed_for_whoever_may_see_them(api: Api) -> None:
    grant = api.granted()
    for path in ("/v1/grants", f"/v1/grants?request_id={grant['request_id']}", "/v1/grants?live=true"):
        assert [item["id"] for item in api.person("carol").get(path).json()["items"]] == [grant["id"]]
    assert api.person("erin").get("/v1/grants").json()["items"] == []
    assert api.auditor().get("/v1/grants?live=false").json()["items"] == []
