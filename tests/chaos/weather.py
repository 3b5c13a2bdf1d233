"""What happens to an installation in one round, drawn from a seed."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

LOAD_SECONDS = 8.0
"""For how long callers ask for things; troubles begin and mostly end within."""


class Trouble(StrEnum):
    """What can befall a running installation."""

    KILL_LEADER = "kill-leader"
    KILL_STANDBY = "kill-standby"
    KILL_ALL = "kill-all"
    STOP_LEADER = "stop-leader"
    FREEZE_LEADER = "freeze-leader"
    DATABASE_FAST = "database-fast"
    DATABASE_IMMEDIATE = "database-immediate"
    NETWORK_CUT = "network-cut"
    NETWORK_SLOW = "network-slow"


ALONE = (Trouble.KILL_ALL, Trouble.STOP_LEADER, Trouble.NETWORK_CUT, Trouble.NETWORK_SLOW)
"""What can befall the one process of a SQLite file."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One trouble: when it begins, in seconds of the round, and for how long it lasts."""

    trouble: Trouble
    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Weather:
    """A whole round."""

    seed: int
    database: str
    planned: tuple[Planned, ...]

    def __str__(self) -> str:
        return ", ".join(f"{one.trouble} at {one.at:.1f}s" for one in self.planned) or "calm"


def draw(seed: int, databases: tuple[str, ...]) -> Weather:
    """Return the round of a seed: one to three troubles, the first of each kind in turn over the seeds."""
    random = Random(seed)
    database = databases[seed % len(databases)]
    kinds = tuple(Trouble) if database == "postgresql" else ALONE
    troubles = [kinds[(seed // len(databases)) % len(kinds)], *random.choices(kinds, k=random.randrange(3))]
    at, planned = 1.0, list[Planned]()
    for trouble in troubles:
        at += random.uniform(0.2, 2.0)
        seconds = _lasts(trouble, random)
        planned.append(Planned(trouble, at, seconds))
        at += seconds
    return Weather(seed, database, tuple(planned))


def _lasts(trouble: Trouble, random: Random) -> float:
    match trouble:
        case Trouble.FREEZE_LEADER:
            return random.uniform(7.0, 9.0)
        case Trouble.KILL_LEADER:
            return random.uniform(0.0, 9.0)
        case _:
            return random.uniform(0.0, 3.0)
