"""Broken glass over HTTP."""

import pytest

from tests.api.applications import Api
from tests.broker.worlds import ALPHA, INSTANCE, POLICY, arn, person_id

GLASS = """
  - name: glass
    requesters: {groups: [engineers]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT2H}
    break_glass: true
    notify: {groups: [security]}
"""
ALICE = {"id": person_id("alice"), "user_name": "alice@example.com"}


@pytest.fixture
def api(api: Api) -> Api:
    """The application in whose world engineers may break glass."""
    api.world.apply(POLICY + GLASS)
    return api


def test_broken_glass_is_shown_with_its_review(api: Api) -> None:
    asked = api.asked(entitlement="glass", justification="it burns")
    (review,) = api.person("dave").get("/v1/reviews").json()["items"]
    assert asked["state"] == "approved"
    assert asked["break_glass"] == {"review_id": review["id"], "open": True}
    assert review == {
        "id": review["id"],
        "request_id": asked["id"],
        "entitlement": "glass",
        "requester": ALICE,
        "principal": ALICE,
        "targets": [
            {
                "account": {"id": ALPHA, "name": "alpha"},
                "permission_set": {"arn": arn("AdministratorAccess"), "name": "AdministratorAccess"},
                "instance_arn": INSTANCE,
            }
        ],
        "justification": "it burns",
        "opened_at": "2026-01-05T09:00:00Z",
        "closed_at": None,
        "closed_by": None,
        "comment": None,
        "actions": ["close"],
    }
    assert api.person("dave").get(f"/v1/reviews/{review['id']}").json() == review
    assert api.person("alice").get(f"/v1/reviews/{review['id']}").json() == {**review, "actions": []}
    assert api.person("carol").get(f"/v1/reviews/{review['id']}").status_code == 404


def test_reviewers_find_the_request_and_may_end_the_access(api: Api) -> None:
    asked, dave = api.asked(entitlement="glass"), api.person("dave")
    (seen,) = dave.get("/v1/requests?relation=reviewer").json()["items"]
    assert seen["id"] == asked["id"]
    (grant,) = dave.get("/v1/grants?live=true").json()["items"]
    assert grant["actions"] == ["revoke"]
    assert dave.post(f"/v1/grants/{grant['id']}/revoke", {}).json()["end_reason"] == "revoked"


def test_a_closed_review_lets_glass_be_broken_again(api: Api) -> None:
    asked, dave = api.asked(entitlement="glass"), api.person("dave")
    again = api.person("alice").post(f"/v1/requests/{asked['id']}/repeat")
    assert (again.status_code, again.json()["code"]) == (409, "review-open")
    path = f"/v1/reviews/{asked['break_glass']['review_id']}"
    closed = dave.post(f"{path}/close", {"comment": "it did burn"}).json()
    assert (closed["closed_by"], closed["comment"]) == ("user:dave@example.com", "it did burn")
    assert (closed["closed_at"], closed["actions"]) == ("2026-01-05T09:00:00Z", [])
    assert api.admin().get(f"/v1/requests/{asked['id']}").json()["break_glass"]["open"] is False
    assert api.person("alice").post(f"/v1/requests/{asked['id']}/repeat").status_code == 201


def test_a_second_closing_is_told_of_the_first(api: Api) -> None:
    path = f"/v1/reviews/{api.asked(entitlement='glass')['break_glass']['review_id']}/close"
    api.person("dave").post(path, {"comment": "it did burn"})
    answer = api.admin().post(path, {"comment": "it did not"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "review-closed")
    assert (problem["closed_by"], problem["closed_at"][:19]) == (
        "user:dave@example.com",
        "2026-01-05T09:00:00",
    )


def test_reviews_are_narrowed_and_paged(api: Api) -> None:
    first = api.asked(entitlement="glass")["break_glass"]["review_id"]
    api.admin().post(f"/v1/reviews/{first}/close", {"comment": "seen"})
    second = api.asked(entitlement="glass")["break_glass"]["review_id"]
    admin = api.admin()
    page = admin.get("/v1/reviews?limit=1").json()
    assert [item["id"] for item in page["items"]] == [second]
    rest = admin.get(f"/v1/reviews?limit=1&cursor={page['next_cursor']}").json()
    assert [item["id"] for item in rest["items"]] == [first]
    for query, ids in {
        "open=true": [second],
        "open=false": [first],
        "principal=alice@example.com": [second, first],
        "principal=bob@example.com": [],
    }.items():
        assert [item["id"] for item in admin.get(f"/v1/reviews?{query}").json()["items"]] == ids, query


@pytest.mark.parametrize(
    "body", [{}, {"comment": ""}, {"comment": " "}, {"comment": 1}, {"comment": "x" * 2001}]
)
def test_closing_needs_a_comment(api: Api, body: dict[str, object]) -> None:
    path = f"/v1/reviews/{api.asked(entitlement='glass')['break_glass']['review_id']}/close"
    answer = api.person("dave").post(path, body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid-input")
    assert problem["errors"][0]["field"] == "comment"
