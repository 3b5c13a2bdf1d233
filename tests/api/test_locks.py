"""Locks over HTTP."""

from typing import Any

import pytest

from tests.api.applications import Api, asking
from tests.broker.worlds import ALPHA

LOCK = {"kind": "account", "subject": "Alpha", "reason": "keys on a paste site"}


def made(api: Api, **changes: Any) -> dict[str, Any]:
    answer = api.admin().post("/v1/locks", {**LOCK, **changes})
    assert answer.status_code == 201, answer.text
    lock: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"/v1/locks/{lock['id']}"
    return lock


def test_a_lock_is_shown_as_it_was_made(api: Api) -> None:
    lock = made(api, duration="PT4H")
    assert lock == {
        "id": lock["id"],
        "kind": "account",
        "subject": {"id": ALPHA, "name": "alpha"},
        "reason": "keys on a paste site",
        "holding": True,
        "created_at": "2026-01-05T09:00:00Z",
        "created_by": "admin:root",
        "expires_at": "2026-01-05T13:00:00Z",
        "lifted_at": None,
        "lifted_by": None,
    }
    assert api.auditor().get(f"/v1/locks/{lock['id']}").json() == lock
    assert api.auditor().get("/v1/locks").json() == {"items": [lock], "next_cursor": None}


def test_what_is_locked_is_refused_with_the_reason(api: Api) -> None:
    lock = made(api)
    answer = api.person("alice").post("/v1/requests", asking())
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (423, "locked")
    assert problem["detail"] == "locked: keys on a paste site"
    facts = {name: problem[name] for name in ("lock_id", "kind", "reason", "expires_at")}
    assert facts == {
        "lock_id": lock["id"],
        "kind": "account",
        "reason": "keys on a paste site",
        "expires_at": None,
    }


def test_live_access_ends_with_the_lock_and_says_why(api: Api) -> None:
    grant = api.granted()
    made(api, kind="everything", subject=None)
    shown = api.person("alice").get(f"/v1/grants/{grant['id']}").json()
    assert shown["revoked_at"] == "2026-01-05T09:00:00Z"
    assert "keys on a paste site" in str(shown)
    assert api.person("alice").get(f"/v1/grants/{grant['id']}").status_code == 200


def test_a_lock_is_lifted_once(api: Api) -> None:
    lock = made(api)
    path = f"/v1/locks/{lock['id']}"
    api.world.clock.advance(60)
    lifted = api.admin().send("DELETE", path)
    assert lifted.status_code == 200
    assert lifted.json() == {
        **lock,
        "holding": False,
        "lifted_at": "2026-01-05T09:01:00Z",
        "lifted_by": "admin:root",
    }
    again = api.admin().send("DELETE", path)
    assert (again.status_code, again.json()["code"]) == (409, "lock-over")
    assert again.json()["lifted_by"] == "admin:root"
    assert api.person("alice").post("/v1/requests", asking()).status_code == 201


def test_a_lock_that_has_expired_was_lifted_by_nobody(api: Api) -> None:
    lock = made(api, duration="PT1H")
    api.world.clock.advance(3600)
    shown = api.admin().get(f"/v1/locks/{lock['id']}").json()
    assert shown == {**lock, "holding": False}
    assert api.admin().get("/v1/locks?holding=true").json()["items"] == []
    assert api.admin().get("/v1/locks?holding=false").json()["items"] == [shown]
    over = api.admin().send("DELETE", f"/v1/locks/{lock['id']}")
    assert (over.status_code, over.json()["expires_at"]) == (409, lock["expires_at"].replace("Z", "+00:00"))


def test_one_key_makes_one_lock(api: Api) -> None:
    key = {"Idempotency-Key": "a-lock"}
    first = api.admin().post("/v1/locks", LOCK, headers=key).json()
    assert api.admin().post("/v1/locks", LOCK, headers=key).json() == first
    reused = api.admin().post("/v1/locks", {**LOCK, "reason": "another"}, headers=key)
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency-key-reused")
    assert len(api.admin().get("/v1/locks").json()["items"]) == 1


IMPOSSIBLE: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "planet"}, "invalid-input", "kind"),
    ({"kind": None}, "invalid-input", "kind"),
    ({"kind": "everything"}, "invalid-input", "subject"),
    ({"subject": None}, "invalid-input", "subject"),
    ({"subject": "nowhere"}, "unknown-account", "subject"),
    ({"kind": "principal", "subject": "nobody"}, "unknown-principal", "subject"),
    ({"kind": "permission_set"}, "unknown-permission-set", "subject"),
    ({"kind": "entitlement"}, "unknown-entitlement", "subject"),
    ({"reason": " "}, "invalid-input", "reason"),
    ({"reason": None}, "invalid-input", "reason"),
    ({"duration": "PT0S"}, "invalid-input", "duration"),
    ({"duration": "P999999D"}, "invalid-input", "duration"),
    ({"duration": 3600}, "invalid-input", "duration"),
    ({"expires_at": "2026-01-05T13:00:00Z"}, "invalid-input", "expires_at"),
]


@pytest.mark.parametrize(("changes", "code", "field"), IMPOSSIBLE)
def test_what_cannot_be_locked_is_refused_with_the_field(
    api: Api, changes: dict[str, Any], code: str, field: str
) -> None:
    problem = api.admin().post("/v1/locks", {**LOCK, **changes}).json()
    assert problem["code"] == code
    assert field in [error["field"] for error in problem["errors"]]
    assert api.admin().get("/v1/locks").json()["items"] == []


def test_a_lock_that_is_not_there_is_not_found(api: Api) -> None:
    path = "/v1/locks/01a20544-fed4-73f8-b0b9-6c7168dafca7"
    assert api.admin().get(path).status_code == 404
    assert api.admin().send("DELETE", path).status_code == 404
