"""The promise, with real processes and real seconds: access ends, whoever dies in the middle."""

import time

import httpx2

from tests.processes.conftest import Installation


def state(client: httpx2.Client, grant_id: str) -> str:
    answer = client.get(f"/v1/grants/{grant_id}")
    return str(answer.json()["state"])


def test_grants_live_and_end_through_a_kill_in_the_middle(installation: Installation) -> None:
    installation.start()
    token = installation.token("alice")
    with installation.client(token) as client:
        short = installation.ask(client, "playground", duration="PT8S")
        installation.until(lambda: state(client, short) == "active")
        assert installation.holds("playground")
        installation.until(lambda: state(client, short) == "ended")
        assert not installation.holds("playground")

        survivor = installation.ask(client, "data-dev", duration="PT1H")
        doomed = installation.ask(client, "shop-prod", duration="PT8S")
        installation.until(lambda: state(client, doomed) == state(client, survivor) == "active")
        ends_at = time.monotonic() + 8
        begun = installation.ask(client, "shop-staging", duration="PT1H")
        installation.kill()

    while time.monotonic() < ends_at:
        time.sleep(0.1)
    assert installation.holds("shop-prod")

    installation.start()
    with installation.client(token) as client:
        installation.until(lambda: not installation.holds("shop-prod"))
        installation.until(lambda: state(client, doomed) == "ended")
        installation.until(lambda: state(client, begun) == "active")
        assert (state(client, survivor), installation.holds("data-dev")) == ("active", True)

        for grant_id in (survivor, begun):
            assert client.post(f"/v1/grants/{grant_id}/revoke", json={"comment": "done"}).status_code == 202
        installation.until(lambda: state(client, survivor) == state(client, begun) == "ended")
    assert not any(installation.holds(account) for account in installation.demo.accounts)


def test_a_standby_ends_what_a_killed_reconciler_began(replicated: Installation) -> None:
    replicated.start("--no-reconciler")
    leader = replicated.launch("reconcile")
    token = replicated.token("alice")
    with replicated.client(token) as client:
        doomed = replicated.ask(client, "shop-prod", duration="PT8S")
        replicated.until(lambda: state(client, doomed) == "active")
        replicated.launch("reconcile")
        leader.kill()
        leader.wait()
        replicated.until(lambda: state(client, doomed) == "ended")
        assert not replicated.holds("shop-prod")
