"""Changes over HTTP: what one admin proposes takes effect once another confirms it."""

from collections.abc import Callable
from typing import Any

import pytest

from protem.broker import changes
from protem.db.models import TokenRole
from tests.api.applications import Api, Client
from tests.api.authority.scenes import blocked_assignment
from tests.api.test_entitlements import LONGER
from tests.broker.test_lock_races import GLASS
from tests.broker.worlds import GONE, POLICY, World
from tests.broker.worlds import asking as submission

LOCK = {"kind": "account", "subject": "beta", "reason": "a drill"}
YAML = {"Content-Type": "application/yaml"}


class Two(Api):
    """An application whose admins need each other: tokens of the console, and people by their group."""

    def admin(self, name: str = "root") -> Client:
        return Client(self.http, self.bearer(name, role=TokenRole.ADMIN))

    def lock(self) -> str:
        """Return the address of a lock, which anybody who may can make alone."""
        made = self.admin().post("/v1/locks", LOCK)
        assert made.status_code == 201, made.text
        return made.headers["Location"]

    def lifting(self, proposer: str = "root") -> str:
        """Return the address of a change that lifts a lock."""
        answer = self.admin(proposer).send("DELETE", self.lock())
        assert answer.status_code == 202, answer.text
        return answer.headers["Location"]


@pytest.fixture
def two(world: World) -> Two:
    return Two(world, two_person_rule=True)


def confirm(client: Client, change: str, comment: str = "") -> Any:
    return client.post(f"{change}/confirm", {"comment": comment})


def reject(client: Client, change: str, comment: str = "") -> Any:
    return client.post(f"{change}/reject", {"comment": comment})


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_lock_holds_until_another_admin_confirms_that_it_is_lifted(two: Two) -> None:
    lock = two.lock()
    answer = two.admin().send("DELETE", lock)
    assert answer.status_code == 202
    change = answer.json()["change"]
    assert change["state"] == "pending"
    assert change["summary"] == "lift the lock on account beta, which admin:root made: a drill"
    assert two.admin().get(lock).json()["holding"]

    confirmed = confirm(two.admin("other"), answer.headers["Location"], "the drill is over")
    assert confirmed.status_code == 200
    assert (confirmed.json()["state"], confirmed.json()["answered_by"]) == ("confirmed", "admin:other")
    shown = two.admin().get(lock).json()
    assert (shown["holding"], shown["lifted_by"]) == (False, "admin:root with admin:other")


def test_the_record_names_both(two: Two) -> None:
    change = two.lifting()
    confirm(two.admin("other"), change, "fine")
    events = two.auditor().get("/v1/audit-events").json()["items"]
    lifted, confirmed, proposed = (
        next(event for event in events if event["type"] == type_)
        for type_ in ("lock.lifted", "change.confirmed", "change.proposed")
    )
    both = {"proposed_by": "admin:root", "change_id": change.rpartition("/")[2]}
    assert (lifted["caller"], confirmed["caller"], proposed["caller"]) == (
        "admin:other",
        "admin:other",
        "admin:root",
    )
    assert both.items() <= lifted["facts"].items()
    assert both.items() <= confirmed["facts"].items()
    assert confirmed["facts"]["comment"] == "fine"


def test_nobody_confirms_their_own(two: Two) -> None:
    change = two.lifting()
    assert code(confirm(two.admin(), change)) == (403, "own-change")
    assert two.admin().get(change).json()["actions"] == ["reject"]
    assert two.admin("other").get(change).json()["actions"] == ["confirm", "reject"]
    assert two.auditor().get(change).json()["actions"] == []


def test_whoever_proposed_it_withdraws_it(two: Two) -> None:
    change = two.lifting()
    rejected = reject(two.admin(), change, "not yet")
    assert (rejected.json()["state"], rejected.json()["comment"]) == ("rejected", "not yet")
    assert code(confirm(two.admin("other"), change)) == (409, "change-over")


