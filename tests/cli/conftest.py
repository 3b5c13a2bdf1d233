"""The whole of Protem in this process, on a real port, with a quick sandbox in place of AWS."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
import uvicorn
from typer.testing import CliRunner, Result

from protem.app import Server, create_app
from protem.cli.commands import app
from protem.cli.demo import world
from protem.cli.demo.world import World
from protem.cli.listening import listening
from protem.sandbox import Sandbox

Invoke = Callable[..., Result]


@dataclass(frozen=True, slots=True)
class Served:
    """A demo world that answers at an address."""

    world: World
    url: str

    def environment(self, name: str) -> dict[str, str]:
        """Return what the command line of one of the cast runs with."""
        return {"PROTEM_URL": self.url, "PROTEM_TOKEN": self.world.secrets[name]}


@pytest.fixture(autouse=True, scope="session")
def quiet() -> Iterator[None]:
    """Keep events from the output of commands, as `main` does."""
    structlog.configure(logger_factory=structlog.stdlib.LoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    sandbox = Sandbox(creation_seconds=0.2, deletion_seconds=0.2)
    made = world.build(tmp_path_factory.mktemp("world"), sandbox=sandbox)
    with listening("127.0.0.1", 0) as listener:
        server = Server(
            uvicorn.Config(create_app(made.runtime), log_config=None, timeout_graceful_shutdown=3)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield Served(made, f"http://127.0.0.1:{listener.getsockname()[1]}")
        server.should_exit = True
        thread.join(timeout=30)
        assert not thread.is_alive()


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """The command line with nothing in its environment but what a test gives it."""
    runner = CliRunner()

    def call(*arguments: str, env: dict[str, str] | None = None, answers: str | None = None) -> Result:
        monkeypatch.delenv("PROTEM_URL", raising=False)
        monkeypatch.delenv("PROTEM_TOKEN", raising=False)
        return runner.invoke(app, list(arguments), env=env, input=answers)

    return call


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A copy of the demo's entitlements, to be changed."""
    path = tmp_path / "rules.yaml"
    path.write_text(world.source())
    return path
