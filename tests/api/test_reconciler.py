"""How the reconciler is doing, over HTTP: with a leader, without one, and with endings that fail."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from protem.db.models import Assignment, AuditEvent, Grant, Heartbeat, Lease, Provenance
from protem.domain.causes import ADVICE, Cause
from tests.api.applications import Api
from tests.broker.worlds import INSTANCE, arn

FACTS: dict[str, Any] = {
    "version": "1",
    "clock_offset_seconds": 0.25,
    "paused": [],
    "poisoned": 0,
    "unrecorded": 2,
    "budget": {"rate": 9.0, "full_rate": 18.0, "waiting": {"ending": 4}},
    "jobs": {
        "catalogue": {
            "interval_seconds": 300.0,
            "succeeded_at": "2026-01-05T08:00:00+00:00",
            "failed_at": None,
            "failures": 0,
            "error": None,
        }
    },
}
GONE_USER = "Received a 404 status error: the USER assignee 1234 was not found in directory d-1"


def lead(api: Api, *, fence: int = 7, lasting: float = 6, **facts: Any) -> None:
    """Let a process hold the lease that has just said how it does."""
    now = api.world.clock.now()
    expires_at = now + timedelta(seconds=lasting)
    with api.world.store.writing() as session:
        session.merge(Lease(name="reconciler", holder="one", fence=fence, expires_at=expires_at))
        session.merge(
            Heartbeat(
                name="reconciler",
                holder="one",
                fence=fence,
                elected_at=now,
                beat_at=now,
                ticked_at=now,
                facts=FACTS | facts,
            )
        )


def failing(api: Api, *, blocked: bool = False, **values: Any) -> uuid.UUID:
    """Put an assignment in the store whose ending fails."""
    now = api.world.clock.now()
    row = Assignment(
        instance_arn=INSTANCE,
        account_id="111122223333",
        permission_set_arn=arn("AdministratorAccess"),
        principal_id=str(uuid.uuid4()),
        provenance=Provenance.BROKERED,
        created_at=now,
        stuck_since=now - timedelta(minutes=5),
        attempts=4,
        next_attempt_at=now + timedelta(hours=1),
        blocked_reason=GONE_USER if blocked else None,
        **{"last_error_code": "FAILED", "last_error": GONE_USER, "last_error_cause": "user_gone"} | values,
    )
    with api.world.store.writing() as session:
        session.add(row)
        session.flush()
        return row.id


def read(api: Api, **query: Any) -> Any:
    answer = api.auditor().get("/v1/reconciler", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_leader_that_looks_for_work_is_all_it_takes(api: Api) -> None:
    lead(api)
    shown = read(api)
    assert (shown["healthy"], shown["complaints"]) == (True, [])
    leader = shown["leader"]
    assert (leader["holder"], leader["fence"], leader["leading"]) == ("one", 7, True)
    assert shown["budget"] == FACTS["budget"]
    assert (shown["unrecorded"], shown["clock_offset_seconds"]) == (2, 0.25)
    (job,) = shown["jobs"]
    assert (job["name"], job["succeeded_at"]) == ("catalogue", "2026-01-05T08:00:00Z")


def test_it_is_told_also_when_nobody_has_ever_reconciled(api: Api) -> None:
    shown = read(api)
    assert shown["leader"] is None
    assert shown["complaints"] == ["no process reconciles: nothing begins and nothing ends until one does"]
    assert (shown["budget"], shown["jobs"], shown["unrecorded"]) == (None, [], None)


def test_a_leader_that_died_is_named_with_what_it_said_last(api: Api) -> None:
    lead(api)
    api.world.clock.advance(60)
    shown = read(api)
    assert not shown["leader"]["leading"]
    assert shown["leader"]["ticked_at"] == shown["leader"]["elected_at"]
    assert shown["complaints"][0].startswith("no process reconciles")


def test_a_leader_that_hangs_while_it_holds_the_lease_is_complained_about(api: Api) -> None:
    lead(api, lasting=3600)
    api.world.clock.advance(31)
    (complaint,) = read(api)["complaints"]
    assert "holds the lease, but has not since" in complaint


def test_what_another_leader_said_is_not_taken_for_the_words_of_this_one(api: Api) -> None:
    lead(api)
    with api.world.store.writing() as session:
        session.get_one(Lease, "reconciler").fence = 8
    shown = read(api)
    assert (shown["leader"]["fence"], shown["leader"]["ticked_at"]) == (8, None)
    assert shown["complaints"] == ["the process that reconciles has not said yet how it is doing"]


def test_a_clock_that_is_off_and_a_job_that_fails_are_complained_about(api: Api) -> None:
    job = FACTS["jobs"]["catalogue"] | {"error": "CallRejected: no"}
    lead(api, paused=["clock"], jobs={"catalogue": job})
    assert read(api)["complaints"] == [
        "nothing new begins, since our clock and AWS's are too far apart",
        "the job catalogue failed when it last ran: CallRejected: no",
    ]


def test_endings_that_fail_are_shown_with_what_to_do(api: Api) -> None:
    lead(api)
    stuck = failing(api, last_error_code="ConflictException", last_error="busy", last_error_cause="conflict")
    blocked = failing(api, blocked=True)
    shown = read(api)
    assert shown["complaints"] == [
        "1 ending fails, and is tried again",
        "1 ending is blocked for a reason outside Protem",
    ]
    assert (shown["stuck"]["by_cause"], shown["blocked"]["by_cause"]) == ({"conflict": 1}, {"user_gone": 1})
    for kind, row_id, cause in (
        ("stuck", stuck, Cause.CONFLICT),
        ("blocked", blocked, Cause.USER_GONE),
    ):
        (row,) = shown[kind]["first"]
        assert (row["id"], row["cause"], row["advice"]) == (str(row_id), cause, ADVICE[cause])
    (paused,) = shown["paused_accounts"]
    assert (paused["account_id"], paused["endings"]) == ("111122223333", 1)
    assert read(api, first=0)["stuck"]["first"] == []


def test_grants_that_are_over_and_not_ended_are_shown_the_oldest_first(api: Api) -> None:
    lead(api, lasting=7200)
    granted = api.granted()
    api.world.clock.advance(4 * 3600)
    lead(api)
    shown = read(api)["overdue"]
    assert shown["count"] == 1
    assert shown["oldest_seconds"] > 0
    (first,) = shown["first"]
    assert (first["grant_id"], first["over_at"]) == (granted["id"], granted["ends_at"])
    assert first["assignment"]["id"] == granted["assignment_id"]


def test_the_causes_of_a_version_that_wrote_none_down_are_told_from_the_errors(api: Api) -> None:
    failing(api, last_error_cause=None)
    failing(api, last_error_cause="a_cause_of_a_later_version")
    assert read(api)["stuck"]["by_cause"] == {"user_gone": 2}
    listed = api.admin().get("/v1/assignments", params={"stuck": "true"}).json()["items"]
    assert [row["cause"] for row in listed] == ["user_gone", "user_gone"]
    assert api.admin().get("/v1/assignments", params={"stuck": "false"}).json()["items"] == []


def retried(api: Api) -> list[AuditEvent]:
    with api.world.store.reading() as session:
        return session.query(AuditEvent).filter_by(type="assignment.retried").all()


def test_what_failed_is_tried_again_now_and_forgets_nothing(api: Api) -> None:
    row_id = failing(api, blocked=True)
    answer = api.admin().post(f"/v1/assignments/{row_id}/retry")
    assert answer.status_code == 202
    shown = answer.json()
    assert shown["next_attempt_at"] == api.world.clock.now().isoformat().replace("+00:00", "Z")
    assert (shown["last_error"]["attempts"], shown["blocked_reason"]) == (4, GONE_USER)
    (event,) = retried(api)
    assert (event.caller, event.facts["cause"]) == ("admin:root", "user_gone")


def test_one_key_tries_again_once(api: Api) -> None:
    path = f"/v1/assignments/{failing(api)}/retry"
    key = {"Idempotency-Key": "again"}
    assert api.admin().post(path, headers=key).json() == api.admin().post(path, headers=key).json()
    assert len(retried(api)) == 1


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"attempts": 0, "stuck_since": None}, "nothing about this assignment has failed"),
        ({"next_attempt_at": None}, "nothing is to be done"),
        ({"force_closed_at": datetime(2026, 1, 5, tzinfo=UTC)}, "force-closed"),
    ],
)
def test_where_nothing_failed_nothing_is_tried_again(api: Api, values: dict[str, Any], says: str) -> None:
    row_id = failing(api)
    with api.world.store.writing() as session:
        row = session.get_one(Assignment, row_id)
        for name, value in values.items():
            setattr(row, name, value)
    answer = api.admin().post(f"/v1/assignments/{row_id}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing-to-retry")
    assert says in answer.json()["detail"]
    assert retried(api) == []


def test_no_grant_is_changed_by_a_retry(api: Api) -> None:
    granted = api.granted()
    with api.world.store.writing() as session:
        row = session.get_one(Assignment, uuid.UUID(granted["assignment_id"]))
        row.attempts, row.last_error_code, row.last_error = 3, "ConflictException", "busy"
        row.next_attempt_at = api.world.clock.now() + timedelta(minutes=5)
    assert api.admin().post(f"/v1/assignments/{granted['assignment_id']}/retry").status_code == 202
    with api.world.store.reading() as session:
        grant = session.get_one(Grant, uuid.UUID(granted["id"]))
        assert (grant.ends_at.isoformat().replace("+00:00", "Z"), grant.revoked_at) == (
            granted["ends_at"],
            None,
        )
