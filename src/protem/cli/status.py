"""`protem status`, `retry` and `force-close`: whether all ends on time, and what to do where it does not."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from typer import Argument, Exit, Option

from protem.cli import failures, options, output
from protem.cli.changes import waits
from protem.cli.client import connect

AssignmentId = Annotated[str, Argument(metavar="ASSIGNMENT", help="The id of an assignment.")]


def status(
    *,
    first: Annotated[int, Option(min=0, max=100, help="How many failing endings to show.")] = 5,
    as_json: options.AsJson = False,
) -> None:
    """Say how the reconciler is doing; leaves with 1 if endings are overdue, or anything else is wrong."""
    with connect() as client:
        shown = client.get("/v1/reconciler", first=first)
    if as_json:
        output.show_json(shown)
    else:
        output.say(*_lines(shown))
    if not shown["healthy"]:
        raise Exit(failures.Exit.REFUSED)


def retry(assignment_id: AssignmentId, *, as_json: options.AsJson = False) -> None:
    """Have what failed tried again now, instead of when it would have been."""
    with connect() as client:
        shown = client.create(f"{_path(assignment_id)}/retry", None)
    if as_json:
        output.show_json(shown)
    else:
        output.say(f"It is tried again now: {_named(shown)}", *_trouble(shown))


def force_close(
    assignment_id: AssignmentId,
    *,
    comment: Annotated[str, Option(help="How you know that AWS cannot hold it; it stays on record.")],
    as_json: options.AsJson = False,
) -> None:
    """Give up an ending, since its account has left the organization; it may take two admins."""
    with connect() as client:
        answer = client.post(f"{_path(assignment_id)}/force-close", {"comment": comment})
    if as_json:
        output.show_json(answer)
    else:
        output.say(*(waits(answer) or (f"Given up: {_named(answer)}",)))


def _path(assignment_id: str) -> str:
    return f"/v1/assignments/{options.path_part(assignment_id)}"


def _lines(shown: Any) -> Iterator[str]:
    yield "All is well" if shown["healthy"] else "Not all is well"
    yield from (f"  ! {output.clean(complaint)}" for complaint in shown["complaints"])
    yield _leader(shown["leader"])
    yield f"to do    {_counted(shown['queue'])}; AWS is at {_counted(shown['operations'])}"
    yield _overdue(shown["overdue"])
    for name in ("stuck", "blocked"):
        yield from _failing(name, shown[name])
    for paused in shown["paused_accounts"]:
        since = output.instant(paused["since"])
        yield f"paused   nothing begins in {paused['account_id']}, where endings fail since {since}"
    yield from _from_memory(shown)


def _leader(leader: Any) -> str:
    if leader is None:
        return "leader   nobody has reconciled yet"
    who = f"{output.clean(leader['holder'])} (fence {leader['fence']})"
    looked = output.instant(leader["ticked_at"])
    if not leader["leading"]:
        return f"leader   nobody since {output.instant(leader['lease_expires_at'])}; the last was {who}"
    return f"leader   {who}, since {output.instant(leader['elected_at'])}; last looked for work at {looked}"


def _overdue(overdue: Any) -> str:
    if not overdue["count"]:
        return "overdue  none"
    return f"overdue  {overdue['count']}, the oldest since {output.instant(overdue['oldest_at'])}"


def _failing(name: str, failing: Any) -> Iterator[str]:
    yield f"{name:8} {_counted(failing['by_cause']) if failing['count'] else 'none'}"
    for row in failing["first"]:
        yield f"  {row['id']}  {_named(row)}"
        yield from _trouble(row)


def _trouble(row: Any) -> Iterator[str]:
    if (trouble := row["last_error"]) is None:
        return
    since = output.instant(trouble["stuck_since"])
    said = output.shortened(output.clean(trouble["detail"]))
    yield f"    {trouble['attempts']} tries, since {since}: {output.clean(trouble['code'])}: {said}"
    yield f"    {output.clean(row['advice'])}"


def _from_memory(shown: Any) -> Iterator[str]:
    if (budget := shown["budget"]) is not None:
        waiting = _counted(budget["waiting"])
        yield f"calls    {budget['rate']:g} of {budget['full_rate']:g} a second; waiting: {waiting}"
    if (offset := shown["clock_offset_seconds"]) is not None:
        yield f"clock    AWS's is {offset:+.1f} s from ours"
    for part in shown["catalogue"]:
        yield f"read     {output.clean(part['part'])}: {output.instant(part['completed_at'])}"


def _named(row: Any) -> str:
    principal, account = output.clean(row["principal_id"]), output.clean(row["account_id"])
    return f"{output.clean(row['permission_set_arn'])} of {principal} in {account}"


def _counted(counts: Mapping[str, int]) -> str:
    there = (f"{count} {output.clean(name).replace('_', ' ')}" for name, count in counts.items() if count)
    return ", ".join(there) or "nothing"
