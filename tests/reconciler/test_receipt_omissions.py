"""An export tells what a receipt leaves out, even one that was signed by whoever holds the key."""

import json
import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import update

from protem.broker.callers import CONSOLE
from protem.broker.record import canonical, exporting, receipt_checks
from protem.broker.record.receipt_checks import ReceiptRefused
from protem.db.models import Request
from protem.domain import receipts
from tests.reconciler.lives import Lives


@pytest.fixture
def lives(database_url: str) -> Iterator[Lives]:
    made = Lives(database_url)
    yield made
    made.close()


def exported(lives: Lives) -> list[bytes]:
    lives.seal()
    with lives.store.writing() as session:
        export = exporting.begin(session, CONSOLE, key=lives.key, now=lives.clock.now())
        lines = [export.header]
        while not export.is_whole:
            lines += export.page(session).splitlines(keepends=True)
    return [*lines, export.trailer()]


def compare(lives: Lives, receipt: bytes, export: list[bytes]) -> None:
    receipt_checks.compare(receipt_checks.read(receipt, keys=lives.keys), export)


def without(lives: Lives, receipt: bytes, type_: str) -> bytes:
    """Return a receipt that leaves out what is of this type, and is signed as if there were no such thing."""
    made = json.loads(receipt)
    entries = [entry for entry in made["entries"] if entry["event"]["type"] != type_]
    assert len(entries) < len(made["entries"])
    told = receipts.summary(made["summary"]["grant_id"], [entry["event"] for entry in entries])
    signed = {name: made[name] for name in made if name not in {"key_id", "signature"}}
    return canonical.text(lives.key.sign({**signed, "entries": entries, "summary": told})) + b"\n"


def given_back(lives: Lives, *, minutes: float = 10) -> uuid.UUID:
    grant_id = lives.given(minutes=minutes)
    lives.run(20)
    lives.take_back(grant_id, "alice")
    lives.run(40)
    return grant_id


def test_what_aws_did_cannot_be_left_out(lives: Lives) -> None:
    whole = lives.issued(given_back(lives))
    export = exported(lives)
    compare(lives, whole, export)
    for type_ in ("assignment.created", "assignment.deleted"):
        forged = without(lives, whole, type_)
        with pytest.raises(ReceiptRefused, match="leaves it out"):
            compare(lives, forged, export)


def test_a_question_for_more_time_cannot_be_left_out(lives: Lives) -> None:
    grant_id = lives.given()
    lives.run(20)
    lives.lengthen(grant_id)
    lives.take_back(grant_id, "alice")
    lives.run(40)
    whole = lives.issued(grant_id)
    compare(lives, whole, exported(lives))
    with lives.store.writing() as session:  # as whoever has the serving role can
        session.execute(update(Request).values(extends_grant_id=None))
    hiding = lives.issued(grant_id)
    assert json.loads(hiding)["summary"]["extensions"] == []
    with pytest.raises(ReceiptRefused, match="leaves it out"):
        compare(lives, hiding, exported(lives))


def test_what_became_of_an_assignment_later_belongs_to_the_receipt_of_a_later_grant(lives: Lives) -> None:
    first = given_back(lives)
    early = lives.issued(first)
    beside = [lives.given(minutes=1), lives.given(minutes=2)]
    lives.run(200)
    last = given_back(lives)
    export = exported(lives)
    for receipt in (early, *map(lives.issued, (first, *beside, last))):
        compare(lives, receipt, export)
    assert json.loads(early)["entries"] == json.loads(lives.issued(first))["entries"]
