"""Who may call what, over HTTP: every route, every kind of caller, two tables written by hand."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts

from protem.api.routers import PUBLIC
from protem.db.models import TokenRole
from protem.domain.authority import AUTHORITY, Verb
from protem.web.routers import PAGES
from tests.api.applications import Api, Client, asking
from tests.api.authority.callers import KINDS, admission, people
from tests.api.authority.calls import CALLS
from tests.api.authority.scenes import FOREIGN as FOREIGN_PARTIES
from tests.api.authority.scenes import OWN as OWN_PARTIES
from tests.api.authority.scenes import RULES, Scene
from tests.api.authority.tables import FOREIGN, OWN, expected
from tests.broker.worlds import World
from tests.broker.worlds import asking as submission
from tests.conftest import Databases

NOTHING = "019a0000-0000-7000-8000-000000000000"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|/(others|admin)(?=/accounts)")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest) -> Iterator[Api]:
    """One application for all rows: each makes what it needs, and no row minds what others made."""
    url = request.getfixturevalue(f"shared_{request.param}_url")
    world = World(url)
    people(world)
    world.apply(RULES)
    api = Api(world, admission=admission())
    with api.http:
        yield api
    world.store.close()


@pytest.fixture(scope="module")
def shared_sqlite_url(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("authority") / "protem.db"
    path.write_bytes(migrated_file.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def shared_postgresql_url(databases: Databases, migrated_database: str) -> Iterator[str]:
    with databases.new(like=migrated_database) as url:
        yield url


def answers(scene: Scene, verb: Verb) -> dict[str, int]:
    """Return what each kind of caller gets, each for something that nobody has changed yet."""
    got, sent = {}, None
    for kind, client in KINDS.items():
        sent = sent or CALLS[verb](scene)
        method, path, others = sent
        got[kind] = client(scene.api).send(method, path, **others).status_code
        if got[kind] < 300 and method != "GET":
            sent = None
    return got


@pytest.mark.parametrize("verb", OWN)
def test_each_kind_of_caller_gets_what_the_table_says(shared: Api, verb: Verb) -> None:
    assert answers(Scene(shared, OWN_PARTIES), verb) == expected(OWN[verb])


@pytest.mark.parametrize("verb", FOREIGN)
def test_what_is_not_theirs_they_get_only_as_the_table_says(shared: Api, verb: Verb) -> None:
    assert answers(Scene(shared, FOREIGN_PARTIES), verb) == expected(FOREIGN[verb])


@pytest.mark.parametrize("verb", FOREIGN)
def test_what_is_not_theirs_to_see_looks_like_what_is_not_there(shared: Api, verb: Verb) -> None:
    method, path, others = CALLS[verb](Scene(shared, FOREIGN_PARTIES))
    missing = _ID.sub(lambda found: "/nothing" if found[1] is None and found[0][0] == "/" else NOTHING, path)
    assert missing != path
    for kind, status in expected(FOREIGN[verb]).items():
        if status == 404:
            foreign, absent = (
                KINDS[kind](shared).send(method, at, **others).json() for at in (path, missing)
            )
            assert _told(foreign) == _told(absent), kind


def _told(problem: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in problem.items() if name not in {"id", "instance"}}


@pytest.fixture(scope="module")
def no_good(shared: Api) -> dict[str, Client]:
    """Callers whose credentials are no good."""
    expired = shared.bearer("expired", role=TokenRole.ADMIN, lifetime=timedelta(seconds=1))
    revoked = shared.bearer("revoked", role=TokenRole.ADMIN)
    listed = shared.admin().get("/v1/tokens").json()["items"]
    token = next(token["id"] for token in listed if token["name"] == "revoked")
    assert shared.admin().send("DELETE", f"/v1/tokens/{token}").status_code == 200
    shared.world.clock.advance(2)
    return {
        "nobody": shared.anonymous(),
        "expired": Client(shared.http, expired),
        "revoked": Client(shared.http, revoked),
        "made up": Client(shared.http, {"Authorization": "Bearer protem_nobody_has_made_this"}),
        "acting, with no scope for it": Client(
            shared.http, {**KINDS["service"](shared).headers, "Act-As": "bob@example.com"}
        ),
    }


@pytest.mark.parametrize("verb", OWN)
def test_no_operation_is_open_to_a_credential_that_is_no_good(
    shared: Api, no_good: dict[str, Client], verb: Verb
) -> None:
    method, path, others = CALLS[verb](Scene(shared, OWN_PARTIES))
    got = {kind: client.send(method, path, **others).status_code for kind, client in no_good.items()}
    unknown = {"nobody": 401, "expired": 401, "revoked": 401, "made up": 401}
    assert got == unknown | {"acting, with no scope for it": 403}


def test_every_route_is_public_or_in_the_table_of_authority(api: Api) -> None:
    routes = list(iter_route_contexts(api.app.routes))
    verbs = {getattr(route, "operation_id", None) for route in routes if route.path not in PUBLIC | PAGES}
    assert verbs == {verb.value for verb in AUTHORITY}
    assert {route.path for route in routes} >= PUBLIC | PAGES


def test_every_verb_is_called_in_these_tests() -> None:
    assert set(OWN) == set(CALLS) == set(AUTHORITY) == set(Verb)


def test_what_is_public_needs_no_credential(api: Api) -> None:
    for path in PUBLIC:
        assert api.anonymous().get(path.replace("{code}", "not-found")).status_code == 200


def test_a_service_sees_what_came_through_it_but_does_not_decide(api: Api) -> None:
    asked = api.bot("slack", acting="alice").post("/v1/requests", asking()).json()
    assert asked["via"] == "slack"
    assert api.bot("slack").get(f"/v1/requests/{asked['id']}").status_code == 200
    body = {"decision": "approve", "digest": asked["digest"]}
    assert api.bot("slack").post(f"/v1/requests/{asked['id']}/decisions", body).status_code == 403


def test_a_relayed_decision_counts_where_the_entitlement_names_the_service(api: Api) -> None:
    asked = api.asked()
    path, body = f"/v1/requests/{asked['id']}/decisions", {"decision": "approve", "digest": asked["digest"]}
    refused = api.bot("jenkins", acting="carol").post(path, body)
    assert (refused.status_code, refused.json()["code"]) == (403, "relay-refused")
    relayed = api.bot("slack", acting="carol").post(path, body)
    assert relayed.json()["decisions"][0]["via"] == "slack"
    assert relayed.json()["state"] == "approved"


def test_nobody_but_a_service_may_send_act_as(api: Api) -> None:
    answer = api.person("alice").get("/v1/me", headers={"Act-As": "carol@example.com"})
    assert (answer.status_code, answer.json()["code"]) == (403, "act-as-refused")


def test_a_request_is_what_admins_see_too(api: Api) -> None:
    api.world.submit(api.world.person("alice"), submission())
    assert len(api.auditor().get("/v1/requests").json()["items"]) == 1
    assert api.person("erin").get("/v1/requests").json()["items"] == []
