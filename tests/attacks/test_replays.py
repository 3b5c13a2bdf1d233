"""A decision counts once, for its request, while that is open, and from who may decide at that moment."""

from functools import partial
from itertools import product
from typing import Any

from tests.api.applications import asking
from tests.attacks.ground import POLICY, Ground
from tests.broker.racing import at_once


def ask(ground: Ground, **changes: Any) -> dict[str, Any]:
    answer = ground.cast.client("beneficiary").post("/v1/requests", asking(entitlement="admin", **changes))
    asked: dict[str, Any] = answer.json()
    return asked


def approval(asked: dict[str, Any]) -> dict[str, Any]:
    return {"decision": "approve", "digest": asked["digest"], "comment": "fine"}


def decide(
    ground: Ground, kind: str, asked: dict[str, Any], body: Any = None, **headers: str
) -> tuple[int, str]:
    path = f"/v1/requests/{asked['id']}/decisions"
    answer = ground.cast.client(kind).post(path, body or approval(asked), headers=headers)
    return answer.status_code, answer.json().get("code") or answer.json()["state"]


def state(ground: Ground, asked: dict[str, Any]) -> str:
    return str(ground.cast.client("beneficiary").get(f"/v1/requests/{asked['id']}").json()["state"])


def test_a_decision_that_is_sent_again_is_refused_whatever_its_key(ground: Ground) -> None:
    asked = ask(ground, duration="PT3H")
    assert decide(ground, "approver", asked) == (200, "pending")
    keys: tuple[dict[str, str], ...] = ({}, {"Idempotency-Key": "a"}, {"Idempotency-Key": "b"})
    assert {decide(ground, "approver", asked, **key) for key in keys} == {(409, "already-decided")}
    assert state(ground, asked) == "pending"
    assert decide(ground, "second approver", asked) == (200, "approved")
    assert decide(ground, "second approver", asked) == (409, "request-answered")
    assert ground.wrongs() == []


def test_what_is_withdrawn_denied_or_expired_is_never_approved(ground: Ground) -> None:
    withdrawn, denied, expired = (ask(ground) for _ in range(3))
    ground.cast.client("beneficiary").post(f"/v1/requests/{withdrawn['id']}/withdraw")
    decide(ground, "approver", denied, {**approval(denied), "decision": "deny"})
    ground.world.clock.advance(24 * 3600)
    for asked, expected in ((withdrawn, "withdrawn"), (denied, "denied"), (expired, "expired")):
        for kind in ("approver", "second approver", "service deciding"):
            assert decide(ground, kind, asked) == (409, "request-answered")
        assert state(ground, asked) == expected
    assert ground.wrongs() == []


def test_no_decision_reaches_another_request(ground: Ground) -> None:
    asked = [ask(ground), ask(ground, duration="PT2H"), ask(ground, justification="another matter")]
    first = decide(ground, "approver", asked[0])
    again = ground.cast.client("beneficiary").post(f"/v1/requests/{asked[0]['id']}/repeat").json()
    assert (first, state(ground, again)) == ((200, "approved"), "pending")
    for kind, request, body in product(("beneficiary", "requester", "stranger"), [*asked, again], asked):
        refused, _ = decide(ground, kind, request, approval(body))
        assert refused in {403, 404, 409}
    assert [state(ground, one) for one in (*asked, again)] == ["approved", "pending", "pending", "pending"]
    assert decide(ground, "approver", asked[1], approval(asked[0])) == (409, "stale-digest")


def test_approving_access_approves_no_extension_of_it(ground: Ground) -> None:
    asked = ask(ground)
    decide(ground, "approver", asked)
    alice = ground.cast.client("beneficiary")
    (grant,) = alice.get(f"/v1/requests/{asked['id']}").json()["grants"]
    body = {"duration": "PT30M", "justification": "it takes longer"}
    extended = alice.post(f"/v1/grants/{grant['id']}/extend", body)
    assert extended.status_code == 202
    waiting = [
        one for one in alice.get("/v1/requests?state=pending").json()["items"] if one["id"] != asked["id"]
    ]
    question = next(one for one in waiting if one["extends_grant_id"] == grant["id"])
    assert decide(ground, "approver", question, approval(asked)) == (409, "stale-digest")
    assert decide(ground, "service acting", question) == (403, "own-request")
    assert ground.wrongs() == []


def test_of_two_who_decide_at_once_one_wins(ground: Ground) -> None:
    for _ in range(5):
        asked = ask(ground)
        deny = {**approval(asked), "decision": "deny"}
        results = at_once(
            partial(decide, ground, "approver", asked),
            partial(decide, ground, "second approver", asked, deny),
            partial(decide, ground, "approver", asked),
        )
        assert sorted(status for status, _ in results) == [200, 409, 409]
    assert ground.wrongs() == []


def test_a_service_that_is_trusted_no_longer_relays_nothing(ground: Ground) -> None:
    asked = ask(ground)
    ground.world.apply(POLICY.replace("through: [slack]", "through: [teams]"))
    assert decide(ground, "service deciding", asked) == (403, "relay-refused")
    ground.world.apply(POLICY)
    assert decide(ground, "service acting", asked) == (403, "own-request")
    assert decide(ground, "service deciding", asked) == (200, "approved")
    assert ground.wrongs() == []
