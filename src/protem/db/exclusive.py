"""One process to a SQLite file: a lock that the operating system takes back when the process dies."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL


class InUseError(RuntimeError):
    """Another process serves this SQLite file."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A held lock; it also ends with the process, however that ends."""

    descriptor: int

    def release(self) -> None:
        os.close(self.descriptor)


def claim(url: URL) -> Claim:
    """Lock the file beside the database. Raises ``InUseError`` when somebody else has."""
    path = Path(f"{url.database}.lock")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        message = f"another process already serves {url.database}; several replicas need PostgreSQL"
        raise InUseError(message) from None
    return Claim(descriptor)
