"""The demo as a real process: what it prints works when pasted, and nothing stays behind."""

import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.processes import (
    COMMAND,
    PATIENCE_SECONDS,
    answers,
    environment,
    free_port,
    started,
    stopped,
    until,
)

LAST_TITLE = "The same without the command line"


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that has told everything, and the directory for temporary files that it was given."""

    process: subprocess.Popen[bytes]
    log: Path
    home: Path
    url: str

    def section(self, title: str) -> str:
        """Return what was printed under the heading that begins like this."""
        paragraphs = self.log.read_text().split("\n\n")
        return next(text.partition("\n")[2] for text in paragraphs if text.strip().startswith(title))

    def paste(self, *scripts: str) -> str:
        """Run lines in a shell that has pasted the demo's variables first."""
        lines = ["set -eu", self.section("Paste"), *scripts]
        env = environment() | {"PATH": f"{COMMAND.parent}:/usr/bin:/bin"}
        return subprocess.run(
            ["/bin/bash", "-c", "\n".join(lines)],
            env=env,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            timeout=PATIENCE_SECONDS,
        ).stdout


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    port, home, log = free_port(), tmp_path / "tmp", tmp_path / "log"
    home.mkdir()
    env = environment(TMPDIR=str(home))
    with started("demo", "--port", str(port), env=env, log=log) as process:
        url = f"http://127.0.0.1:{port}"
        until(lambda: LAST_TITLE in log.read_text() and answers(f"{url}/readyz"), process)
        yield Demo(process, log, home, url)


def test_what_it_prints_gives_access_when_pasted_and_ctrl_c_leaves_nothing(demo: Demo) -> None:
    wait = "until PROTEM_TOKEN=$ALICE protem grants --state active | grep -q active; do sleep 0.2; done"
    shown = demo.paste(demo.section("1. "), demo.section("2. "), wait, demo.section("3. "))
    assert "is approved" in shown
    assert '"provenance": "brokered"' in shown
    sandbox_says = shown.rstrip().splitlines()[-1]
    assert '"AccountId": "111122223333"' in sandbox_says
    assert '"PrincipalType": "USER"' in sandbox_says
    assert "is closed by user:judy" in demo.paste(demo.section("Three in the morning"))
    assert "In order: " in demo.paste(demo.section("And anyone can check"))
    assert '"via": "slack"' in demo.paste(demo.section(LAST_TITLE))
    leaves_nothing(demo, stopped_by=signal.SIGINT)


def test_closing_the_terminal_leaves_nothing(demo: Demo) -> None:
    leaves_nothing(demo, stopped_by=signal.SIGHUP)


def leaves_nothing(demo: Demo, *, stopped_by: signal.Signals) -> None:
    assert [path.name.startswith("protem-demo-") for path in demo.home.iterdir()] == [True]
    assert stopped(demo.process, by=stopped_by) == 0
    assert list(demo.home.iterdir()) == []
    assert not answers(f"{demo.url}/healthz")
    assert "Traceback" not in demo.log.read_text()
