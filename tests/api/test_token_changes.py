"""Tokens that can do more than read: what they are worth before a second admin has confirmed them."""

from typing import Any

import pytest

from tests.api.applications import Client
from tests.api.test_changes import Two, code, confirm, reject
from tests.broker.worlds import World


@pytest.fixture
def two(world: World) -> Two:
    return Two(world, two_person_rule=True)


def creating(two: Two, proposer: str = "root", **kind: Any) -> Any:
    return two.admin(proposer).post("/v1/tokens", {"name": "new", **kind})


def bearer(two: Two, answer: Any) -> Client:
    return Client(two.http, {"Authorization": f"Bearer {answer.json()['secret']}"})


def test_the_secret_of_a_token_is_worth_nothing_until_another_admin_confirms_it(two: Two) -> None:
    answer = creating(two, role="personal", user="alice@example.com")
    assert answer.status_code == 202
    change, new = answer.headers["Location"], bearer(two, answer)
    assert code(new.get("/v1/me")) == (401, "unauthenticated")
    shown = two.admin("other").get(change)
    assert "personal token new of alice@example.com for read, requests" in shown.json()["summary"]
    assert "hash" not in shown.text
    assert answer.json()["secret"] not in shown.text

    assert confirm(two.admin("other"), change).status_code == 200
    assert new.get("/v1/me").json()["person"]["user_name"] == "alice@example.com"
    tokens = two.admin().get("/v1/tokens").json()["items"]
    made = next(token for token in tokens if token["name"] == "new")
    assert made["created_by"] == "admin:root with admin:other"
    assert "secret_hash" not in two.auditor().get("/v1/audit-events").text


def test_the_secret_of_a_token_that_was_rejected_stays_worthless(two: Two) -> None:
    answer = creating(two, role="admin")
    reject(two.admin("other"), answer.headers["Location"])
    assert code(bearer(two, answer).get("/v1/me")) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ({"role": "admin"}, 202),
        ({"role": "personal", "user": "alice@example.com"}, 202),
        ({"role": "service", "act_as": True}, 202),
        ({"role": "service", "act_as_decide": True}, 202),
        ({"role": "service"}, 201),
        ({"role": "auditor"}, 201),
    ],
)
def test_a_token_that_can_do_more_than_read_takes_two(two: Two, kind: dict[str, Any], status: int) -> None:
    assert creating(two, **kind).status_code == status


def test_an_admin_is_no_second_person_by_a_token_that_they_made(two: Two) -> None:
    made = creating(two, role="admin")
    assert confirm(two.admin("other"), made.headers["Location"]).status_code == 200
    puppet = bearer(two, made)
    change = two.lifting()
    assert code(confirm(puppet, change)) == (403, "own-change")
    assert code(confirm(puppet, two.lifting("other"))) == (403, "own-change")
    assert confirm(puppet, two.lifting("third")).status_code == 200


def test_a_token_and_whoever_made_it_do_not_confirm_each_other(two: Two) -> None:
    made = creating(two, role="admin")
    confirm(two.admin("other"), made.headers["Location"])
    change = bearer(two, made).send("DELETE", two.lock()).headers["Location"]
    assert code(confirm(two.admin(), change)) == (403, "own-change")
    assert confirm(two.admin("third"), change).status_code == 200


def test_two_tokens_that_one_admin_made_are_one_person(two: Two) -> None:
    first, second = (creating(two, role="admin", name=name) for name in ("first", "second"))
    for made in (first, second):
        assert confirm(two.admin("other"), made.headers["Location"]).status_code == 200
    change = bearer(two, first).send("DELETE", two.lock()).headers["Location"]
    assert code(confirm(bearer(two, second), change)) == (403, "own-change")


@pytest.mark.parametrize("revoked", [False, True])
def test_what_was_made_with_a_token_that_an_admin_made_is_theirs_too(*, two: Two, revoked: bool) -> None:
    second = creating(two, role="admin", name="second")
    assert confirm(two.admin("other"), second.headers["Location"]).status_code == 200
    third = bearer(two, second).post("/v1/tokens", {"name": "third", "role": "admin"})
    assert confirm(two.admin("boss"), third.headers["Location"]).status_code == 200
    if revoked:
        assert bearer(two, second).send("DELETE", "/v1/tokens/self").status_code == 200
    puppet = bearer(two, third)
    assert code(confirm(puppet, two.lifting())) == (403, "own-change")
    change = puppet.send("DELETE", two.lock()).headers["Location"]
    assert code(confirm(two.admin(), change)) == (403, "own-change")
    assert confirm(two.admin("fourth"), change).status_code == 200


def test_a_token_that_can_act_is_rotated_by_two_or_by_itself(two: Two) -> None:
    alice = two.person("alice")
    listed = two.admin().get("/v1/tokens").json()["items"]
    path = next(f"/v1/tokens/{token['id']}" for token in listed if token["name"] == "alice")
    answer = two.admin().post(f"{path}/rotate", {})
    assert answer.status_code == 202
    assert code(bearer(two, answer).get("/v1/me")) == (401, "unauthenticated")
    itself = alice.post(f"{path}/rotate", {})
    assert itself.status_code == 200
    late = confirm(two.admin("other"), answer.headers["Location"])
    assert code(late) == (409, "token-rotated")
    again = two.admin().post(f"{path}/rotate", {})
    assert confirm(two.admin("other"), again.headers["Location"]).status_code == 200
    assert bearer(two, again).get("/v1/me").status_code == 200


def test_a_proposal_that_is_sent_twice_shows_its_secret_once(two: Two) -> None:
    body, key = {"name": "new", "role": "admin"}, {"Idempotency-Key": "once"}
    first, second = (two.admin().post("/v1/tokens", body, headers=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["change"] == second.json()["change"]
    assert first.headers["Location"] == second.headers["Location"]
    assert (first.json()["secret"] is None, second.json()["secret"]) == (False, None)
    assert len(two.admin().get("/v1/changes").json()["items"]) == 1
