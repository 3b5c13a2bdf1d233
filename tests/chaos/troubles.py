"""Bring troubles about, end them, and note when."""

import signal
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime

from tests.chaos.evidence import Suffered
from tests.chaos.installation import Installation, Replica, now
from tests.chaos.weather import Planned, Trouble
from tests.postgres import Kept

_LEADERLESS_SECONDS = 30.0
LOSES_LEADER = frozenset({Trouble.KILL_LEADER, Trouble.FREEZE_LEADER, Trouble.STOP_LEADER})


@dataclass
class Troubles:
    """Everything that befalls one installation."""

    installation: Installation
    server: Kept | None
    suffered: list[Suffered] = field(default_factory=list)

    def suffer(self, planned: tuple[Planned, ...], *, since: float) -> None:
        """Let them come at their times; when this returns, everything runs again."""
        for one in planned:
            time.sleep(max(one.at - (time.monotonic() - since), 0.0))
            began = now()
            taken_over = self._one(one)
            self.suffered.append(Suffered(one.trouble.value, began, now(), taken_over))

    def _one(self, planned: Planned) -> datetime | None:
        match planned.trouble:
            case Trouble.KILL_LEADER | Trouble.FREEZE_LEADER | Trouble.STOP_LEADER:
                return self._lose_leader(planned)
            case Trouble.KILL_STANDBY:
                leader = self.installation.leader()
                self._end([one for one in self.installation.replicas if one is not leader], planned)
            case Trouble.KILL_ALL:
                self._end(self.installation.replicas, planned)
            case Trouble.DATABASE_FAST | Trouble.DATABASE_IMMEDIATE:
                assert self.server is not None
                self.server.restart(planned.trouble.value.removeprefix("database-"))
            case Trouble.NETWORK_CUT:
                self.installation.wire.sever()
                time.sleep(planned.seconds)
            case Trouble.NETWORK_SLOW:
                self.installation.wire.latency = 0.5
                time.sleep(planned.seconds)
        self.installation.wire.heal()
        return None

    def _lose_leader(self, planned: Planned) -> datetime | None:
        lost = self.installation.leader() or self.installation.replicas[0]
        # One process alone has no successor but itself.
        watch = Succession(self.installation) if len(self.installation.replicas) > 1 else None
        if planned.trouble is Trouble.FREEZE_LEADER:
            lost.send(signal.SIGSTOP)
            time.sleep(planned.seconds)
            lost.send(signal.SIGCONT)
        else:
            lost.end(signal.SIGKILL if planned.trouble is Trouble.KILL_LEADER else signal.SIGTERM)
            time.sleep(planned.seconds)
            lost.start()
            lost.await_ready()
        return watch.seen() if watch else None

    def _end(self, replicas: list[Replica], planned: Planned) -> None:
        for one in replicas:
            one.send(signal.SIGKILL)
        for one in replicas:
            one.end(signal.SIGKILL)
        time.sleep(planned.seconds)
        for one in replicas:
            one.start()
        for one in replicas:
            one.await_ready()


class Succession:
    """Watches who leads, from when the leader is lost."""

    def __init__(self, installation: Installation) -> None:
        self._installation, self._before = installation, installation.fence()
        self._at: datetime | None = None
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def seen(self) -> datetime | None:
        """Return when there was another leader; None if there never was."""
        self._thread.join()
        return self._at

    def _watch(self) -> None:
        deadline = time.monotonic() + _LEADERLESS_SECONDS
        while time.monotonic() < deadline:
            if self._installation.fence() > self._before:
                self._at = now()
                return
            time.sleep(0.05)
