"""Extending, asking again and breaking glass from a terminal, against the API on a real port."""

import json
import threading
from typing import Any

import httpx2
import pytest

from tests.cli.conftest import Invoke, Served
from tests.cli.test_asking import PLAYGROUND, PRODUCTION, WHY, ask, shown

BURNS = ["--justification", "Production is on fire, all of it"]
GLASS = ["--target", "payments-prod/AdministratorAccess", "--entitlement", "break-glass"]


def granted(invoke: Invoke, served: Served, *arguments: str) -> dict[str, Any]:
    """Return a grant of alice's that nobody had to approve."""
    request = shown(invoke, served, ask(invoke, served, *PLAYGROUND, *arguments))
    grant: dict[str, Any] = request["grants"][0]
    return grant


def test_what_needs_nobodys_approval_ends_later_at_once(invoke: Invoke, served: Served) -> None:
    grant = granted(invoke, served, "--duration", "1h")
    alice = served.environment("ALICE")
    extended = json.loads(invoke("extend", grant["id"], "30m", *WHY, "--json", env=alice).stdout)
    assert (extended["extensions"], extended["extensions_left"]) == (1, 1)
    assert extended["ends_at"] > grant["ends_at"]
    again = invoke("extend", grant["id"], "5h", *WHY, env=alice)
    assert (again.exit_code, again.stderr.split(":")[0]) == (1, "extension-refused")


def test_an_approver_is_shown_what_an_extension_is_about(invoke: Invoke, served: Served) -> None:
    alice, dave = served.environment("ALICE"), served.environment("DAVE")
    asked = ask(invoke, served, *PRODUCTION, "--duration", "30m")
    invoke("approve", asked, "--yes", env=dave)
    grant_id = shown(invoke, served, asked)["grants"][0]["id"]
    waiting = invoke("extend", grant_id, "PT20M", *WHY, env=alice)
    assert "extension    to " in waiting.stdout
    request_id = json.loads(invoke("grants", "--json", env=alice).stdout)[0]["extension_request_id"]
    seen, _, _ = invoke("approve", request_id, env=dave, answers="y\n").stdout.partition("Approve this?")
    assert "how long     PT20M longer, until " in seen
    assert f"extends      grant {grant_id}" in seen
    assert json.loads(invoke("grants", "--json", env=alice).stdout)[0]["extensions"] == 1


@pytest.mark.parametrize(("decision", "leaving"), [("approve", 0), ("deny", 1)])
def test_waiting_for_an_extension_comes_back_with_the_answer(
    invoke: Invoke, served: Served, decision: str, leaving: int
) -> None:
    asked = ask(invoke, served, *PRODUCTION, "--duration", "30m")
    invoke("approve", asked, "--yes", env=served.environment("DAVE"))
    grant_id = shown(invoke, served, asked)["grants"][0]["id"]
    approver = threading.Thread(target=decide, args=(served, grant_id, decision))
    approver.start()
    waited = invoke("extend", grant_id, "10m", *WHY, "--wait", env=served.environment("ALICE"))
    approver.join(timeout=30)
    assert waited.exit_code == leaving, waited.output
    assert ("request-denied" in waited.stderr) == (decision == "deny")


def decide(served: Served, grant_id: str, decision: str) -> None:
    """Decide about the extension of a grant as soon as somebody has asked for it."""
    dave = {"Authorization": f"Bearer {served.world.secrets['DAVE']}"}
    with httpx2.Client(base_url=served.url, headers=dave, timeout=60) as http:
        try:
            path = f"/v1/requests/{_asked_for(http, grant_id)}"
            body = {"decision": decision, "digest": http.get(path).json()["digest"]}
            http.post(f"{path}/decisions", json=body).raise_for_status()
        except Exception:
            # Nobody else answers, and somebody waits: with the grant, the question ends.
            http.post(f"/v1/grants/{grant_id}/revoke", json={})
            raise


def _asked_for(http: httpx2.Client, grant_id: str) -> str:
    """Return the id of the request to extend a grant, once there is one."""
    etag = ""
    while True:
        headers = {"If-None-Match": etag} if etag else {}
        answer = http.get(f"/v1/grants/{grant_id}", params={"wait": 20}, headers=headers)
        if answer.status_code == 200 and (request_id := answer.json()["extension_request_id"]):
            return str(request_id)
        etag = answer.headers["ETag"]


def test_the_same_is_asked_for_again(invoke: Invoke, served: Served) -> None:
    alice = served.environment("ALICE")
    first = ask(invoke, served, *PRODUCTION, "--duration", "45m", "--ticket", "OPS-1")
    invoke("withdraw", first, env=alice)
    again = invoke("repeat", first, "--quiet", env=alice).stdout.strip()
    assert again != first
    before, after = (shown(invoke, served, request_id) for request_id in (first, again))
    same = ("targets", "duration", "ticket", "justification")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    refused = invoke("repeat", first, env=served.environment("DAVE"))
    assert (refused.exit_code, refused.stderr.split(":")[0]) == (1, "forbidden")


def test_repeating_waits_for_access_where_it_is_told_to(invoke: Invoke, served: Served) -> None:
    alice = served.environment("ALICE")
    first = ask(invoke, served, *PLAYGROUND, "--duration", "1h", "--wait")
    invoke("revoke", shown(invoke, served, first)["grants"][0]["id"], env=alice)
    assert "active, until" in invoke("repeat", first, "--wait", env=alice).stdout


def test_broken_glass_is_listed_until_somebody_has_looked(invoke: Invoke, served: Served) -> None:
    dave, judy = served.environment("DAVE"), served.environment("JUDY")
    broken = invoke("request", *GLASS, *BURNS, env=dave)
    assert broken.exit_code == 0, broken.output
    assert "broken glass" in broken.stdout
    again = invoke("request", *GLASS, *BURNS, env=dave)
    assert (again.exit_code, again.stderr.split(":")[0]) == (1, "review-open")
    (review,) = json.loads(invoke("reviews", "--open", "--json", env=judy).stdout)
    assert review["id"] in invoke("reviews", env=judy).stdout
    nothing = invoke("review", review["id"], "--yes", env=judy)
    assert (nothing.exit_code, nothing.stderr.split(":")[0]) == (1, "invalid-input")
    own = invoke("review", review["id"], "--yes", "--comment", "all fine", env=dave)
    assert (own.exit_code, own.stderr.split(":")[0]) == (1, "own-request")
    closed = invoke("review", review["id"], "--comment", "it did burn", env=judy, answers="y\n")
    seen, _, found = closed.stdout.partition("Close the review of this?")
    assert "Production is on fire" in seen
    assert "found        it did burn" in found
    assert invoke("reviews", "--open", "--json", env=judy).stdout.strip() == "[]"
