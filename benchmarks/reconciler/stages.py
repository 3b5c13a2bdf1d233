"""Where a scenario gets its estate from: a fresh database each time, and whatever else was asked for."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.reconciler.estate import Estate, Pace
from benchmarks.reconciler.trace import print_calls
from protem.db.migrate import upgrade


@dataclass
class Stages:
    """Makes estates; a migrated file to copy saves migrating for each."""

    seed: int = 1
    database: str | None = None
    """The URL of an empty database; without one, each estate has an SQLite file of its own."""
    migrated: Path | None = None
    trace: bool = False
    _made: int = field(default=0, init=False)

    @contextmanager
    def estate(self, pace: Pace, *, accounts: int, users: int, jitter: float = 0.0) -> Iterator[Estate]:
        """Yield an estate whose reconciler has just started; one at a time."""
        with tempfile.TemporaryDirectory(prefix="protem-benchmark-") as directory:
            url = self._url(Path(directory))
            estate = Estate(url, pace=pace, accounts=accounts, users=users, seed=self.seed, jitter=jitter)
            try:
                estate.start()
                yield estate
                if self.trace:
                    print_calls(estate)
            finally:
                estate.close()

    def _url(self, directory: Path) -> str:
        path = directory / "protem.db"
        if self.migrated is not None:
            shutil.copy(self.migrated, path)
            return f"sqlite:///{path}"
        url = self.database or f"sqlite:///{path}"
        upgrade(url)
        return url
