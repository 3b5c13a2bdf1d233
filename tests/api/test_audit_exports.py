"""Exports and checkpoints over HTTP, verified by what was published only."""

import json
from io import BytesIO
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from protem.broker.record import checkpoints, sealing
from protem.broker.record.signing import known
from protem.broker.record.verifying import Report, split, verify
from protem.db.models import AuditEvent, Token
from tests.api.applications import Api

PATH = "/v1/audit-events/export"


def seal(api: Api) -> None:
    with api.world.store.writing() as session:
        sealing.seal(session)


def sign(api: Api) -> None:
    seal(api)
    key = api.parts.signing_key
    assert key is not None
    with api.world.store.writing() as session:
        checkpoints.sign(session, key, checkpoints.end(session), now=api.world.clock.now())


def report(api: Api, answer: httpx2.Response, **others: Any) -> Report:
    assert api.parts.signing_key is not None
    keys = known([api.parts.signing_key.public])
    return verify(split(BytesIO(answer.content)), keys=keys, **others)


def events(answer: httpx2.Response) -> list[dict[str, Any]]:
    return [line["event"] for line in map(json.loads, answer.text.splitlines()) if "event" in line]


def test_an_export_verifies_and_holds_what_the_api_shows(api: Api) -> None:
    api.granted()
    seal(api)
    shown = api.auditor().get("/v1/audit-events?oldest_first=true").json()["items"]
    answer = api.auditor().get(PATH)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/jsonl")
    found = report(api, answer)
    exported = events(answer)
    assert (found.fault, found.events, found.first) == (None, len(exported), 1)
    for one, other in zip(exported, shown, strict=False):
        assert {**one, "occurred_at": None} == {**other, "occurred_at": None}
        assert one["occurred_at"] == "2026-01-05T09:00:00.000000Z"


def test_whoever_takes_a_copy_is_on_record(api: Api) -> None:
    api.granted()
    seal(api)
    api.auditor().get(f"{PATH}?after_sequence=2&until=2026-02-01T00:00:00Z")
    (event,) = api.auditor().get("/v1/audit-events?type=audit.exported").json()["items"]
    assert event["caller"] == "auditor:audit"
    assert event["facts"]["first_sequence"] == 3
    assert event["facts"]["until"] == "2026-02-01T00:00:00.000000Z"
    assert (event["facts"]["since"], event["facts"]["last_sequence"] > 3) == (None, True)


def test_copies_of_parts_add_up_to_the_whole(api: Api) -> None:
    api.granted()
    seal(api)
    first = api.auditor().get(PATH)
    before = report(api, first)
    api.asked(justification="once more")
    seal(api)
    second = api.auditor().get(f"{PATH}?after_sequence={before.last}")
    after = report(api, second)
    assert (after.fault, after.first) == (None, before.last + 1)
    header = json.loads(second.text.splitlines()[0])
    last = json.loads(first.text.splitlines()[-1])
    assert header["previous"] == last["hash"]


def test_a_range_of_time_is_a_stretch_of_the_chain(api: Api) -> None:
    api.asked()
    api.world.clock.advance(7200)
    middle = api.world.clock.now().isoformat().replace("+00:00", "Z")
    api.asked(justification="the second time")
    api.world.clock.advance(7200)
    api.asked(justification="the third time")
    seal(api)
    answer = api.auditor().get(f"{PATH}?since={middle}&until=2026-01-05T12:00:00Z")
    assert report(api, answer).fault is None
    told = [event["facts"].get("justification") for event in events(answer)]
    assert [text for text in told if text] == ["the second time"]
    nothing = api.auditor().get(f"{PATH}?since=2027-01-01T00:00:00Z")
    found = report(api, nothing)
    assert (found.fault, found.events) == (None, 0)


def test_an_export_is_held_against_a_checkpoint(api: Api) -> None:
    api.granted()
    sign(api)
    (kept,) = api.person("erin").get("/v1/audit-checkpoints").json()["items"]
    api.asked(justification="later")
    seal(api)
    found = report(api, api.auditor().get(PATH), checkpoints=[kept])
    assert (found.fault, found.covered) == (None, [kept["sequence"]])


def test_checkpoints_are_listed_the_newest_first_or_by_what_they_cover(api: Api) -> None:
    sequences = []
    for _ in range(3):
        api.granted()
        sign(api)
        sequences.append(api.auditor().get("/v1/audit-checkpoints?limit=1").json()["items"][0]["sequence"])
    listed = api.auditor().get("/v1/audit-checkpoints?limit=2").json()
    assert [one["sequence"] for one in listed["items"]] == sequences[:0:-1]
    rest = api.auditor().get(f"/v1/audit-checkpoints?cursor={listed['next_cursor']}").json()
    assert ([one["sequence"] for one in rest["items"]], rest["next_cursor"]) == (sequences[:1], None)
    for sequence, wanted in ((1, sequences[:1]), (sequences[0] + 1, sequences[1:2]), (10**9, [])):
        found = api.auditor().get(f"/v1/audit-checkpoints?sequence={sequence}").json()["items"]
        assert [one["sequence"] for one in found] == wanted


def test_without_a_key_an_export_is_refused_before_it_begins(api: Api) -> None:
    api.parts.signing_key = None
    answer = api.auditor().get(PATH)
    assert (answer.status_code, answer.json()["code"]) == (503, "signing-key-missing")
    assert api.person("alice").get(PATH).status_code == 403
    assert api.auditor().get("/v1/audit-events?type=audit.exported").json()["items"] == []


def test_a_token_that_is_revoked_on_the_way_gets_no_more(api: Api) -> None:
    api.granted()
    seal(api)
    auditor = api.auditor()

    def revoke(topics: frozenset[str]) -> None:
        """Take the token back between the beginning of the export and its first page."""
        with api.world.store.writing() as session:
            token = session.scalars(select(Token).where(Token.name == "audit")).one()
            token.revoked_at = api.world.clock.now()

    api.world.store.on_commit(revoke)
    with pytest.raises(RuntimeError, match="response already started"):
        auditor.get(PATH)


def test_the_database_can_be_tampered_with_but_not_in_silence(api: Api) -> None:
    api.granted()
    seal(api)
    with api.world.store.writing() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.type == "decision.recorded")).one()
        number = 1 + len(session.scalars(select(AuditEvent).where(AuditEvent.id < event.id)).all())
    answer = api.auditor().get(PATH)
    forged = answer.content.replace(b"user:carol", b"user:crook")
    fault = report(api, httpx2.Response(200, content=forged)).fault
    assert fault is not None
    assert (fault.damage, fault.sequence) == ("altered-event", number)


@pytest.mark.parametrize("query", ["after_sequence=-1", "after_sequence=9007199254740992", "since=now"])
def test_a_range_that_makes_no_sense_is_refused_by_name(api: Api, query: str) -> None:
    answer = api.auditor().get(f"{PATH}?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]
