"""A receipt is checked with nothing but a key: no bit of it can be changed, and no event left out."""

import os
from collections.abc import Sequence
from typing import Any

import pytest

from protem.broker.record import canonical, receipt_checks
from protem.broker.record.lines import Entry
from protem.broker.record.receipt_checks import ReceiptRefused
from protem.broker.record.receipts import KIND
from protem.broker.record.signing import SigningKey, known
from protem.domain import receipts
from tests.broker.record import copies
from tests.broker.record.copies import KEY, LOG, chained

BITS = min(8, int(os.environ.get("ROUNDS", "1")))
"""Of each byte, that are changed: all eight with ROUNDS=8, which takes most of a minute."""

KEYS = known([KEY.public])
GRANT, REQUEST = "g-1", "r-1"
AT = "2026-01-05T09:00:00.000000Z"
ABOUT = {"account_id": "1", "permission_set_arn": "a", "principal_id": "p"}


def event(
    type_: str, facts: dict[str, Any], *, grant_id: str | None = GRANT, **others: Any
) -> dict[str, Any]:
    named = {"type": type_, "facts": facts, "grant_id": grant_id, "request_id": REQUEST, "occurred_at": AT}
    return {**named, "caller": "user:al", "acting_as": None, **others}


ASKED = event(
    "request.submitted",
    {
        "targets": [{"account_id": "1", "permission_set_arn": "a"}],
        "extends_grant_id": None,
        **dict.fromkeys(("requester_id", "entitlement", "digest", "duration", "starts_at"), "x"),
        **dict.fromkeys(("justification", "ticket", "entitlement_version"), "y"),
    },
    grant_id=None,
    principal_id="p",
)
CREATED = event("grant.created", {"starts_at": AT, "ends_at": AT}, **ABOUT)
REVOKED = event("grant.revoked", {"reason": "revoked", "comment": "ü"})
ENDED = event("grant.ended", {"end_reason": "revoked"})
STRANGE = event("token.created", {}, grant_id=None, request_id=None)
LIFE = (ASKED, CREATED, REVOKED, ENDED)


def receipt(
    entries: Sequence[Entry], *, key: SigningKey = KEY, sealed: int = 9, log: str = str(LOG)
) -> bytes:
    made = {
        "kind": KIND,
        "version": 1,
        "log": log,
        "issued_at": AT,
        "sealed_sequence": sealed,
        "summary": receipts.summary(GRANT, [entry.event for entry in entries]),
        "entries": [
            {"sequence": one.sequence, "previous": one.previous, "event": one.event, "hash": one.hash}
            for one in entries
        ],
    }
    return canonical.text(key.sign(made)) + b"\n"


def export(entries: Sequence[Entry]) -> list[bytes]:
    above = [copies.head(sealed=len(entries)), *map(copies.written, entries)]
    return [*above, copies.trailer(above)]


def test_any_changed_bit_of_a_receipt_is_found() -> None:
    whole = receipt([entry for entry in chained(LIFE) if entry.event is not REVOKED])
    receipt_checks.read(whole, keys=KEYS)
    for place in range(len(whole)):
        for bit in range(BITS):
            changed = bytearray(whole)
            changed[place] ^= 1 << (place + bit) % 8
            with pytest.raises(ReceiptRefused):
                receipt_checks.read(bytes(changed), keys=KEYS)


def test_a_receipt_with_more_or_less_around_it_is_none() -> None:
    whole = receipt(list(chained(LIFE)))
    for changed in (b"", whole[:-1], whole[1:], whole + b"\n", b" " + whole, whole * 2, b"[]\n", b"{}\n"):
        with pytest.raises(ReceiptRefused):
            receipt_checks.read(changed, keys=KEYS)


def test_a_receipt_agrees_with_an_export_that_has_its_events_in_their_places() -> None:
    record = list(chained([STRANGE, *LIFE, STRANGE]))
    read = receipt_checks.read(receipt(record[1:-1]), keys=KEYS)
    assert receipt_checks.compare(read, export(record)) == 6
    later = list(chained([STRANGE, *LIFE, *[STRANGE] * 9]))
    assert receipt_checks.compare(read, export(later)) == read.sealed_sequence == 9


def test_a_receipt_that_leaves_an_event_out_is_told_by_an_export() -> None:
    record = list(chained(LIFE))
    hiding = [entry for entry in record if entry.event is not REVOKED]
    with pytest.raises(ReceiptRefused, match="leaves it out"):
        receipt_checks.compare(receipt_checks.read(receipt(hiding), keys=KEYS), export(record))
    early = receipt_checks.read(receipt(record, sealed=4), keys=KEYS)
    receipt_checks.compare(early, export(list(chained([*LIFE, event("review.closed", {}, grant_id=None)]))))


def test_a_receipt_of_another_record_is_told_by_an_export() -> None:
    other = list(chained([{**ASKED, "occurred_at": "earlier"}, *LIFE[1:]]))
    with pytest.raises(ReceiptRefused, match="event 1 is another one"):
        receipt_checks.compare(receipt_checks.read(receipt(other), keys=KEYS), export(list(chained(LIFE))))
    foreign = receipt_checks.read(receipt(list(chained(LIFE)), log="x"), keys=KEYS)
    with pytest.raises(ReceiptRefused, match="another installation"):
        receipt_checks.compare(foreign, export(list(chained(LIFE))))
    short = receipt_checks.read(receipt(list(chained(LIFE))), keys=KEYS)
    with pytest.raises(ReceiptRefused, match="does not reach event 3"):
        receipt_checks.compare(short, export(list(chained(LIFE))[:2]))
