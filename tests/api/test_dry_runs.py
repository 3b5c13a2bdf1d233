"""Dry runs over HTTP: what they say is what submitting does."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.applications import Api, asking
from tests.broker.worlds import ALPHA, BETA, SUSPENDED, World

RULES = """
trusted_tags: [env, owner]
entitlements:
  - name: admin
    requesters: {groups: [engineers]}
    requesters_for: {groups: [leads]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT4H}
    ticket: {pattern: 'OPS-[0-9]+'}
    justification: {minimum_length: 5}
    approval:
      steps:
        - {name: owner, approvers: {owner_tag: owner}, when: {duration_over: PT2H}}
        - {name: lead, approvers: {groups: [leads]}, when: {account_tags: {env: prod}}}
  - name: read
    requesters: {groups: [engineers, leads]}
    permission_sets: {names: [ReadOnlyAccess]}
    accounts: {names: [alpha]}
    duration: {default: PT1H, maximum: PT4H}
    maximum_concurrent: 1
  - name: read-too
    requesters: {groups: [leads]}
    permission_sets: {patterns: ["*"]}
    accounts: {names: [alpha]}
    duration: {default: PT1H, maximum: PT1H}
    allowed_hours: {time_zone: UTC, windows: [{days: [mon], from: "08:00", to: "09:30"}]}
"""
PATH = "/v1/requests?dry_run=true"

targets = st.builds(
    lambda account, permission_set: {"account": account, "permission_set": permission_set},
    st.sampled_from([ALPHA, ALPHA, BETA, SUSPENDED, "nothing"]),
    st.sampled_from(["AdministratorAccess", "ReadOnlyAccess"]),
)
bodies = st.fixed_dictionaries(
    {
        "targets": st.lists(targets, min_size=1, max_size=2),
        "justification": st.sampled_from(["the pager went off", "why", ""]),
    },
    optional={
        "entitlement": st.sampled_from(["admin", "read", "read-too", "nothing"]),
        "duration": st.sampled_from(["PT1H", "PT30M", "PT3H", "PT5H", "PT1S"]),
        "ticket": st.sampled_from(["OPS-1", "what"]),
        "starts_at": st.sampled_from(["2026-01-05T10:00:00Z", "2026-01-01T00:00:00Z"]),
        "beneficiary": st.sampled_from(["alice@example.com", "carol@example.com", "nobody"]),
    },
)


@pytest.fixture
def ruled(api: Api) -> Api:
    """The application with entitlements that can refuse for many reasons."""
    api.world.apply(RULES)
    return api


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=bodies, who=st.sampled_from(["alice", "carol", "erin"]))
def test_what_dry_run_says_is_what_submitting_does(ruled: Api, body: dict[str, Any], who: str) -> None:
    caller = ruled.person(who)
    said = caller.post(PATH, body)
    done = caller.post("/v1/requests", body)
    if said.status_code == 200:
        _agrees(said.json(), done.status_code, done.json())
    else:
        assert (said.status_code, _problem(said.json())) == (done.status_code, _problem(done.json()))


def _agrees(said: dict[str, Any], status: int, done: dict[str, Any]) -> None:
    if said["decision"] == "refused":
        refusal = said["refusal"]
        assert status >= 400
        assert [refusal[key] for key in ("code", "title", "detail", "errors")] == [
            done[key] for key in ("code", "title", "detail", "errors")
        ]
        assert refusal["facts"] == {name: done[name] for name in refusal["facts"]}
        return
    assert status == 201
    assert (said["decision"], said["entitlement"]) == (
        {"approved": "granted", "pending": "needs_approval"}[done["state"]],
        done["entitlement"]["name"],
    )
    assert (said["entitlement_version"], said["duration"]) == (
        done["entitlement"]["version"],
        done["duration"],
    )
    needed = {step["name"] for step in said["steps"] if step["needed"]}
    assert needed == {step["name"] for step in done["waiting_for"]}
    for grant in done["grants"]:
        assert (said["starts_at"], said["ends_at"]) == (grant["starts_at"], grant["ends_at"])
    if done["state"] == "pending":
        assert said["expires_at"] == done["expires_at"]


def _problem(answer: dict[str, Any]) -> list[Any]:
    return [answer["code"], answer["detail"], answer["errors"]]


def test_a_dry_run_is_a_document_and_writes_nothing(api: Api, world: World) -> None:
    alice = api.person("alice")
    alice.get("/v1/me")
    before = world.contents()
    answer = alice.post(PATH, asking(duration="PT5H"), headers={"Idempotency-Key": "one"})
    assert (answer.status_code, "Location" in answer.headers) == (200, False)
    assert world.contents() == before
    shown = answer.json()
    assert (shown["decision"], shown["entitlement"], shown["entitlement_version"]) == ("refused", "admin", 1)
    assert shown["refusal"] == {
        "code": "duration-out-of-bounds",
        "title": "The duration is outside the limits",
        "detail": "PT5H is longer than the PT4H that admin allows",
        "errors": [{"field": "duration", "message": "PT5H is longer than the PT4H that admin allows"}],
        "facts": {
            "entitlement": "admin",
            "reasons": ["PT5H is longer than the PT4H that admin allows"],
        },
    }
    assert shown["suggestions"] == [
        {
            "code": "shorter_duration",
            "sentence": "ask for PT4H, PT1H less",
            "change": {"duration": "PT4H"},
        }
    ]
    assert shown["steps"] == [
        {
            "name": "lead",
            "required": 1,
            "needed": True,
            "candidates": 2,
            "people": ["carol@example.com", "dave@example.com"],
            "enough": True,
        }
    ]
    assert alice.post("/v1/requests", asking(), headers={"Idempotency-Key": "one"}).status_code == 201


@pytest.mark.parametrize(("who", "code"), [("service", "scope-missing"), ("admin", "forbidden")])
def test_whoever_cannot_submit_cannot_try(api: Api, who: str, code: str) -> None:
    caller = api.bot() if who == "service" else api.admin()
    answer = caller.post(PATH, asking())
    assert (answer.status_code, answer.json()["code"]) == (403, code)


def test_bad_form_is_refused_as_when_submitting(api: Api) -> None:
    wrong: list[dict[str, Any]] = [{"targets": []}, asking(colour="red"), asking(duration="4 hours")]
    for body in wrong:
        answer = api.person("alice").post(PATH, body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")
    odd = api.person("alice").post("/v1/requests?dry_run=perhaps", asking())
    assert (odd.status_code, odd.json()["errors"][0]["field"]) == (422, "dry_run")
