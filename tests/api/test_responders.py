"""A service that was trusted to stop access sees everybody's, stops it, and can do nothing else."""

import pytest

from protem.db.models import TokenRole
from protem.domain.authority import Scope
from tests.api.applications import Api, Client, asking

STOPPING = {Scope.GRANTS_REVOKE, Scope.LOCKS_CREATE}


def responder(api: Api, *scopes: Scope) -> Client:
    return Client(api.http, api.bearer("pager", role=TokenRole.SERVICE, scopes=scopes or STOPPING))


@pytest.mark.parametrize("scope", sorted(STOPPING))
def test_it_sees_everybodys_grants_and_all_locks(api: Api, scope: Scope) -> None:
    grant = api.granted()
    pager = responder(api, scope)
    (listed,) = pager.get("/v1/grants?live=true").json()["items"]
    assert listed["id"] == grant["id"]
    assert pager.get(f"/v1/grants/{grant['id']}").status_code == 200
    assert pager.get("/v1/locks").json()["items"] == []


def test_it_is_offered_what_it_can_do(api: Api) -> None:
    grant = api.granted()
    assert responder(api).get(f"/v1/grants/{grant['id']}").json()["actions"] == ["revoke"]
    may = set(responder(api).get("/v1/me").json()["may"])
    assert {"grants.list", "grants.read", "grants.revoke", "locks.create", "locks.list", "locks.read"} <= may
    assert {"tokens.read", "tokens.rotate", "tokens.revoke"} <= may  # its own
    never = {
        "requests.submit",
        "requests.decide",
        "grants.extend",
        "locks.lift",
        "tokens.create",
        "tokens.list",
    }
    assert may.isdisjoint({*never, "entitlements.apply", "changes.confirm", "audit_events.list"})


def test_it_ends_access_and_keeps_it_from_coming_back(api: Api) -> None:
    grant, pager = api.granted(), responder(api)
    revoked = pager.post(f"/v1/grants/{grant['id']}/revoke", {"comment": "Incident 4711"})
    assert (revoked.status_code, revoked.json()["revoked_by"]) == (202, "service:pager")
    lock = pager.post("/v1/locks", {"kind": "everything", "reason": "Incident 4711"})
    assert (lock.status_code, lock.json()["created_by"]) == (201, "service:pager")
    assert api.person("alice").post("/v1/requests", asking()).status_code == 423
    assert pager.send("DELETE", lock.headers["Location"]).status_code == 403
    assert pager.get("/v1/requests").status_code == 403


def test_each_scope_is_for_itself(api: Api) -> None:
    grant = api.granted()
    locking = responder(api, Scope.LOCKS_CREATE)
    assert locking.post(f"/v1/grants/{grant['id']}/revoke").json()["code"] == "scope-missing"
    body = {"kind": "everything", "reason": "Incident 4711"}
    revoking = Client(api.http, api.bearer("other", role=TokenRole.SERVICE, scopes={Scope.GRANTS_REVOKE}))
    assert revoking.post("/v1/locks", body).json()["code"] == "scope-missing"
