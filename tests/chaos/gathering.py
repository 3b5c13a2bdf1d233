"""Read what a round has left behind, from the database, the sandbox and whoever was told."""

import json
from collections import defaultdict
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import httpx2
from sqlalchemy import Connection, text

from protem.broker.record.signing import SigningKey, known
from protem.broker.record.verifying import split, verify
from tests.chaos.center import STANDING, account_id
from tests.chaos.evidence import Call, Change, Event, Evidence, Owed, Suffered, Triple
from tests.chaos.installation import Installation, now
from tests.chaos.load import Load
from tests.chaos.template import AUDITOR

_GRANTS = """
SELECT grants.id, grants.account_id, grants.permission_set_arn, principal_id, grants.starts_at, ends_at,
    revoked_at, grants.state
FROM grants"""
_EVENTS = """
SELECT seals.sequence, type, request_id, assignment_id, audit_events.id
FROM seals JOIN audit_events ON audit_events.id = seals.event_id ORDER BY seals.sequence"""


def gather(
    installation: Installation, load: Load, suffered: list[Suffered], unsettled: str | None
) -> Evidence:
    """Return the evidence of a round."""
    seen = json.loads(installation.report().read_text())
    with installation.engine.connect() as connection:
        grants = [_owed(row) for row in connection.execute(text(_GRANTS))]
        recorded = [_event(row.sequence, row.type, row) for row in connection.execute(text(_EVENTS))]
        kept = _kept(connection)
    return Evidence(
        grants=grants,
        changes=[_change(one) for one in seen["operations"] if one["succeeded"]],
        calls=[
            Call(_instant(one["at"]), one["operation"], _triple(one["triple"]), one["outcome"])
            for one in seen["calls"]
        ],
        held=frozenset(_triple(one) for one in seen["held"]),
        standing=_standing(installation),
        quiet_at=now(),
        answered=load.answered,
        kept={key: kept.get(key, []) for key in load.asked},
        revoked=frozenset(load.revoked),
        recorded=recorded,
        delivered=[_arrived(json.loads(body)) for _, _, body in installation.receiver.received],
        filed=_filed(installation),
        suffered=suffered,
        damage=_damage(installation, load),
        unsettled=unsettled,
    )


def _standing(installation: Installation) -> frozenset[Triple]:
    """Return what was there when the sandbox began."""
    found = json.loads((installation.home / "standing.json").read_text())
    assert len(found) >= len(STANDING)
    assert {account for account, *_ in found} >= {account_id(number) for _, number in STANDING}
    return frozenset(_triple(one) for one in found)


def _owed(row: Any) -> Owed:
    over = [_instant(at) for at in (row.ends_at, row.revoked_at) if at is not None]
    triple = (row.account_id, row.permission_set_arn, row.principal_id)
    return Owed(_id(row.id), triple, _instant(row.starts_at), min(over), row.state)


def _change(one: dict[str, Any]) -> Change:
    return Change(_triple(one["triple"]), one["kind"] == "creation", _instant(one["finished_at"]))


def _kept(connection: Connection) -> dict[str, list[str]]:
    kept = defaultdict[str, list[str]](list)
    for row in connection.execute(text("SELECT id, justification FROM requests")):
        kept[row.justification.removeprefix("chaos ")].append(_id(row.id))
    return kept


def _filed(installation: Installation) -> list[Event]:
    path = installation.home / "events.jsonl"
    return [_arrived(json.loads(line)) for line in path.read_bytes().splitlines()] if path.exists() else []


def _arrived(document: dict[str, Any]) -> Event:
    """Return an event as the file or a webhook has it, which wraps it in its type and its time."""
    event = document.get("data", document)
    about = event.get("request_id") or event.get("assignment_id") or event["id"]
    return Event(event["sequence"], event["type"], about)


def _event(sequence: int, kind: str, row: Any) -> Event:
    return Event(sequence, kind, _id(row.request_id or row.assignment_id or row.id))


def _damage(installation: Installation, load: Load) -> str | None:
    """Export the record from whichever replica, and verify it as `protem audit verify` does."""
    answer = httpx2.get(
        f"{installation.replicas[0].url}/v1/audit-events/export",
        headers={"Authorization": f"Bearer {load.tokens[AUDITOR]}"},
        trust_env=False,
        timeout=30,
    )
    if not answer.is_success:
        return f"its export was answered with {answer.status_code}: {answer.text[:200]}"
    key = SigningKey.load(installation.home / "key.pem").public
    found = verify(split(BytesIO(answer.content)), keys=known([key]))
    return None if found.fault is None else f"{found.fault.damage}: {found.fault.message}"


def _triple(found: Any) -> Triple:
    account, permission_set, principal = found
    return account, permission_set, principal


def _id(found: object) -> str:
    """Return an id as the API shows it; SQLite keeps it without dashes."""
    plain = str(found).replace("-", "")
    return "-".join((plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:]))


def _instant(found: Any) -> datetime:
    at = found if isinstance(found, datetime) else datetime.fromisoformat(found)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
