"""How many calls are taken from whom, and how many bad credentials from where."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from protem.api.limits import REJECTIONS
from protem.broker import credentials
from protem.db.models import TokenRole
from tests.api.applications import Api, Client
from tests.broker.worlds import World, user_name

BURST = 2
RATE = BURST * 4


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here reaches a database of any kind but to learn who calls."""
    return sqlite_url


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    """The application, which takes few calls and trusts one network of proxies."""
    api = Api(world, rate_limit=RATE, trusted_proxies="10.0.0.0/8")
    with api.http:
        yield api


def statuses(client: Client, count: int, path: str = "/v1/me") -> list[int]:
    return [client.get(path).status_code for _ in range(count)]


def elsewhere(api: Api, peer: str) -> TestClient:
    """Return the same application as it is reached from another address."""
    return TestClient(api.app, client=(peer, 40_000))


def guess(http: TestClient, *, bearer: str | None = None, via: str | None = None) -> httpx2.Response:
    """Call with a bad credential, or with the given one."""
    headers = {"Authorization": f"Bearer {bearer or credentials.new()}"}
    return http.get("/v1/me", headers=headers | ({"X-Forwarded-For": via} if via else {}))


def secret(api: Api, name: str) -> str:
    bearer: str = api.person(name).headers["Authorization"].removeprefix("Bearer ")
    return bearer


def test_who_calls_too_often_is_told_for_how_long_to_wait(api: Api) -> None:
    alice = api.person("alice")
    assert statuses(alice, BURST) == [200] * BURST
    refused = alice.get("/v1/me")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate-limited")
    assert refused.json()["rate_limit"] == RATE
    seconds = int(refused.headers["Retry-After"])
    api.world.clock.advance(seconds - 1)
    assert statuses(alice, 1) == [429]
    api.world.clock.advance(1)
    assert statuses(alice, 2) == [200, 429]


def test_callers_do_not_use_up_each_others_calls(api: Api) -> None:
    assert statuses(api.person("alice"), BURST + 1)[-1] == 429
    assert statuses(api.person("bob"), BURST) == [200] * BURST


def test_a_service_is_counted_as_one_whoever_it_acts_as(api: Api) -> None:
    got = [api.bot(acting=name).get("/v1/me").status_code for name in ("alice", "bob", "carol")]
    assert got == [200, 200, 429]


def test_whom_a_service_may_not_act_as_counts_too(api: Api) -> None:
    nobody = Client(api.http, {**api.bot().headers, "Act-As": "nobody@example.com"})
    assert statuses(nobody, BURST + 1) == [403] * BURST + [429]


def test_a_token_may_have_a_limit_of_its_own(api: Api) -> None:
    kind = {"role": TokenRole.SERVICE, "rate_limit": 40}
    bot = Client(api.http, api.bearer("busy", **kind))
    assert statuses(bot, 11) == [200] * 10 + [429]


def test_what_a_call_does_besides_counts_once(api: Api) -> None:
    rotating = Client(api.http, api.bearer("own", role=TokenRole.SERVICE))
    assert rotating.post("/v1/tokens/self/rotate").status_code == 200
    assert statuses(rotating, 2) == [200, 429]


def test_a_call_that_is_told_to_wait_has_no_effect(api: Api) -> None:
    root = api.admin()
    statuses(root, BURST)
    before = api.world.contents()
    assert root.post("/v1/tokens", {"name": "spare", "role": "auditor"}).status_code == 429
    assert api.world.contents() == before


def test_nothing_keeps_anybody_from_the_red_button(api: Api) -> None:
    grant = api.world.approved()
    alice, root = api.person("alice"), api.admin()
    assert [statuses(client, BURST + 1)[-1] for client in (alice, root)] == [429, 429]
    assert alice.post(f"/v1/grants/{grant.id}/revoke").status_code == 202
    lock: dict[str, Any] = {"kind": "everything", "reason": "incident"}
    assert [root.post("/v1/locks", lock).status_code for _ in range(20)] == [201] * 20


def test_bad_credentials_have_their_address_told_to_wait_before_the_database_is_asked(api: Api) -> None:
    http = elsewhere(api, "192.0.2.1")
    assert {guess(http).status_code for _ in range(REJECTIONS.burst)} == {401}
    refused = guess(http)
    assert (refused.status_code, refused.json()["code"]) == (429, "rate-limited")
    unseen = guess(http, bearer=secret(api, "alice"))
    assert unseen.status_code == 429  # a new credential is not looked at, however good
    api.world.clock.advance(int(refused.headers["Retry-After"]))
    assert guess(http).status_code == 401
    assert guess(elsewhere(api, "192.0.2.2")).status_code == 401


