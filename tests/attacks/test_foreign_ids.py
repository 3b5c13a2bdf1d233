"""What is somebody else's, of another kind, gone or made up is answered alike: an id gives nothing away."""

import re
import uuid
from collections.abc import Iterator, Mapping
from itertools import cycle, islice
from typing import Any

from sqlalchemy import select

from protem.db.models import Table
from tests.attacks import fuzzing
from tests.attacks.ground import Ground
from tests.attacks.probing import Answer, Probe

OUTSIDERS = ("stranger", "service", "responder", "read-only person")
"""Callers to whom little of what there is belongs."""

MORE_QUERIES = 6
"""By how many looks "not yours" may differ from "not there": whose it is has to be found out."""

_PLACE = re.compile(r"{(\w+)}")


def operations(ground: Ground) -> Iterator[tuple[str, str]]:
    """Yield the method and address of every operation that names one thing by an id."""
    for path, methods in ground.api.app.openapi()["paths"].items():
        for method, operation in methods.items():
            kinds = [
                one["schema"].get("format") for one in operation.get("parameters", ()) if one["in"] == "path"
            ]
            if "uuid" in kinds:
                yield method.upper(), path


def things(ground: Ground) -> Mapping[str, list[str]]:
    """Return the ids of everything there is, by the name of its table."""
    with ground.world.store.reading() as session:
        tables = [table for table in Table.metadata.sorted_tables if "id" in table.columns]
        found = {table.name: session.scalars(select(table.c.id)).all() for table in tables}
    return {name: [str(id_) for id_ in ids if isinstance(id_, uuid.UUID)] for name, ids in found.items()}


def told(answer: Answer) -> Any:
    """Return what an answer says, without what may differ."""
    said = answer.json() if answer.content else {}
    return answer.status_code, {name: value for name, value in said.items() if name != "instance"}


def test_somebody_elses_is_as_if_it_were_not_there(small_ground: Ground) -> None:
    probe, ids = Probe(small_ground), things(small_ground)
    made_up = str(uuid.uuid4())
    compared = 0
    tables = cycle(ids.items())
    for kind in OUTSIDERS:
        headers = [*small_ground.cast.headers(kind).items(), ("Content-Type", "application/json")]
        probe.send("GET", "/v1/me", headers)
        for method, path in operations(small_ground):
            absent = probe.send(method, _PLACE.sub(made_up, path), headers, b"{}")
            for table, there in islice(tables, 5):
                if f"/{table.replace('_', '-')}/" in path or not there:
                    continue  # of the right kind: those that are seen are told apart below
                other = probe.send(method, _PLACE.sub(there[0], path), headers, b"{}")
                assert told(other) == told(absent), (kind, method, path, table)
                assert other.queries == absent.queries, (kind, method, path, table)
                compared += 1
    assert not probe.failures, "\n".join(probe.failures)
    assert compared > 50


def test_not_yours_and_not_there_are_one_answer(ground: Ground) -> None:
    probe, ids = Probe(ground), things(ground)
    compared = 0
    for kind in OUTSIDERS:
        headers = [*ground.cast.headers(kind).items(), ("Content-Type", "application/json")]
        probe.send("GET", "/v1/me", headers)
        for method, path in operations(ground):
            absent = probe.send(method, _PLACE.sub(str(uuid.uuid4()), path), headers, BODIES.get(path, b"{}"))
            if absent.status_code != 404:
                continue  # it is not theirs to do, whatever the id
            for foreign in ids.get(path.split("/")[2], ()):
                other = probe.send(method, _PLACE.sub(foreign, path), headers, BODIES.get(path, b"{}"))
                if other.status_code < 300:
                    continue  # it is theirs
                if other.status_code == 404:
                    assert told(other) == told(absent), (kind, method, path)
                    assert abs(other.queries - absent.queries) <= MORE_QUERIES, (kind, method, path)
                compared += 1
    assert not probe.failures, "\n".join(probe.failures)
    assert compared
    assert ground.wrongs() == []


BODIES: Mapping[str, bytes] = {
    "/v1/requests/{request_id}/decisions": b'{"decision": "approve", "digest": "sha256:x"}',
    "/v1/reviews/{review_id}/close": b'{"comment": "seen"}',
    "/v1/grants/{grant_id}/extend": b'{"duration": "PT30M", "justification": "it takes longer"}',
}


def test_other_ways_to_write_an_id_lead_nowhere_else(small_ground: Ground) -> None:
    probe = Probe(small_ground)
    headers = list(small_ground.cast.headers("admin").items())
    for table, there in things(small_ground).items():
        address = f"/v1/{table.replace('_', '-')}"
        if not there or f"{address}/{{" not in str(small_ground.api.app.openapi()["paths"].keys()):
            continue
        for form in fuzzing.forms(there[0]):
            answer = probe.send("GET", f"{address}/{form}", headers)
            same = answer.status_code == 200 and answer.json()["id"] == there[0]
            assert same or answer.status_code in {404, 422}, form
    assert not probe.failures, "\n".join(probe.failures)
