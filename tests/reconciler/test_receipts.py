"""What a receipt says of real lives of grants, and that nobody can make it say anything else."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from protem.broker.callers import Caller
from protem.broker.grants import access_over_at
from protem.broker.record import canonical, receipt_checks, receipts, signing
from protem.broker.record.documents import instant
from protem.broker.record.receipt_checks import ReceiptRefused
from protem.broker.record.signing import SigningKey
from protem.db.models import TokenRole
from protem.domain.approvals import Answer
from protem.domain.authority import Scope
from protem.domain.errors import Forbidden, NotFound, ReceiptNotReady, SigningKeyMissing
from tests.reconciler.lives import AUDITOR, Lives
from tests.reconciler.world import ACCOUNT


@pytest.fixture
def lives(database_url: str) -> Iterator[Lives]:
    made = Lives(database_url)
    yield made
    made.close()


def outcome(lives: Lives, grant_id: uuid.UUID) -> tuple[str, str | None, str]:
    over = lives.summary(grant_id)["over"]
    return over["state"], over["reason"], over["outcome"]


def test_a_receipt_says_who_asked_who_agreed_and_how_it_ended(lives: Lives) -> None:
    grant_id = lives.given(minutes=2, through="slack")
    lives.run(200)
    grant, told = lives.read(grant_id), lives.summary(grant_id)
    assert (told["account_id"], told["account_name"]) == (ACCOUNT, "alpha")
    assert told["permission_set_name"] == "AdministratorAccess"
    asked = told["asked"]
    assert (asked["by"], asked["relayed_by"]) == ("user:alice@example.com", None)
    assert (asked["for"], asked["justification"]) == (lives.alice, "the pager went off")
    assert (asked["ticket"], asked["entitlement"], asked["entitlement_version"]) == ("OPS-1", "approved", 3)
    (decided,) = told["decided"]
    assert (decided["by"], decided["relayed_by"]) == ("user:bob@example.com", "service:slack")
    assert (decided["answer"], decided["comment"], decided["steps"]) == ("approve", "fine", ["lead"])
    assert told["owed"]["ends_at"] == instant(grant.ends_at)
    assert told["created_at"] <= told["active_at"] < told["owed"]["ends_at"] < told["deleted_at"]
    assert told["over"]["at"] == instant(grant.ended_at or grant.ends_at)
    assert (told["over"]["reason"], told["over"]["outcome"]) == ("elapsed", "confirmed_absent")
    assert told["over"]["absent_at"] >= told["deleted_at"]
    over_at = access_over_at(grant, now=lives.clock.now())
    assert over_at is not None
    assert told["access_over_at"] == instant(over_at)
    assert (told["revoked"], told["extensions"], told["reviews"], told["afterwards"]) == (None, [], [], [])


def test_a_receipt_says_who_took_it_back(lives: Lives) -> None:
    grant_id = lives.given()
    lives.run(20)
    lives.take_back(grant_id, "bob")
    lives.run(60)
    revoked = lives.summary(grant_id)["revoked"]
    assert (revoked["by"], revoked["reason"], revoked["comment"]) == (
        "user:bob@example.com",
        "revoked",
        "enough",
    )
    assert outcome(lives, grant_id) == ("ended", "revoked", "confirmed_absent")


def test_a_receipt_names_the_lock_that_ended_it(lives: Lives) -> None:
    grant_id = lives.given()
    lives.run(20)
    lock_id = lives.stop()
    lives.run(60)
    assert lives.summary(grant_id)["revoked"]["lock_id"] == lock_id
    assert outcome(lives, grant_id) == ("ended", "locked", "confirmed_absent")


def test_a_receipt_names_the_neighbour_that_the_assignment_is_left_to(lives: Lives) -> None:
    first, second = lives.given(minutes=2), lives.given(minutes=10)
    lives.run(150)
    assert lives.holds()
    over = lives.summary(first)["over"]
    assert (over["outcome"], over["owed_by"]) == ("still_owed", [str(second)])
    lives.run(600)
    assert outcome(lives, second) == ("ended", "elapsed", "confirmed_absent")


def test_a_receipt_says_that_somebody_else_removed_it(lives: Lives) -> None:
    grant_id = lives.given(minutes=60)
    lives.run(20)
    lives.sandbox.assignments.remove(
        account_id=ACCOUNT, permission_set_arn=lives.permission_set, principal_id=lives.alice
    )
    lives.run(1300)
    assert outcome(lives, grant_id) == ("ended", "removed_outside", "removed_outside")


def test_a_receipt_says_that_it_never_began(lives: Lives) -> None:
    grant_id = lives.given()
    lives.take_back(grant_id, "alice")
    lives.run(20)
    assert outcome(lives, grant_id) == ("ended", "relinquished", "never_created")


def test_a_receipt_says_why_it_failed(lives: Lives) -> None:
    lives.sandbox.assignments.put(
        account_id=ACCOUNT, permission_set_arn=lives.permission_set, principal_id=lives.alice
    )
    grant_id = lives.given()
    lives.run(30)
    over = lives.summary(grant_id)["over"]
    assert (over["state"], over["failure_code"], over["outcome"]) == (
        "failed",
        "standing_access",
        "held_by_others",
    )


def test_a_receipt_tells_of_broken_glass_and_of_who_looked(lives: Lives) -> None:
    grant_id = lives.given(minutes=2, entitlement="glass")
    lives.run(150)
    told = lives.summary(grant_id)
    assert (told["decided"], [review["what"] for review in told["reviews"]]) == ([], ["opened"])
    lives.look_back()
    looked = lives.summary(grant_id)["reviews"][-1]
    assert (looked["what"], looked["by"], looked["comment"]) == (
        "closed",
        "user:bob@example.com",
        "it did burn",
    )


def test_a_receipt_tells_of_each_question_for_more_time(lives: Lives) -> None:
    grant_id = lives.given(minutes=5)
    lives.run(20)
    before = lives.read(grant_id).ends_at
    lives.lengthen(grant_id, answer=Answer.DENY)
    lives.lengthen(grant_id)
    lives.run(2400)
    told = lives.summary(grant_id)
    denied, agreed = told["extensions"]
    assert (denied["ends_at"], denied["decided"][0]["answer"]) == (None, "deny")
    assert agreed["ends_at"] == told["owed"]["ends_at"] == instant(before + timedelta(minutes=30))
    assert (agreed["asked"]["by"], agreed["decided"][0]["by"]) == (
        "user:alice@example.com",
        "user:bob@example.com",
    )


def test_there_is_no_receipt_before_the_end_is_sealed(lives: Lives) -> None:
    grant_id = lives.given(minutes=2)
    lives.run(20)

    def refused(key: SigningKey | None = lives.key) -> dict[str, Any]:
        with pytest.raises(ReceiptNotReady) as caught, lives.store.reading() as session:
            receipts.issue(session, AUDITOR, grant_id, key=key, now=lives.clock.now())
        return caught.value.facts

    assert refused() == {"missing": "the end", "state": "active"}
    lives.run(200)
    assert "grant.ended" in refused()["unsealed"]
    lives.seal()
    with pytest.raises(SigningKeyMissing), lives.store.reading() as session:
        receipts.issue(session, AUDITOR, grant_id, key=None, now=lives.clock.now())


def test_whoever_may_read_the_grant_gets_its_receipt(lives: Lives) -> None:
    grant_id = lives.given(minutes=2)
    lives.run(200)
    for name in ("alice", "bob"):
        receipt_checks.read(lives.issued(grant_id, lives.caller(name)), keys=lives.keys)
    stranger = Caller("bot", TokenRole.SERVICE, scopes=frozenset({Scope.READ}))
    with pytest.raises(NotFound):
        lives.issued(grant_id, stranger)
    responder = Caller("pager", TokenRole.SERVICE, scopes=frozenset({Scope.GRANTS_REVOKE, Scope.READ}))
    with pytest.raises(Forbidden):
        lives.issued(grant_id, responder)


def test_even_whoever_holds_the_key_cannot_have_it_say_what_its_events_do_not(lives: Lives) -> None:
    grant_id = lives.given(minutes=2)
    lives.run(200)
    lives.seal()
    with lives.store.reading() as session:
        made = receipts.issue(session, AUDITOR, grant_id, key=lives.key, now=lives.clock.now())
    del made["signature"], made["key_id"]
    summary, entries = made["summary"], made["entries"]
    last = entries[-1]
    forgeries = [
        {**made, "summary": {**summary, "access_over_at": summary["owed"]["starts_at"]}},
        {**made, "summary": {**summary, "grant_id": str(uuid.uuid4())}},
        {**made, "entries": [*entries[:-1], {**last, "event": {**last["event"], "caller": "user:eve"}}]},
        {**made, "entries": entries[1:]},
        {**made, "entries": entries[::-1]},
        {**made, "version": 2},
    ]
    for forged in forgeries:
        with pytest.raises(ReceiptRefused):
            receipt_checks.read(canonical.text(lives.key.sign(forged)) + b"\n", keys=lives.keys)
    other = signing.known([SigningKey.make().public])
    with pytest.raises(ReceiptRefused, match="none of those given"):
        receipt_checks.read(lives.issued(grant_id), keys=other)
