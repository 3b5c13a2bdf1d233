"""Only what an approver was shown can be approved: any other digest decides nothing."""

from collections.abc import Iterator

from tests.api.applications import asking
from tests.attacks import fuzzing
from tests.attacks.ground import Ground
from tests.attacks.probing import Probe


def others(ground: Ground, digest: str) -> Iterator[str]:
    """Yield what might be taken for the digest."""
    yield from [*fuzzing.near(digest, others="0")][::3]
    yield from [*fuzzing.near_in_unicode(digest)][::9]
    yield from (
        digest.removeprefix("sha256:"),
        digest.replace("sha256", "sha512"),
        "",
        "sha256:",
        "*",
        "null",
    )
    ask = ground.cast.client("requester").post
    for changes in (
        {},
        {"duration": "PT2H"},
        {"justification": "other"},
        {"beneficiary": "alice@example.com"},
    ):
        yield ask("/v1/requests", asking(entitlement="admin", **changes)).json()["digest"]


def test_a_decision_needs_the_very_digest_of_its_request(small_ground: Ground) -> None:
    asked = small_ground.cast.client("beneficiary").post("/v1/requests", asking(entitlement="admin")).json()
    tried = [*others(small_ground, asked["digest"])]
    probe, path = Probe(small_ground), f"/v1/requests/{asked['id']}/decisions"
    approver = small_ground.cast.client("approver")
    assert approver.get(f"/v1/requests/{asked['id']}").json()["state"] == "pending"
    with probe.without_effect():
        for digest in (one for one in tried if one != asked["digest"]):
            body = {"decision": "approve", "digest": digest}
            answer = approver.post(path, body)
            refused = (answer.status_code, answer.json().get("code"))
            assert refused in REFUSALS, repr(digest)
    assert small_ground.wrongs() == []


REFUSALS = {(409, "stale-digest"), (422, "invalid-input")}
