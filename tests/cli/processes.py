"""The real command in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import SystemRandom

import httpx2
from typer.testing import CliRunner

from protem.cli.commands import app

PATIENCE_SECONDS = 60
_PORTS = SystemRandom()
COMMAND = Path(sys.executable).with_name("protem")


def environment(**settings: str) -> dict[str, str]:
    """Return this environment without anything that concerns Protem or AWS, and with these settings."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("PROTEM_", "AWS_"))
    }
    return inherited | settings


@contextmanager
def started(*arguments: str, env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start the command, its output going to ``log``; it is killed if it outlives the block."""
    with (
        log.open("wb") as output,
        subprocess.Popen([COMMAND, *arguments], env=env, stdout=output, stderr=output) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def refused(*arguments: str, env: dict[str, str]) -> tuple[int, str]:
    """Return exit code and error output of a command that should end by itself.

    It runs in this process, where everything is imported already.
    """
    with _impatient():
        ended = CliRunner().invoke(app, list(arguments), env=dict.fromkeys(os.environ) | env)
    return ended.exit_code, ended.stderr


@contextmanager
def _impatient() -> Iterator[None]:
    def give_up(*_: object) -> None:
        message = "the command does not end"
        raise AssertionError(message)

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def stopped(process: subprocess.Popen[bytes], *, by: signal.Signals) -> int:
    """Send a signal, and return the exit code."""
    process.send_signal(by)
    return process.wait(timeout=PATIENCE_SECONDS)


def until(condition: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    """Wait for a condition, as long as the process lives."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert process.poll() is None, "the process has ended"
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        return httpx2.get(url, trust_env=False).is_success
    except httpx2.TransportError:
        return False


def free_port() -> int:
    """Return a port that nobody listens on, of those that no connection going out is ever given."""
    while True:
        port = _PORTS.randrange(10_000, 32_000)
        with socket.socket() as listener, suppress(OSError):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", port))
            return port
