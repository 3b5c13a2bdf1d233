"""Keep the lease, and do nothing with it: whatever a tick or a job waits for, the lease is renewed."""

import threading
from collections.abc import Callable

import structlog

from protem.db.store import LEADERSHIP, on_condition
from protem.identity_center.errors import CallWithheld
from protem.reconciler.lease import Lease, LeaseLostError

_LOOKS = 12
"""How often in the time of a lease is looked whether it has to be renewed, or can be had."""
_OURS = frozenset({"lease_lost", "budget_closed"})
_log = structlog.get_logger("protem.reconciler")


class Keeper:
    """A thread that renews the lease, or waits for it to be free; ``elected`` is called when it was."""

    def __init__(self, lease: Lease, *, elected: Callable[[], None]) -> None:
        self.lease = lease
        self._elected = elected
        self._seconds = lease.duration.total_seconds() / _LOOKS
        self._woken = threading.Event()
        self._stopping = False
        self._failing = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Give the lease back, for a standby to take at once; what needs it has to be over."""
        self._stopping = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
        try:
            self.lease.release()
        except Exception as error:  # noqa: BLE001 - it runs out by itself, and stopping goes on
            _log.warning("lease.not_released", error=type(error).__name__)

    def heard(self, topics: frozenset[str]) -> None:
        """Ask for the lease at once when somebody has given it back; from any thread."""
        if LEADERSHIP in topics:
            self.lease.ask_again()
            self._woken.set()

    def while_leading(self, job: Callable[[], object]) -> bool:
        """Run a job if this process holds the lease; losing it, or stopping, on the way is no failure.

        What the job writes once the lease is lost is taken back.
        """
        if not self.lease.hold():
            return False
        try:
            with self.lease.term(), on_condition(self.lease.require):
                job()
        except LeaseLostError:
            _log.warning("reconciler.deposed")
        except CallWithheld as withheld:
            if withheld.code not in _OURS:
                raise
        return True

    def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            self._look()
            self._woken.wait(self._seconds)

    def _look(self) -> None:
        led = self.lease.held()
        try:
            leads = self.lease.hold()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is asked again before long
            self._fail(error)
            return
        self._failing = False
        if leads and not led:
            self._elected()

    def _fail(self, error: Exception) -> None:
        if not self._failing:
            _log.warning("lease.not_renewed", error=type(error).__name__, leading=self.lease.held())
        self._failing = True
