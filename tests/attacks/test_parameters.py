"""What stands twice in an address means nothing, rather than what stands last."""

from tests.api.applications import asking
from tests.attacks.ground import Ground


def test_a_parameter_that_is_sent_twice_is_refused(ground: Ground) -> None:
    alice, auditor = ground.cast.client("beneficiary"), ground.cast.client("auditor")
    before = len(alice.get("/v1/requests").json()["items"])
    tried = alice.post("/v1/requests?dry_run=true&dry_run=false", asking(entitlement="admin"))
    assert (tried.status_code, tried.json()["errors"][0]["field"]) == (422, "dry_run")
    assert alice.get("/v1/requests?state=pending&state=approved").status_code == 422
    assert len(alice.get("/v1/requests").json()["items"]) == before
    several = auditor.get("/v1/audit-events?type=lock.created&type=grant.created").json()["items"]
    assert {event["type"] for event in several} == {"lock.created", "grant.created"}
