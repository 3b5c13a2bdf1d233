"""`protem audit events`: what happened."""

from typing import Annotated, Any

from typer import Option

from protem.cli import options, output
from protem.cli.client import connect

Since = Annotated[str | None, Option(metavar="TIME", help="Not before this time: 2026-01-05T09:00:00Z.")]
Until = Annotated[str | None, Option(metavar="TIME", help="Before this time.")]


def events(
    *,
    type_: Annotated[
        list[str] | None,
        Option("--type", metavar="TYPE", help="Of this type; repeat it for any of several."),
    ] = None,
    caller: Annotated[str | None, Option(help="Whose credential it was.")] = None,
    acting_as: Annotated[str | None, Option(help="As whom a service acted.")] = None,
    principal: Annotated[str | None, Option(metavar="USER", help="Whom it happened to.")] = None,
    account: Annotated[str | None, Option(help="In which account: a name or an id.")] = None,
    permission_set: Annotated[str | None, Option(help="With which permission set: a name or an ARN.")] = None,
    request: Annotated[str | None, Option(metavar="REQUEST", help="About this request.")] = None,
    grant: Annotated[str | None, Option(metavar="GRANT", help="About this grant.")] = None,
    since: Since = None,
    until: Until = None,
    oldest_first: Annotated[bool, Option("--oldest-first", help="In the order in which it was.")] = False,
    limit: Annotated[int, Option(min=1, max=10_000, help="How many at most.")] = 50,
    as_json: options.AsJson = False,
) -> None:
    """Show what happened, the newest first."""
    wanted = {
        "type": type_,
        "caller": caller,
        "acting_as": acting_as,
        "principal": principal,
        "account": account,
        "permission_set": permission_set,
        "request_id": request,
        "grant_id": grant,
        "since": since,
        "until": until,
        "oldest_first": "true" if oldest_first else None,
    }
    with connect() as client:
        found = list(client.items("/v1/audit-events", limit=limit, **wanted))
    if as_json:
        output.show_json(found)
    else:
        output.show_table(["AT", "WHAT", "CALLER", "FOR", "ACCOUNT", "ABOUT"], map(_row, found))


def _row(event: dict[str, Any]) -> list[object]:
    acting = f" as {event['acting_as']}" if event["acting_as"] else ""
    return [
        output.instant(event["occurred_at"]),
        event["type"],
        f"{event['caller']}{acting}",
        event["principal_id"] or "-",
        event["account_id"] or "-",
        event["grant_id"] or event["request_id"] or "-",
    ]
