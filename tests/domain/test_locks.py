"""A lock stops what it is on, for as long as it holds, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from protem.domain.locks import Lock, Locked, LockKind, first_stopping, stops

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
WHAT = Locked(
    principals=frozenset({"u-alice", "u-bob"}),
    accounts=frozenset({"111111111111"}),
    permission_sets=frozenset({"arn:admin"}),
    entitlement="Prod-Admin",
)


def lock(kind: LockKind, subject: str = "", *, expires_at: datetime | None = None) -> Lock:
    return Lock(f"{kind}:{subject}", kind, subject, "incident", expires_at)


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (LockKind.PRINCIPAL, "u-alice"),
        (LockKind.PRINCIPAL, "u-bob"),
        (LockKind.ACCOUNT, "111111111111"),
        (LockKind.PERMISSION_SET, "arn:admin"),
        (LockKind.ENTITLEMENT, "prod-ADMIN"),
        (LockKind.EVERYTHING, ""),
    ],
)
def test_a_lock_stops_what_it_is_on(kind: LockKind, subject: str) -> None:
    assert stops(lock(kind, subject), WHAT)


@pytest.mark.parametrize("subject", ["", "U-ALICE", "11111111111", "arn:admi", "prod-admin-2"])
@pytest.mark.parametrize("kind", [kind for kind in LockKind if kind is not LockKind.EVERYTHING])
def test_a_lock_stops_nothing_else(kind: LockKind, subject: str) -> None:
    assert not stops(lock(kind, subject), WHAT)


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (LockKind.ACCOUNT, "u-alice"),
        (LockKind.PRINCIPAL, "111111111111"),
        (LockKind.ENTITLEMENT, "arn:admin"),
        (LockKind.PERMISSION_SET, "Prod-Admin"),
    ],
)
def test_a_lock_on_one_kind_of_thing_is_none_on_another(kind: LockKind, subject: str) -> None:
    assert not stops(lock(kind, subject), WHAT)


def test_a_lock_holds_until_it_expires() -> None:
    until = lock(LockKind.EVERYTHING, expires_at=NOW)
    assert until.holds(NOW - TICK)
    assert not until.holds(NOW)
    assert lock(LockKind.EVERYTHING).holds(datetime.max.replace(tzinfo=UTC))


def test_the_first_lock_that_holds_and_is_on_it_is_found() -> None:
    over = lock(LockKind.EVERYTHING, expires_at=NOW)
    elsewhere, here = lock(LockKind.ACCOUNT, "222222222222"), lock(LockKind.ACCOUNT, "111111111111")
    assert first_stopping([over, elsewhere], WHAT, now=NOW) is None
    assert first_stopping([over, elsewhere, here, lock(LockKind.EVERYTHING)], WHAT, now=NOW) == here
    assert first_stopping([], WHAT, now=NOW) is None
