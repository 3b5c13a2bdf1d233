"""One round: load and troubles, then peace, then everything is looked at."""

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tests.chaos import checks, weather
from tests.chaos.gathering import gather
from tests.chaos.installation import Installation, until
from tests.chaos.load import Load
from tests.chaos.template import Template, hear
from tests.chaos.troubles import Troubles
from tests.chaos.weather import Weather

SETTLE_SECONDS = 75.0
_THROTTLED = frozenset({"ThrottlingException", "TooManyRequestsException"})
_REST = """
SELECT (SELECT count(*) FROM grants WHERE ended_at IS NULL) AS live,
    (SELECT count(*) FROM unsealed_events) AS unsealed,
    (SELECT sequence FROM chains) AS sealed,
    (SELECT count(*) FROM deliveries WHERE state = 'pending') AS pending,
    (SELECT min(sequence) FROM webhooks) AS fanned_out,
    (SELECT coalesce(max(sequence), 0) FROM events_files WHERE path LIKE :home) AS filed"""


@dataclass
class Outcome:
    """What became of a round."""

    weather: Weather
    seconds: float
    faults: list[str]
    grants: int = 0
    asked: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    takeovers: list[tuple[str, float]] = field(default_factory=list)
    lateness: list[tuple[str, float]] = field(default_factory=list)
    overstay: list[float] = field(default_factory=list)


def run(drawn: Weather, template: Template, home: Path) -> Outcome:
    """Run a round in a directory of its own, which holds every log of it."""
    began = time.monotonic()
    home.mkdir(parents=True)
    try:
        outcome = _run(drawn, template, home)
    except Exception as error:  # noqa: BLE001 - whatever it is, the round is a failure, and the others go on
        outcome = Outcome(drawn, 0.0, [f"{type(error).__name__}: {error}"])
    outcome.seconds = time.monotonic() - began
    if outcome.faults:
        (home / "faults.txt").write_text("\n".join([str(drawn), *outcome.faults]) + "\n")
    return outcome


def _run(drawn: Weather, template: Template, home: Path) -> Outcome:
    replicas = 2 if drawn.database == "postgresql" else 1
    with (
        template.copied(home, f"round-{drawn.seed}") as url,
        Installation(home, url, replicas=replicas) as installation,
    ):
        hear(url, installation)
        held = json.loads(installation.report().read_text())["held"]
        (home / "standing.json").write_text(json.dumps(held))
        for replica in installation.replicas:
            replica.start()
        for replica in installation.replicas:
            replica.await_ready()
        until(installation.leader, "nobody leads")
        load = Load(installation.replicas, template.tokens, Random(drawn.seed))
        troubles = Troubles(installation, template.server)
        _weather_it(drawn, load, troubles)
        unsettled = _settle(installation)
        return _outcome(drawn, installation, load, troubles, unsettled)


def _weather_it(drawn: Weather, load: Load, troubles: Troubles) -> None:
    since = time.monotonic()
    load.start()
    try:
        troubles.suffer(drawn.planned, since=since)
        time.sleep(max(weather.LOAD_SECONDS - (time.monotonic() - since), 0.0))
    finally:
        load.stop()


def _settle(installation: Installation) -> str | None:
    """Wait until there is nothing left to do; return what there still is if it takes too long."""
    try:
        until(lambda: _unrest(installation) is None, "", seconds=SETTLE_SECONDS)
    except TimeoutError:
        return _unrest(installation)
    return None


def _unrest(installation: Installation) -> str | None:
    try:
        with installation.engine.connect() as connection:
            home = f"{installation.home}%"
            row = connection.execute(text(_REST), {"home": home}).one()
    except SQLAlchemyError as error:
        return type(error).__name__
    at_rest = row.live == row.unsealed == row.pending == 0 and row.sealed == row.fanned_out == row.filed
    return None if at_rest else str(row._asdict())


def _outcome(
    drawn: Weather, installation: Installation, load: Load, troubles: Troubles, unsettled: str | None
) -> Outcome:
    found = gather(installation, load, troubles.suffered, unsettled)
    calls = Counter(call.operation for call in found.calls)
    return Outcome(
        weather=drawn,
        seconds=0.0,
        faults=checks.faults(found),
        grants=len(found.grants),
        asked=len(found.answered),
        calls=calls,
        throttled=sum(call.outcome in _THROTTLED for call in found.calls),
        takeovers=[
            (one.kind, (one.taken_over - one.began).total_seconds())
            for one in found.suffered
            if one.taken_over is not None
        ],
        lateness=[(kind, late.total_seconds()) for late, kind in checks.lateness(found)],
        overstay=[(span[1] - span[0]) / timedelta(seconds=1) for _, span in checks.unowed(found)],
    )
