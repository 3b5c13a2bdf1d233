"""What is measured, one after the other, and what came of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.http import calls, wire
from benchmarks.http.calls import Asked
from benchmarks.http.estate import Bearer, Estate
from benchmarks.http.servers import Server
from benchmarks.http.wire import Load, Script

CROWD = 256
WARM_UP_SECONDS = 0.5


class UnexpectedAnswersError(Exception):
    """What was measured is not what a stage is about."""


@dataclass(frozen=True, slots=True)
class Result:
    """One stage: what came of its calls, and how much of a processor the server used."""

    name: str
    connections: int
    load: Load
    share: float


@dataclass
class Stages:
    """Measures one server; each stage finds what the ones before have left."""

    server: Server
    seconds: float
    results: list[Result] = field(default_factory=list)

    def run(self, name: str, scripts: Sequence[Script], *, expect: int = 200, keep: bool = False) -> Load:
        """Measure one stage. Raises ``UnexpectedAnswersError``, as refusals are fast."""
        before = self.server.used()
        load = wire.drive(self.server.address, scripts, seconds=self.seconds, keep=keep)
        share = (self.server.used() - before) / load.seconds
        if set(load.statuses) != {expect} or load.unanswered:
            raise UnexpectedAnswersError(f"{name}: {dict(load.statuses)}, and {load.unanswered} unanswered")
        self.results.append(Result(name, len(scripts), load, share))
        return load


def protem(server: Server, estate: Estate, *, connections: int, seconds: float) -> tuple[Stages, list[Asked]]:
    """Measure everything that people do all the time; return also what was given at once."""
    make = calls.submissions
    _warm(server, estate, connections)
    stages = Stages(server, seconds)
    asked = _asked(stages.run("submit", calls.apart(make(estate), connections), expect=201, keep=True))
    by_bot = calls.apart(make(estate, by_bot=True), connections)
    stages.run("submit, by a service", by_bot, expect=201)
    at_once = calls.apart(make(estate, calls.AT_ONCE), connections)
    given = _asked(stages.run("submit, given at once", at_once, expect=201, keep=True))
    answers = calls.decisions(estate, asked[: len(asked) // 2])
    stages.run("decide", calls.shared(answers, connections, once=True))
    for name, sent in _reads(estate, asked).items():
        stages.run(name, calls.shared(sent, connections, once=False))
    _crowded(stages, estate, _reads(estate, asked))
    return stages, given


def flask(server: Server, estate: Estate, *, connections: int, seconds: float) -> Stages:
    """Measure what the service to compare with does."""
    make = calls.plain_submissions(estate)
    wire.drive(server.address, calls.apart(make, connections), seconds=WARM_UP_SECONDS)
    stages = Stages(server, seconds)
    submitted = stages.run("submit", calls.apart(make, connections), expect=201, keep=True)
    ids = [body.partition(b'"id":"')[2][:36].decode() for body in submitted.bodies]
    reads = [calls.call("GET", f"/requests/{one}") for one in ids]
    stages.run("read", calls.shared(reads, connections, once=False))
    stages.run("list", calls.shared([calls.call("GET", "/requests")], connections, once=False))
    stages.run("submit", calls.apart(make, CROWD), expect=201)
    stages.run("read", calls.shared(reads, CROWD, once=False))
    return stages


def _warm(server: Server, estate: Estate, connections: int) -> None:
    make = calls.submissions(estate)
    wire.drive(server.address, calls.apart(make, connections), seconds=WARM_UP_SECONDS)


def _crowded(stages: Stages, estate: Estate, reads: dict[str, list[bytes]]) -> None:
    stages.run("submit", calls.apart(calls.submissions(estate), CROWD), expect=201)
    stages.run("read", calls.shared(reads["read"], CROWD, once=False))


def _reads(estate: Estate, asked: Sequence[Asked]) -> dict[str, list[bytes]]:
    people = estate.people
    by_id = {bearer.id: bearer for bearer in people}
    return {
        "read": [calls.call("GET", f"/v1/requests/{one.id}", by_id[one.requester]) for one in asked],
        "list, one's own": _each(people, "/v1/requests"),
        "list, to approve": _each(estate.approvers, "/v1/requests?state=pending&relation=approver"),
        "list, as an auditor": _each([estate.auditor], "/v1/requests"),
        "grants, one's own": _each(people, "/v1/grants"),
        "grants, as an auditor": _each([estate.auditor], "/v1/grants"),
        "me": _each(people, "/v1/me"),
    }


def _each(bearers: Sequence[Bearer], path: str) -> list[bytes]:
    return [calls.call("GET", path, bearer) for bearer in bearers]


def _asked(load: Load) -> list[Asked]:
    return list(_parsed(load.bodies))


def _parsed(bodies: Sequence[bytes]) -> Iterator[Asked]:
    return (Asked.of(body) for body in bodies)
