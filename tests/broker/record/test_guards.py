"""What the database refuses to whoever writes to it: nothing can be put where it would hide something."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from protem.broker.record import checkpoints
from protem.broker.record.signing import SigningKey
from tests.broker.record.copies import checked
from tests.broker.record.records import Records
from tests.broker.record.test_exporting import export

KEY = SigningKey.make()
FAR = 2**40


def refused(records: Records, statement: str, why: str, **values: Any) -> None:
    with pytest.raises(DBAPIError, match=why), records.store.writing() as session:
        session.execute(text(statement), values)


def test_an_event_cannot_be_given_a_seal_that_keeps_it_out_of_the_chain(records: Records) -> None:
    records.write("a", "b", "c")
    hidden = records.waiting()[1]
    values = {"event_id": hidden.hex if records.store.is_sqlite else hidden}
    for sequence in (0, 2, FAR):
        statement = "INSERT INTO seals (sequence, event_id, hash) VALUES (:sequence, :event_id, 'x')"
        refused(records, statement, "seals are added one after the other", sequence=sequence, **values)
    records.seal()
    assert records.sealed() == ["a", "b", "c"]
    assert checked(export(records)).fault is None


def test_nothing_but_what_is_sealed_can_be_taken_for_signed(records: Records) -> None:
    records.write("a", "b", "c")
    records.seal()
    for sequence in (FAR, 3):
        statement = "INSERT INTO checkpoints SELECT :sequence, 'x', occurred_at, 'k', 's' FROM audit_events"
        refused(records, statement, "checkpoints are of events that are sealed", sequence=sequence)
    with records.store.writing() as session:
        assert checkpoints.sign(session, KEY, checkpoints.end(session), now=records.clock.now())


@pytest.mark.parametrize("end", [f"sequence = {FAR}", "sequence = 0", "hash = 'x'", "sequence = 2"])
def test_the_end_of_the_chain_stays_where_it_is_sealed(records: Records, end: str) -> None:
    records.write("a", "b", "c")
    records.seal()
    refused(records, f"UPDATE chains SET {end}", "chains end where they are sealed")  # noqa: S608
    back = "UPDATE chains SET sequence = 2, hash = (SELECT hash FROM seals WHERE sequence = 2)"
    refused(records, back, "chains end where they are sealed")
    records.write("d")
    records.seal()
    assert records.sealed() == ["a", "b", "c", "d"]


def test_sqlite_lets_nothing_on_record_be_replaced(sqlite_url: str) -> None:
    records = Records(sqlite_url)
    records.write("a", "b")
    records.seal()
    with records.store.writing() as session:
        checkpoints.sign(session, KEY, checkpoints.end(session), now=records.clock.now())
    others = "request_id, grant_id, assignment_id, principal_id, account_id, permission_set_arn, facts"
    for replacing in (
        f"audit_events SELECT id, occurred_at, type, 'nobody', acting_as, {others} FROM audit_events",  # noqa: S608
        "seals SELECT sequence, event_id, 'x' FROM seals",
        "seals SELECT 3, event_id, 'x' FROM seals",
        "checkpoints SELECT sequence, hash, signed_at, key_id, 'x' FROM checkpoints",
    ):
        refused(records, f"REPLACE INTO {replacing} LIMIT 1", "protem: ")
    assert checked(export(records)).fault is None
    records.store.close()
