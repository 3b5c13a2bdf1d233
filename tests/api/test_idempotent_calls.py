"""Every call that takes an Idempotency-Key: sent twice, it has one effect and one answer."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from protem.api.routers import ROUTERS
from protem.db.models import TokenRole
from protem.domain.authority import Scope, Verb
from tests.api.applications import Api, Client, asking
from tests.broker.worlds import POLICY, World, user_name
from tests.broker.worlds import asking as submission

KEY = {"Idempotency-Key": "7c1b"}

WITHOUT = {
    Verb.ENTITLEMENTS_PLAN,  # has no effect
    Verb.ENTITLEMENTS_APPLY,  # If-Match says whether it has had it
    Verb.CHANGES_CONFIRM,
    Verb.CHANGES_REJECT,
    Verb.DELIVERIES_REDELIVER,
    Verb.ASSIGNMENTS_FORCE_CLOSE,
}
"""The calls that take none, and tell a second sending what became of the first."""

EXTENDING = POLICY.replace(
    "  - name: admin\n", "  - name: admin\n    extension: {maximum_count: 1, maximum: PT1H}\n"
)
GLASS = """
  - name: glass
    requesters: {groups: [engineers]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT2H}
    break_glass: true
    notify: {users: [carol@example.com]}
"""

Sent = tuple[Client, str, Any]


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """An organization in which grants can be extended and glass be broken."""
    world = World(database_url)
    world.apply(EXTENDING + GLASS)
    yield world
    world.store.close()


def submit(api: Api) -> Sent:
    return api.person("alice"), "/v1/requests", asking(entitlement="admin")


def decide(api: Api) -> Sent:
    asked = api.asked(entitlement="admin")
    body = {"decision": "approve", "digest": asked["digest"]}
    return api.person("carol"), f"/v1/requests/{asked['id']}/decisions", body


def withdraw(api: Api) -> Sent:
    return api.person("alice"), f"/v1/requests/{api.asked(entitlement='admin')['id']}/withdraw", None


def repeat(api: Api) -> Sent:
    asked = api.asked(entitlement="admin")
    api.person("alice").post(f"/v1/requests/{asked['id']}/withdraw")
    return api.person("alice"), f"/v1/requests/{asked['id']}/repeat", None


def close(api: Api) -> Sent:
    api.asked(entitlement="glass")
    (review,) = api.person("carol").get("/v1/reviews").json()["items"]
    return api.person("carol"), f"/v1/reviews/{review['id']}/close", {"comment": "seen"}


def approved(api: Api) -> str:
    return str(api.world.approved(submission=submission(entitlement="admin")).id)


def revoke(api: Api) -> Sent:
    return api.person("alice"), f"/v1/grants/{approved(api)}/revoke", {"comment": "done"}


def extend(api: Api) -> Sent:
    body = {"duration": "PT30M", "justification": "it takes longer"}
    return api.person("alice"), f"/v1/grants/{approved(api)}/extend", body


def lock(api: Api) -> Sent:
    return api.admin(), "/v1/locks", {"kind": "everything", "reason": "incident"}


def create(api: Api) -> Sent:
    return api.admin(), "/v1/tokens", {"name": "nightly", "role": "service"}


def rotate(api: Api) -> Sent:
    client, path, body = create(api)
    return client, f"{path}/{client.post(path, body).json()['id']}/rotate", {}


SENDING: dict[Verb, Callable[[Api], Sent]] = {
    Verb.REQUESTS_SUBMIT: submit,
    Verb.REQUESTS_DECIDE: decide,
    Verb.REQUESTS_WITHDRAW: withdraw,
    Verb.REQUESTS_REPEAT: repeat,
    Verb.REVIEWS_CLOSE: close,
    Verb.GRANTS_REVOKE: revoke,
    Verb.GRANTS_EXTEND: extend,
    Verb.LOCKS_CREATE: lock,
    Verb.TOKENS_CREATE: create,
    Verb.TOKENS_ROTATE: rotate,
}


def posts() -> dict[str, bool]:
    """Return which operations that are sent with POST take a key."""
    routes = (route for router in ROUTERS for route in iter_route_contexts(router.routes))
    return {
        str(route.operation_id): "idempotency_key" in inspect.signature(route.endpoint).parameters
        for route in routes
        if route.endpoint is not None
        and "POST" in (route.methods or ())
        and (route.path or "").startswith("/v1/")
    }


def test_every_call_that_has_an_effect_takes_a_key() -> None:
    assert {verb for verb, takes in posts().items() if not takes} <= {verb.value for verb in WITHOUT}


@pytest.mark.parametrize("verb", SENDING)
def test_sent_twice_a_call_has_one_effect_and_one_answer(api: Api, verb: Verb) -> None:
    client, path, body = SENDING[verb](api)
    first = client.post(path, body, headers=KEY)
    assert first.status_code < 300, first.text
    events = api.world.events()
    api.world.clock.advance(90)
    second = client.post(path, body, headers=KEY)
    secret = {"secret": None} if "secret" in first.json() else {}
    assert (second.status_code, second.json()) == (first.status_code, first.json() | secret)
    assert second.headers.get("Location") == first.headers.get("Location")
    assert api.world.events() == events


OTHERWISE: dict[Verb, dict[str, Any]] = {
    Verb.REQUESTS_SUBMIT: {"duration": "PT2H"},
    Verb.REQUESTS_DECIDE: {"comment": "another"},
    Verb.REVIEWS_CLOSE: {"comment": "another"},
    Verb.GRANTS_REVOKE: {"comment": "another"},
    Verb.GRANTS_EXTEND: {"duration": "PT20M"},
    Verb.LOCKS_CREATE: {"reason": "another"},
    Verb.TOKENS_CREATE: {"name": "daily"},
    Verb.TOKENS_ROTATE: {"overlap": "PT2H"},
}


@pytest.mark.parametrize("verb", OTHERWISE)
def test_another_body_under_the_same_key_is_refused(api: Api, verb: Verb) -> None:
    client, path, body = SENDING[verb](api)
    assert client.post(path, body, headers=KEY).status_code < 300
    answer = client.post(path, {**body, **OTHERWISE[verb]}, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")


def test_a_default_is_the_same_left_out_or_written_out(api: Api) -> None:
    root, body = api.admin(), {"name": "nightly", "role": "service"}
    first = root.post("/v1/tokens", body, headers=KEY)
    written_out: dict[str, Any] = {**body, "lifetime": "P90D", "act_as": False, "networks": [], "user": None}
    assert root.post("/v1/tokens", written_out, headers=KEY).json()["id"] == first.json()["id"]


def test_a_secret_is_kept_for_nobody(api: Api) -> None:
    root, path, body = create(api)
    made = root.post(path, body, headers=KEY).json()
    rotated = root.post(f"{path}/{made['id']}/rotate", {}, headers=KEY).json()
    contents = str(api.world.contents())
    assert not [one for one in (made, rotated) if one["secret"].removeprefix("protem_")[:8] in contents]


def test_an_answer_of_two_admins_is_given_again_with_its_status_and_without_its_secret(world: World) -> None:
    api = Api(world, two_person_rule=True)
    with api.http:
        body = {"name": "spare", "role": "admin"}
        first, second = (api.admin().post("/v1/tokens", body, headers=KEY) for _ in range(2))
        assert (first.status_code, second.status_code) == (202, 202)
        assert second.headers["Location"] == first.headers["Location"]
        assert second.json() == {**first.json(), "secret": None}
        assert len(api.admin().get("/v1/changes").json()["items"]) == 1


def test_a_key_is_free_again_after_a_day_whether_anybody_tidies_or_not(api: Api) -> None:
    alice = api.person("alice")
    first = alice.post("/v1/requests", asking(entitlement="admin"), headers=KEY).json()
    api.world.clock.advance(24 * 3600)
    again = alice.post("/v1/requests", asking(entitlement="admin", duration="PT2H"), headers=KEY)
    assert (again.status_code, again.json()["id"] == first["id"]) == (201, False)


def test_a_token_without_the_scope_is_not_told_what_another_one_did(api: Api) -> None:
    first = api.person("alice").post("/v1/requests", asking(entitlement="admin"), headers=KEY)
    assert first.status_code == 201
    reader = api.bearer("alice-reader", role=TokenRole.PERSONAL, user=user_name("alice"), scopes={Scope.READ})
    answer = Client(api.http, reader).post("/v1/requests", asking(entitlement="admin"), headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing")
