"""Looking at the reconciler from a terminal, trying again, and giving up, against the API on a real port."""

import json
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from protem.db.models import Assignment, Heartbeat, PermissionSet, Provenance
from tests.cli.conftest import Invoke, Served

GONE = "111111111111"


def failing(served: Served) -> str:
    """Put an ending in the store that is blocked, in an account that nobody knows."""
    store = served.world.runtime.store
    with store.writing() as session:
        permission_set, now = session.scalars(select(PermissionSet)).first(), store.now(session)
        assert permission_set
        row = Assignment(
            instance_arn=permission_set.instance_arn,
            account_id=GONE,
            permission_set_arn=permission_set.arn,
            principal_id=str(uuid.uuid4()),
            provenance=Provenance.BROKERED,
            created_at=now,
            stuck_since=now,
            attempts=3,
            next_attempt_at=now + timedelta(hours=1),
            blocked_reason="\x1b[2Jno such account",
            last_error_code="ResourceNotFoundException",
            last_error="\x1b[2Jno such account",
            last_error_cause="account_gone",
        )
        session.add(row)
        session.flush()
        return str(row.id)


def forget(served: Served, row_id: str) -> None:
    with served.world.runtime.store.writing() as session:
        row = session.get_one(Assignment, uuid.UUID(row_id))
        row.stuck_since = row.blocked_reason = row.next_attempt_at = None
        row.provenance = Provenance.NONE


def shown(invoke: Invoke, served: Served) -> Any:
    return json.loads(invoke("status", "--json", env=served.environment("AUDITOR")).stdout)


def test_a_failing_ending_is_shown_with_what_to_do_and_the_exit_code_says_so(
    invoke: Invoke, served: Served
) -> None:
    row_id = failing(served)
    looked = invoke("status", env=served.environment("AUDITOR"))
    assert looked.exit_code == 1
    assert "! 1 ending is blocked for a reason outside Protem" in looked.stdout
    assert row_id in looked.stdout
    assert "two admins give the ending up with `protem force-close`" in looked.stdout
    assert "\x1b" not in looked.stdout
    assert invoke("status", "--json", env=served.environment("AUDITOR")).exit_code == 1
    forget(served, row_id)


def test_a_leader_is_seen_to_beat(invoke: Invoke, served: Served) -> None:
    leader = shown(invoke, served)["leader"]
    with served.world.runtime.store.reading() as session:
        beat = session.get(Heartbeat, "reconciler")
    assert leader["leading"]
    assert beat is None or beat.fence == leader["fence"]


def test_what_failed_is_tried_again(invoke: Invoke, served: Served) -> None:
    row_id = failing(served)
    tried = invoke("retry", row_id, env=served.environment("ADMIN"))
    assert (tried.exit_code, tried.stdout.startswith("It is tried again now: ")) == (0, True)
    refused = invoke("retry", str(uuid.uuid4()), env=served.environment("ADMIN"))
    assert (refused.exit_code, refused.stderr.partition(":")[0]) == (1, "not-found")
    forget(served, row_id)


def test_an_ending_is_given_up_by_two(invoke: Invoke, served: Served) -> None:
    row_id = failing(served)
    given_up = invoke("force-close", row_id, "--comment", "sold", env=served.environment("ADMIN"))
    assert given_up.exit_code == 0, given_up.output
    assert "Nothing has happened yet" in given_up.stdout or "Given up: " in given_up.stdout
    silent = invoke("force-close", row_id, env=served.environment("ADMIN"))
    assert silent.exit_code == 2
    forget(served, row_id)