def test_nobody_is_shut_out_by_who_guesses_beside_them(api: Api) -> None:
    http = elsewhere(api, "192.0.2.1")
    assert guess(http, bearer=secret(api, "alice")).status_code == 200
    for _ in range(REJECTIONS.burst + 1):
        guess(http)
    assert guess(http).status_code == 429
    assert guess(http, bearer=secret(api, "alice")).status_code == 200


def test_a_revoked_credential_was_good_no_longer(api: Api) -> None:
    http, alice = elsewhere(api, "192.0.2.1"), secret(api, "alice")
    assert guess(http, bearer=alice).status_code == 200
    revoked = http.delete("/v1/tokens/self", headers={"Authorization": f"Bearer {alice}"})
    assert revoked.status_code == 200
    got = [guess(http, bearer=alice).status_code for _ in range(REJECTIONS.burst + 1)]
    assert got == [401] * REJECTIONS.burst + [429]


def test_guessing_keeps_nobody_from_the_red_button(api: Api) -> None:
    http, grant = elsewhere(api, "192.0.2.1"), api.world.approved()
    for _ in range(REJECTIONS.burst + 1):
        guess(http)
    bearer = {"Authorization": f"Bearer {secret(api, 'alice')}"}
    assert http.post(f"/v1/grants/{grant.id}/revoke", headers=bearer).status_code == 202


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "10.1.2.3", "testclient"])
def test_an_address_that_anybody_may_share_is_never_told_to_wait(api: Api, peer: str) -> None:
    http = elsewhere(api, peer)
    assert {guess(http).status_code for _ in range(REJECTIONS.burst + 5)} == {401}


def test_nobody_behind_a_proxy_that_is_not_named_is_shut_out_by_who_guesses_there(world: World) -> None:
    api = Api(world, tls_terminated=True)
    with api.http:
        http = elsewhere(api, "192.0.2.1")
        for _ in range(REJECTIONS.burst + 1):
            guess(http)
        assert guess(http, bearer=secret(api, "alice")).status_code == 200


def test_ipv6_counts_by_the_network_of_a_customer(api: Api) -> None:
    for number in range(REJECTIONS.burst):
        assert guess(elsewhere(api, f"2001:db8::{number + 1:x}")).status_code == 401
    assert guess(elsewhere(api, "2001:db8::ffff")).status_code == 429
    assert guess(elsewhere(api, "2001:db8:0:1::1")).status_code == 401


def test_behind_a_trusted_proxy_the_address_is_that_of_the_client(api: Api) -> None:
    http = elsewhere(api, "10.0.0.1")
    for number in range(REJECTIONS.burst):
        # What a client writes itself stands on the left, and pretends in vain.
        assert guess(http, via=f"198.51.100.{number}, 192.0.2.1").status_code == 401
    assert guess(http, via="203.0.113.1, 192.0.2.1").status_code == 429
    assert guess(http, via="192.0.2.2").status_code == 401


def test_nobody_chooses_their_address_who_is_no_trusted_proxy(api: Api) -> None:
    http = elsewhere(api, "192.0.2.1")
    got = [guess(http, via=f"198.51.100.{number}").status_code for number in range(REJECTIONS.burst + 1)]
    assert got[-1] == 429


def test_a_token_is_for_calls_from_its_networks_alone(api: Api) -> None:
    kind = {"role": TokenRole.SERVICE, "networks": ["192.0.2.0/24", "2001:db8::/32"]}
    bearer = api.bearer("office", **kind)["Authorization"].removeprefix("Bearer ")
    inside = ("192.0.2.7", "::ffff:192.0.2.7")
    assert [guess(elsewhere(api, peer), bearer=bearer).status_code for peer in inside] == [200, 200]
    api.world.clock.advance(60)
    assert guess(elsewhere(api, "10.0.0.1"), bearer=bearer, via="2001:db8::7").status_code == 200
    for peer, via, seen in (
        ("198.51.100.1", None, "198.51.100.1"),
        ("198.51.100.1", "192.0.2.7", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.7, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("testclient", None, None),
    ):
        answer = guess(elsewhere(api, peer), bearer=bearer, via=via)
        assert (answer.status_code, answer.json()["code"]) == (403, "network-refused")
        assert answer.json()["address"] == seen


def test_a_service_acts_only_as_members_of_its_groups(api: Api) -> None:
    kind = {"role": TokenRole.SERVICE, "act_as": True, "act_as_groups": ["LEADS"]}
    bearer = api.bearer("chat", **kind)

    def act(name: str) -> httpx2.Response:
        return Client(api.http, {**bearer, "Act-As": user_name(name)}).get("/v1/me")

    assert act("carol").status_code == 200
    refused = act("alice")
    assert (refused.status_code, refused.json()["code"]) == (403, "act-as-refused")
    assert "none of the groups" in refused.json()["detail"]