@pytest.mark.parametrize("answer", [confirm, reject])
def test_what_is_answered_stays_so(two: Two, answer: Callable[[Client, str], Any]) -> None:
    change = two.lifting()
    confirm(two.admin("other"), change)
    again = answer(two.admin("third"), change)
    assert code(again) == (409, "change-over")
    assert again.json()["state"] == "confirmed"


def test_a_change_expires(two: Two) -> None:
    change = two.lifting()
    two.world.clock.advance(24 * 60 * 60)
    late = confirm(two.admin("other"), change)
    assert code(late) == (409, "change-over")
    assert late.json()["state"] == "expired"
    assert two.admin("other").get(change).json()["actions"] == []
    with two.world.store.writing() as session:
        assert changes.expire_due(session, now=two.world.clock.now()) == 1
        assert changes.expire_due(session, now=two.world.clock.now()) == 0
    assert two.world.events()[-1] == "change.expired"
    assert two.auditor().get(change).json()["state"] == "expired"
    assert code(reject(two.admin(), change)) == (409, "change-over")


def test_what_a_revoked_admin_proposed_cannot_be_confirmed(two: Two) -> None:
    change = two.lifting("mallory")
    tokens = two.admin().get("/v1/tokens").json()["items"]
    token = next(token["id"] for token in tokens if token["name"] == "mallory")
    assert two.admin().send("DELETE", f"/v1/tokens/{token}").status_code == 200
    assert code(confirm(two.admin("other"), change)) == (409, "proposer-gone")
    shown = two.admin().get(change).json()
    assert (shown["state"], "has been revoked" in shown["hindrance"]) == ("pending", True)


def test_the_same_command_twice_is_one_change(two: Two) -> None:
    lock = two.lock()
    first, second = (two.admin().send("DELETE", lock).json()["change"]["id"] for _ in range(2))
    assert first == second
    assert two.admin("other").send("DELETE", lock).json()["change"]["id"] != first
    assert len(two.admin().get("/v1/changes?state=pending").json()["items"]) == 2


def test_what_is_over_by_then_is_refused_and_the_change_left_as_it_was(two: Two) -> None:
    lock = two.lock()
    mine, theirs = (two.admin(name).send("DELETE", lock).headers["Location"] for name in ("root", "other"))
    assert confirm(two.admin("other"), mine).status_code == 200
    assert code(confirm(two.admin(), theirs)) == (409, "lock-over")
    assert two.admin().get(theirs).json()["state"] == "pending"
    assert code(two.admin().send("DELETE", lock)) == (409, "lock-over")


def applying(two: Two, source: str, *, base: int = 1, query: str = "") -> Any:
    headers = {**YAML, "If-Match": f'"{base}"'}
    return two.admin().send("POST", f"/v1/entitlements/apply{query}", content=source, headers=headers)


def test_entitlements_are_shown_against_what_is_in_force_now_and_put_in_force_by_a_second(two: Two) -> None:
    answer = applying(two, LONGER)
    assert answer.status_code == 202
    change = answer.headers["Location"]
    shown = two.admin("other").get(change).json()
    assert [one["name"] for one in shown["plan"]["changed"]] == ["read"]
    assert (shown["arguments"]["source"], shown["hindrance"]) == (LONGER, None)
    assert two.auditor().get(change).json()["plan"] == shown["plan"]
    assert "plan" not in two.admin().get("/v1/changes").json()["items"][0]

    assert confirm(two.admin("other"), change).status_code == 200
    latest = two.admin().get("/v1/entitlement-versions").json()["items"][0]
    assert (latest["version"], latest["applied_by"]) == (2, "admin:root with admin:other")
    assert two.admin().get(change).json()["plan"] is None


