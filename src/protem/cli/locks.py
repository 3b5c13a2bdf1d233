"""`protem lock`, `locks` and `unlock`: emergency stops; none of them asks whether you are sure."""

from collections.abc import Iterator
from typing import Annotated, Any

from typer import Argument, BadParameter, Option

from protem.cli import options, output
from protem.cli.changes import waits
from protem.cli.client import connect
from protem.domain import durations
from protem.domain.locks import LockKind

_KINDS = ", ".join(kind.value.replace("_", "-") for kind in LockKind)

Kind = Annotated[str, Argument(metavar="KIND", help=f"What it is on: {_KINDS}.")]
Subject = Annotated[
    str | None, Argument(metavar="SUBJECT", help="Its name or id; leave it out for everything.")
]
Reason = Annotated[str, Option("--reason", "-r", help="Why; whoever is kept from something is told.")]
For = Annotated[str | None, Option("--for", metavar="DURATION", help="Until then only, such as PT4H or 4h.")]
LockId = Annotated[str, Argument(metavar="LOCK", help="The id of a lock.")]


def lock(
    kind: Kind,
    subject: Subject = None,
    *,
    reason: Reason,
    holds_for: For = None,
    as_json: options.AsJson = False,
) -> None:
    """Stop access at once: nothing is asked for, approved or begun, and what is live ends."""
    duration = durations.text(options.duration(holds_for)) if holds_for else None
    body = {"kind": _kind(kind), "subject": subject, "reason": reason, "duration": duration}
    with connect() as client:
        _show(client.create("/v1/locks", body), as_json=as_json)


def locks(
    *,
    holding: Annotated[bool, Option("--holding", help="Only those that hold now.")] = False,
    limit: Annotated[int, Option(min=1, max=10_000, help="How many at most.")] = 50,
    as_json: options.AsJson = False,
) -> None:
    """List the locks, the newest first."""
    with connect() as client:
        found = list(client.items("/v1/locks", limit=limit, holding="true" if holding else None))
    if as_json:
        output.show_json(found)
        return
    columns = ["ID", "ON", "REASON", "BY", "SINCE", "UNTIL", "STATE"]
    output.show_table(columns, (_row(shown) for shown in found))


def unlock(lock_id: LockId, *, as_json: options.AsJson = False) -> None:
    """Lift a lock: people can ask again, and what it ended stays ended; it may take two admins."""
    with connect() as client:
        lifted = client.send("DELETE", f"/v1/locks/{options.path_part(lock_id)}").json()
    if (said := waits(lifted)) and not as_json:
        output.say(*said)
    else:
        _show(lifted, as_json=as_json)


def _kind(text: str) -> str:
    kind = text.strip().lower().replace("-", "_")
    if kind not in {known.value for known in LockKind}:
        raise BadParameter(f"a lock is on one of: {_KINDS}", param_hint="KIND")
    return kind


def _show(shown: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        output.show_json(shown)
    else:
        output.say(*_described(shown))


def _described(shown: dict[str, Any]) -> Iterator[str]:
    until = (
        f" until {output.instant(shown['expires_at'])}" if shown["holding"] and shown["expires_at"] else ""
    )
    yield f"Lock {shown['id']} on {_subject(shown)} {_state(shown)}{until}"
    yield f"  {output.clean(shown['reason'])}"


def _subject(shown: dict[str, Any]) -> str:
    kind = output.clean(shown["kind"]).replace("_", " ")
    return f"{kind} {output.clean(shown['subject']['name'])}" if shown["subject"] else kind


def _state(shown: dict[str, Any]) -> str:
    if shown["holding"]:
        return "holds"
    return f"was lifted by {output.clean(shown['lifted_by'])}" if shown["lifted_by"] else "is over"


def _row(shown: dict[str, Any]) -> list[object]:
    return [
        shown["id"],
        _subject(shown),
        output.shortened(shown["reason"]),
        shown["created_by"],
        output.instant(shown["created_at"]),
        output.instant(shown["expires_at"]),
        _state(shown),
    ]
