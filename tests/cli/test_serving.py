"""Servers as real processes: what keeps them from starting, and how they stop."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from protem.cli.listening import listening
from protem.sandbox import Sandbox, seed_demo
from protem.sandbox.server import server as server_of
from tests.cli.conftest import Invoke
from tests.cli.processes import answers, environment, free_port, refused, started, stopped, until

UNGRACEFUL_SECONDS = 15
EVERYBODY = "0.0.0.0"  # noqa: S104 - for a moment


@pytest.fixture(scope="module")
def aws() -> Iterator[dict[str, str]]:
    """A sandbox on a port, as the environment that leads boto3 there."""
    sandbox = Sandbox(creation_seconds=0.2, deletion_seconds=0.2)
    seed_demo(sandbox)
    server = server_of(sandbox=sandbox)
    with listening("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{listener.getsockname()[1]}",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "PROTEM_ALLOW_SANDBOX": "true",
        }
        server.should_exit = True
        thread.join(timeout=30)


def test_without_a_migrated_database_it_says_what_to_do(empty_sqlite_url: str) -> None:
    env = environment(PROTEM_DATABASE_URL=empty_sqlite_url)
    code, said = refused("serve", "--port", "0", env=env)
    assert (code, said.startswith("schema-outdated: ")) == (1, True)
    assert "run `protem migrate`" in said


@pytest.mark.parametrize(
    "url", ["postgresql://nobody:secret@127.0.0.1:1/protem", "sqlite:////nowhere/at/all/protem.db"]
)
def test_without_a_database_it_says_so(url: str) -> None:
    code, said = refused("serve", "--port", "0", env=environment(PROTEM_DATABASE_URL=url))
    assert (code, said.startswith("database-unavailable: ")) == (3, True)
    assert "secret" not in said


def test_a_port_that_is_taken_is_named(sqlite_url: str) -> None:
    with listening("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        code, said = refused("serve", "--port", port, env=environment(PROTEM_DATABASE_URL=sqlite_url))
    assert (code, said.startswith(f"port-unavailable: cannot listen on 127.0.0.1:{port}: ")) == (1, True)


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("reconcile", "--metrics-port", "9999")])
def test_it_listens_to_others_only_behind_tls(sqlite_url: str, command: tuple[str, ...]) -> None:
    env = environment(PROTEM_DATABASE_URL=sqlite_url, PROTEM_HOST=EVERYBODY)
    code, said = refused(*command, env=env)
    assert (code, said.startswith("address-exposed: ")) == (1, True)
    assert "PROTEM_TLS_TERMINATED=true" in said


def test_it_listens_to_others_behind_tls(sqlite_url: str, tmp_path: Path) -> None:
    port = free_port()
    env = environment(PROTEM_DATABASE_URL=sqlite_url, PROTEM_HOST=EVERYBODY, PROTEM_TLS_TERMINATED="true")
    with started("serve", "--no-reconciler", "--port", str(port), env=env, log=tmp_path / "log") as process:
        until(lambda: answers(f"http://127.0.0.1:{port}/readyz"), process)
        kept = httpx2.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).headers
        assert "max-age" in kept["Strict-Transport-Security"]
        assert stopped(process, by=signal.SIGTERM) == 0


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("reconcile",)])
def test_it_keeps_no_record_of_make_believe(
    sqlite_url: str, aws: dict[str, str], command: tuple[str, ...]
) -> None:
    env = environment(PROTEM_DATABASE_URL=sqlite_url, **aws)
    del env["PROTEM_ALLOW_SANDBOX"]
    code, said = refused(*command, env=env)
    assert (code, said.startswith("sandbox-refused: ")) == (1, True)
    assert "AWS_ENDPOINT_URL" in said


def test_a_sandbox_listens_to_others_only_when_told_twice() -> None:
    code, said = refused("sandbox", "--host", EVERYBODY, env=environment())
    assert (code, said.startswith("address-exposed: ")) == (1, True)
    assert "--expose" in said


def test_mistakes_in_the_entitlements_file_are_named(sqlite_url: str, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("entitlements:\n  - nam: x\n")
    env = environment(PROTEM_DATABASE_URL=sqlite_url, PROTEM_ENTITLEMENTS_FILE=str(file))
    code, said = refused("serve", "--port", "0", "--no-reconciler", env=env)
    assert code == 1
    assert f"entitlements[0].nam: {file}:2:5: is not a key of the language; did you mean name?" in said


def test_it_serves_alone_on_its_file_and_stops_within_seconds(
    invoke: Invoke, sqlite_url: str, aws: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    env = environment(PROTEM_DATABASE_URL=sqlite_url, **aws)
    token = invoke("tokens", "create", "ops", "--role", "admin", env={"PROTEM_DATABASE_URL": sqlite_url})
    with started("serve", "--port", str(port), env=env, log=tmp_path / "log") as process:
        until(lambda: answers(f"http://127.0.0.1:{port}/readyz"), process)
        second, said = refused("serve", "--port", "0", env=env)
        assert (second, said.split(":")[0]) == (1, "database-in-use")
        headers = {"Authorization": f"Bearer {token.stdout.strip()}"}
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as client:
            until(lambda: len(client.get("/v1/principals").json()["items"]) == 10, process)
            began = time.monotonic()
            assert stopped(process, by=signal.SIGTERM) == 0
            assert time.monotonic() - began < UNGRACEFUL_SECONDS
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_an_api_alone_needs_nothing_of_aws(sqlite_url: str, tmp_path: Path) -> None:
    port = free_port()
    env = environment(PROTEM_DATABASE_URL=sqlite_url, AWS_EC2_METADATA_DISABLED="true")
    with started("serve", "--no-reconciler", "--port", str(port), env=env, log=tmp_path / "log") as process:
        until(lambda: answers(f"http://127.0.0.1:{port}/readyz"), process)
        assert stopped(process, by=signal.SIGTERM) == 0


def test_a_reconciler_alone_shows_its_metrics_and_stops(
    postgresql_url: str, aws: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    env = environment(PROTEM_DATABASE_URL=postgresql_url, **aws)
    with started("reconcile", "--metrics-port", str(port), env=env, log=tmp_path / "log") as process:
        until(lambda: answers(f"http://127.0.0.1:{port}/metrics"), process)
        metrics = f"http://127.0.0.1:{port}/metrics"
        until(lambda: "protem_reconciler_leading 1.0" in httpx2.get(metrics, trust_env=False).text, process)
        assert stopped(process, by=signal.SIGTERM) == 0


def test_a_reconciler_whose_metrics_port_is_taken_says_so(sqlite_url: str, aws: dict[str, str]) -> None:
    env = environment(PROTEM_DATABASE_URL=sqlite_url, **aws)
    with listening("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        code, said = refused("reconcile", "--metrics-port", port, env=env)
    assert code == 1
    assert f"port-unavailable: cannot listen on 127.0.0.1:{port}" in said
