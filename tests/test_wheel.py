"""What people install: the wheel works on its own, away from the checkout.

The wheel is built and installed without a network, into an environment that borrows the locked dependencies
of this one and no more. (The editable Protem is a `.pth` file; borrowed paths are not searched for those.)
"""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from zipfile import ZipFile

import httpx2
import pytest

CHECKOUT = Path(__file__).parents[1]
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    offline = ["--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*PIP, "wheel", *offline, f"--wheel-dir={directory}", CHECKOUT], check=True)
    (built,) = directory.iterdir()
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    environment = tmp_path_factory.mktemp("installed")
    venv.create(environment, symlinks=True)
    programs = environment / "bin"
    install = [f"--python={programs / 'python'}", "install", "--no-index", "--no-deps"]
    subprocess.run([*PIP, *install, wheel], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return programs


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory outside the checkout, and an environment that says nothing about Protem."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("AWS_", "PROTEM_", "PYTHON")):
            monkeypatch.delenv(name)
    return tmp_path


def test_it_carries_the_migrations_the_sandbox_and_the_licence(wheel: Path) -> None:
    names = set(ZipFile(wheel).namelist())
    here = {path.name for path in (CHECKOUT / "migrations" / "versions").glob("*.py")}
    assert here
    assert {f"protem/_migrations/versions/{name}" for name in here} <= names
    assert {"protem/_migrations/env.py", "protem/sandbox/__init__.py", "protem/py.typed"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_it_carries_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"protem"}


@pytest.mark.usefixtures("elsewhere")
def test_the_installed_protem_is_the_one_of_the_wheel(programs: Path) -> None:
    where = said(programs / "python", "-c", "import protem; print(protem.__file__)")
    assert Path(where.strip()).is_relative_to(programs.parent)


@pytest.mark.usefixtures("elsewhere")
def test_it_says_what_it_can_do(programs: Path) -> None:
    assert "migrate" in said(programs / "protem", "--help")


def test_it_migrates_a_database(programs: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROTEM_DATABASE_URL", f"sqlite:///{elsewhere / 'new.db'}")
    said(programs / "protem", "migrate")
    with closing(sqlite3.connect(elsewhere / "new.db")) as database:
        assert database.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


@pytest.mark.usefixtures("elsewhere")
def test_the_demo_answers(programs: Path) -> None:
    with running(programs / "protem", "demo") as url:
        assert httpx2.get(f"{url}/healthz", timeout=60).is_success


@pytest.mark.usefixtures("elsewhere")
def test_the_api_answers_without_credentials(programs: Path) -> None:
    said(programs / "protem", "migrate")
    with running(programs / "protem", "serve", "--no-reconciler") as url:
        assert httpx2.get(f"{url}/healthz", timeout=60).is_success


def said(*command: str | Path) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout


@contextmanager
def running(*command: str | Path) -> Iterator[str]:
    """Run a server on a free port until the end of the block; when asked to end, it has to."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with subprocess.Popen([*command, "--port", str(port)]) as server:
        try:
            wait_for(server, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            assert server.wait(timeout=30) in {0, -signal.SIGTERM}


def wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    pytest.fail(f"{server.args!r} did not start to listen")