def test_entitlements_whose_base_has_moved_are_not_put_in_force(two: Two) -> None:
    change = applying(two, LONGER).headers["Location"]
    two.world.apply(POLICY + "\n# another\n")
    answer = confirm(two.admin("other"), change)
    assert code(answer) == (412, "version-moved")
    shown = two.admin().get(change).json()
    assert shown["state"] == "pending"
    assert shown["hindrance"] == "version 2 is in force now, and this was proposed against version 1"
    assert code(applying(two, LONGER)) == (412, "version-moved")


def test_what_means_the_same_needs_nobody(two: Two) -> None:
    assert applying(two, POLICY).status_code == 200


def test_ending_grants_with_what_gave_them_is_confirmed_with_it(two: Two) -> None:
    grant = two.world.approved()
    without = POLICY.replace("name: admin", "name: boss")
    change = applying(two, without, query="?end_grants=true").headers["Location"]
    assert two.world.grant(grant).revoked_at is None
    assert confirm(two.admin("other"), change).status_code == 200
    assert two.world.grant(grant).revoked_by == "admin:root with admin:other"


def test_a_grant_is_revoked_and_a_lock_made_by_one(two: Two) -> None:
    grant = two.world.approved()
    assert two.admin().post(f"/v1/grants/{grant.id}/revoke", {"comment": ""}).status_code == 202
    assert two.admin().post("/v1/locks", LOCK).status_code == 201


def test_nobody_but_admins_may_confirm_and_nobody_but_they_and_auditors_sees(two: Two) -> None:
    change = two.lifting()
    for client in (two.auditor(), two.person("alice"), two.bot("jenkins"), two.bot("slack", acting="dave")):
        assert confirm(client, change).status_code == 403
        assert reject(client, change).status_code == 403
    assert code(two.person("alice").get("/v1/changes")) == (403, "forbidden")
    assert code(two.person("alice").get(change)) == (403, "forbidden")
    assert two.auditor().get("/v1/changes").status_code == 200


def test_what_is_no_change_is_not_found(two: Two) -> None:
    nothing = "/v1/changes/019a0000-0000-7000-8000-000000000000"
    assert code(two.admin().get(nothing)) == (404, "not-found")
    assert code(confirm(two.admin(), nothing)) == (404, "not-found")
    assert code(reject(two.admin(), nothing)) == (404, "not-found")


def test_an_ending_is_given_up_by_two(two: Two) -> None:
    path = f"/v1/assignments/{blocked_assignment(two.world)}"
    assert two.admin().post(f"{path}/force-close", {"comment": " "}).status_code == 422
    answer = two.admin().post(f"{path}/force-close", {"comment": "the account was sold"})
    assert answer.status_code == 202
    assert answer.json()["change"]["summary"].endswith(f"in account {GONE}: the account was sold")
    assert confirm(two.admin("other"), answer.headers["Location"]).status_code == 200
    closed = two.auditor().get("/v1/assignments").json()["items"][0]
    assert closed["force_closed_at"] is not None
    event = two.auditor().get("/v1/audit-events?type=assignment.force_closed").json()["items"][0]
    assert event["facts"]["comment"] == "the account was sold"
    assert event["facts"]["proposed_by"] == "admin:root"
    again = two.admin().post(f"{path}/force-close", {"comment": "once more"})
    assert code(again) == (409, "force-close-refused")


def test_a_review_is_closed_by_two_who_are_not_told_of_it_and_by_one_who_is(two: Two) -> None:
    two.world.apply(POLICY + GLASS)
    for client, status in ((two.admin(), 202), (two.person("carol"), 200)):
        two.world.submit(two.world.person("alice"), submission(entitlement="glass"))
        (review,) = two.auditor().get("/v1/reviews?open=true").json()["items"]
        closed = client.post(f"/v1/reviews/{review['id']}/close", {"comment": "seen"})
        assert closed.status_code == status
        if status == 202:
            assert confirm(two.admin("other"), closed.headers["Location"]).status_code == 200
    closed_by = [one["closed_by"] for one in two.auditor().get("/v1/reviews").json()["items"]]
    assert closed_by == ["user:carol@example.com", "admin:root with admin:other"]
