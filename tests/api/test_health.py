"""Health, readiness and metrics; and what callers see when something breaks."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from prometheus_client import Counter
from sqlalchemy import text
from structlog.testing import capture_logs

from protem.app import create_app
from protem.broker import credentials
from protem.db.store import Store
from tests.api.applications import Api, Parts, asking
from tests.broker.worlds import World


def test_a_process_that_runs_says_so(api: Api) -> None:
    assert api.anonymous().get("/healthz").json() == {"status": "ok"}


def test_a_replica_that_can_serve_says_so_with_the_facts(api: Api) -> None:
    assert api.anonymous().get("/readyz").json() == {"status": "ready", "reconciler": None}
    api.parts.facts = {"leading": True, "overdue_endings": 17}
    ready = api.anonymous().get("/readyz")
    assert (ready.status_code, ready.json()["reconciler"]) == (200, api.parts.facts)


def test_a_database_with_another_schema_makes_it_unready(api: Api) -> None:
    with api.world.store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'other'"))
    answer = api.anonymous().get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "not-ready")
    assert "protem migrate" in answer.json()["detail"]


@pytest.fixture
def lost(api: Api) -> Api:
    """An application whose database has gone."""
    port_nobody_listens_on = "postgresql://protem@127.0.0.1:1/protem"
    api.parts.store = Store(port_nobody_listens_on, clock=api.world.clock, agreed_time=False)
    return api


def test_without_its_database_it_lives_but_is_not_ready(lost: Api) -> None:
    assert lost.anonymous().get("/healthz").status_code == 200
    answer = lost.anonymous().get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "not-ready")


def test_without_its_database_it_asks_callers_to_come_again(lost: Api) -> None:
    headers = {"Authorization": f"Bearer {credentials.new()}"}
    answer = lost.anonymous().post("/v1/requests", asking(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "database-unavailable")
    assert answer.headers["Retry-After"]
    assert "127.0.0.1" not in answer.text


def test_metrics_are_those_of_the_process(api: Api) -> None:
    Counter("protem_things", "Things.", registry=api.parts.metrics).inc()
    answer = api.anonymous().get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert "protem_things_total 1.0" in answer.text


def test_what_should_not_happen_is_answered_and_logged_under_one_id(api: Api) -> None:
    def break_down() -> None:
        raise RuntimeError("protem_secret")

    api.app.add_api_route("/broken", break_down)
    with capture_logs() as logs:
        answer = api.anonymous().get("/broken", headers={"Authorization": "Bearer protem_hidden"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert "protem_secret" not in answer.text
    (failure,) = (line for line in logs if line["event"] == "call.failed")
    assert failure["id"] == answer.json()["id"]
    assert "protem_secret" in failure["traceback"]
    assert "protem_hidden" not in failure["traceback"]


def test_answers_stay_out_of_caches(api: Api) -> None:
    for path in ("/v1/me", "/nowhere", "/docs"):
        answer = api.person("alice").get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


class Work:
    """Services that have work of their own."""

    def __init__(self, world: World) -> None:
        self.parts = Parts(world.store)
        self.story: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.parts, name)

    def start(self) -> None:
        self.story.append("started")

    def stop(self) -> None:
        self.story.append("stopped")


def test_background_work_lives_as_long_as_the_application(world: World) -> None:
    work = Work(world)
    with TestClient(create_app(work)) as http:
        assert work.story == ["started"]
        assert http.get("/healthz").status_code == 200
    assert work.story == ["started", "stopped"]
