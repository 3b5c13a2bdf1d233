"""`protem changes`, `change`, `confirm` and `reject`: what takes the word of two admins."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import typer
from typer import Argument, Option

from protem.cli import options, output, plans
from protem.cli.client import connect

ChangeId = Annotated[str, Argument(metavar="CHANGE", help="The id of a change.")]
Comment = Annotated[str, Option(help="Why; it stays on record.")]

_LONG = frozenset({"source"})
"""Arguments that are shown by what they would change."""


def changes(
    *,
    state: Annotated[
        str | None, Option(help="Only those that are pending, confirmed, rejected or expired.")
    ] = None,
    limit: Annotated[int, Option(min=1, max=10_000, help="How many at most.")] = 50,
    as_json: options.AsJson = False,
) -> None:
    """List what admins proposed and what became of it, the newest first."""
    with connect() as client:
        found = list(client.items("/v1/changes", limit=limit, state=state))
    if as_json:
        output.show_json(found)
        return
    output.show_table(["ID", "STATE", "WHAT", "BY", "SINCE", "UNTIL"], (_row(shown) for shown in found))


def change(change_id: ChangeId, *, as_json: options.AsJson = False) -> None:
    """Show a change, with what it would do as things are now."""
    with connect() as client:
        shown = client.get(_path(change_id))
    if as_json:
        output.show_json(shown)
    else:
        _show(shown, beside=False)


def confirm(
    change_id: ChangeId, *, comment: Comment = "", yes: options.Yes = False, as_json: options.AsJson = False
) -> None:
    """Show what another admin proposed, and have it take effect."""
    _answer(change_id, "confirm", comment=comment, yes=yes, as_json=as_json)


def reject(
    change_id: ChangeId, *, comment: Comment = "", yes: options.Yes = False, as_json: options.AsJson = False
) -> None:
    """Show what an admin proposed, and have it never take effect; your own, too."""
    _answer(change_id, "reject", comment=comment, yes=yes, as_json=as_json)


def waits(answer: Any) -> tuple[str, ...]:
    """Return what to say of an answer that is a change which waits; nothing of any other."""
    if "change" not in answer:
        return ()
    shown = answer["change"]
    until = output.instant(shown["expires_at"])
    return (
        f"Nothing has happened yet: {output.clean(shown['summary'])}",
        f"waits for another admin until {until}: protem confirm {shown['id']}",
    )


def _answer(
    change_id: str, verb: Literal["confirm", "reject"], *, comment: str, yes: bool, as_json: bool
) -> None:
    with connect() as client:
        _show(client.get(_path(change_id)), beside=as_json)
        if not yes:
            typer.confirm(f"{verb.capitalize()} this?", abort=True, err=as_json)
        answered = client.post(f"{_path(change_id)}/{verb}", {"comment": comment})
    if as_json:
        output.show_json(answered)
    else:
        output.say("", *_lines(answered))


def _path(change_id: str) -> str:
    return f"/v1/changes/{options.path_part(change_id)}"


def _show(shown: Any, *, beside: bool) -> None:
    for line in (*_lines(shown), *_arguments(shown)):
        (output.warn if beside else output.say)(line)
    if shown["plan"]:
        plans.show(shown["plan"], beside=beside)


def _lines(shown: Any) -> Iterator[str]:
    yield f"Change {shown['id']} is {output.clean(shown['state'])}"
    yield f"  {output.clean(shown['summary'])}"
    proposed = output.instant(shown["proposed_at"])
    yield f"  proposed by {output.clean(shown['proposed_by'])} at {proposed}"
    if shown["answered_by"]:
        said = f": {output.clean(shown['comment'])}" if shown["comment"] else ""
        yield f"  answered by {output.clean(shown['answered_by'])}{said}"
    elif shown["state"] == "pending":
        yield f"  waits until {output.instant(shown['expires_at'])}"


def _arguments(shown: Any) -> Iterator[str]:
    for name, value in shown["arguments"].items():
        if name not in _LONG:
            yield f"  {output.clean(name)}: {output.clean(value)}"
    if shown["hindrance"]:
        yield f"! {output.clean(shown['hindrance'])}"


def _row(shown: Any) -> list[object]:
    return [
        shown["id"],
        shown["state"],
        output.shortened(shown["summary"]),
        shown["proposed_by"],
        output.instant(shown["proposed_at"]),
        output.instant(shown["expires_at"]),
    ]
