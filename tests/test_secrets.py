"""Secrets that are marked are sent everywhere, and looked for everywhere else."""

import dataclasses
import importlib
import logging
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import structlog
from pydantic import SecretStr
from sqlalchemy import text

import protem
from protem import logs
from protem.broker import credentials
from protem.db.store import Store
from protem.settings import Settings
from tests.api.applications import Api, asking
from tests.broker.worlds import World

MARK = "canary7f3a9"
TOKEN = credentials.PREFIX + MARK.ljust(36, "0")


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    world = World(database_url)
    yield world
    world.store.close()


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    api = Api(world)
    with api.http:
        yield api


def marked(place: str) -> str:
    """Return a secret that tells where it was put."""
    return f"{MARK}-{place}"


def misplaced(place: str) -> str:
    """Return a secret where a name belongs, as long as real ones are."""
    return marked(place).ljust(40, "0")


def calls(api: Api) -> Iterator[httpx2.Response]:
    """Put a secret into everything that a caller can send, one after the other."""
    alice, json_type = api.person("alice"), {"Content-Type": "application/json"}
    yield api.anonymous().get("/v1/me", headers={"Authorization": f"Bearer {TOKEN}"})
    yield api.anonymous().get("/v1/me", headers={"Authorization": f"Basic {marked('basic')}"})
    yield api.anonymous().get("/v1/me", headers={"Cookie": f"__Host-protem={marked('cookie')}"})
    yield api.bot().get("/v1/me", headers={"Act-As": marked("act-as")})
    yield alice.get("/v1/me", headers={"Act-As": marked("act-as")})
    yield alice.get(f"/v1/{marked('path')}")
    yield alice.get(f"/v1/requests/{marked('path')}")
    yield alice.get(f"/v1/requests?{misplaced('name')}=x&cursor={marked('cursor')}&state={marked('state')}")
    yield alice.post("/v1/requests", asking(**{misplaced("field"): marked("value")}))
    yield alice.post("/v1/requests", {name: marked("typed") for name in asking()})
    yield alice.post("/v1/requests", asking(duration=marked("duration"), starts_at=marked("starts")))
    yield alice.post("/v1/requests", asking(entitlement=marked("entitlement")))
    yield alice.post("/v1/requests", asking(beneficiary=marked("beneficiary")))
    yield alice.post("/v1/requests", asking(justification=f"{marked('justification')}\x00"))
    yield alice.send("POST", "/v1/requests", content=marked("json").encode(), headers=json_type)
    yield alice.post("/v1/requests", asking(), headers={"Content-Type": marked("type")})
    yield alice.post("/v1/requests", asking(), headers={"Idempotency-Key": marked("key") * 30})
    yield api.admin().send("DELETE", f"/v1/tokens/{marked('id')}")
    yield alice.get("/v1/me", headers={"If-None-Match": marked("etag"), "X-Forwarded-For": marked("for")})


def yaml_calls(api: Api) -> Iterator[httpx2.Response]:
    """Put secrets into documents: what stands on a line that is wrong is not repeated either."""
    for document in (
        f"entitlements: [{marked('flow')}",
        f"entitlements: *{marked('alias')}",
        f"entitlements: !{marked('tag')} x",
        f"entitlements: [{{duration: {marked('duration')}}}]",
    ):
        yield api.admin().send(
            "POST",
            "/v1/entitlements/plan",
            content=document.encode(),
            headers={"Content-Type": "application/yaml"},
        )


def seen(answer: httpx2.Response) -> str:
    return f"{answer.status_code} {answer.text} {dict(answer.headers)}"


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_answer_and_no_log_repeats_what_was_sent_in_the_wrong_place(
    api: Api, log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(log_format, level=logging.DEBUG)
    assert [seen(answer) for answer in calls(api) if MARK in seen(answer)] == []
    written = capsys.readouterr()
    assert MARK not in written.err + written.out


def test_no_credential_is_kept(api: Api) -> None:
    for _ in calls(api):
        pass
    everything = repr(api.world.contents())
    for place in ("basic", "cookie", "act-as", "path", "cursor", "field", "json", "typed"):
        assert marked(place) not in everything, place
    assert TOKEN not in everything
    for one in (api.person("alice"), api.bot(), api.admin()):
        assert one.headers["Authorization"].split()[1] not in everything


def test_no_metric_names_what_was_sent(api: Api) -> None:
    for _ in calls(api):
        pass
    assert MARK not in api.anonymous().get("/metrics").text


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_what_breaks_says_nothing_of_what_passed_through(
    api: Api, log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    known = (api.person("alice"), api.bot(), api.admin())
    with api.world.store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE tokens RENAME TO elsewhere"))
    logs.configure(log_format)
    for answer in calls(api):
        assert MARK not in seen(answer)
    written = capsys.readouterr().err
    assert "elsewhere" in written or "tokens" in written
    assert MARK not in written
    assert not any(one.headers["Authorization"].split()[1] in written for one in known)
    with api.world.store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO tokens"))


def test_a_database_that_has_gone_takes_its_password_with_it(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    for known in (api.person, api.bot):
        known("alice")
    api.admin()
    logs.configure("json")
    url = f"postgresql://protem:{MARK}@127.0.0.1:1/protem"
    api.parts.store = Store(url, clock=api.world.clock, agreed_time=False)
    for answer in calls(api):
        assert MARK not in seen(answer)
    written = capsys.readouterr().err
    assert "database.unavailable" in written
    assert MARK not in written
    assert MARK not in repr(api.parts.store.engine.url)


def secrets_of_settings() -> list[str]:
    return [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]


def test_settings_keep_their_secrets_however_they_are_shown() -> None:
    assert {"database_url", "oidc_client_secret"} <= set(secrets_of_settings())
    given: Any = {name: SecretStr(MARK) for name in secrets_of_settings()}
    settings = Settings.model_construct(**given)
    for shown in (repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump())):
        assert MARK not in shown


def test_no_setting_whose_name_speaks_of_a_secret_is_shown() -> None:
    speaking = [name for name in Settings.model_fields if re.search("secret|password|passphrase", name)]
    assert set(speaking) <= set(secrets_of_settings())


def dataclass_fields() -> Iterator[tuple[str, dataclasses.Field[Any]]]:
    for module in pkgutil.walk_packages(protem.__path__, "protem."):
        if not module.name.endswith("__main__"):
            for kind in vars(importlib.import_module(module.name)).values():
                if (
                    dataclasses.is_dataclass(kind)
                    and isinstance(kind, type)
                    and kind.__module__ == module.name
                ):
                    yield from ((f"{module.name}.{kind.__name__}", one) for one in dataclasses.fields(kind))


def test_no_value_of_ours_shows_a_secret_in_its_repr() -> None:
    speaking = re.compile("^_?(secrets?|bearer|password|client_secret|code_verifier|cookie|id_token)$")
    shown = {
        f"{kind}.{one.name}" for kind, one in dataclass_fields() if speaking.match(one.name) and one.repr
    }
    assert shown == set()


@pytest.mark.parametrize(
    "secret",
    [
        credentials.new(),
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl",
    ],
    ids=["token", "webhook", "signed"],
)
@pytest.mark.parametrize("log_format", ["json", "console"])
def test_what_looks_like_a_secret_never_gets_into_a_log(
    secret: str, log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(log_format)
    structlog.get_logger("protem").error("job.failed", given=secret, exc_info=ValueError(secret))
    logging.getLogger("a.library").error("sent %s to https://me:%s@example.com/x", secret, MARK)
    written = capsys.readouterr().err
    assert "[secret]" in written
    assert secret not in written
    assert MARK not in written
