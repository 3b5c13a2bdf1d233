"""`protem grants`, `revoke` and `extend`: what is owed, the red button, and asking for more time."""

from typing import Annotated, Any

from typer import Argument, Option

from protem.cli import describing, options, output, waiting
from protem.cli.client import connect
from protem.domain import durations


def grants(
    *,
    live: Annotated[bool, Option("--live", help="Only those that are not over.")] = False,
    state: Annotated[str | None, Option(help="Only those in this state, such as active.")] = None,
    limit: Annotated[int, Option(min=1, max=10_000, help="How many at most.")] = 50,
    act_as: options.ActAs = None,
    as_json: options.AsJson = False,
) -> None:
    """List the grants that you may see, the newest first."""
    only = "true" if live else None
    with connect(act_as=act_as) as client:
        found = list(client.items("/v1/grants", limit=limit, live=only, state=state))
    if as_json:
        output.show_json(found)
        return
    columns = ["ID", "STATE", "FOR", "ACCESS", "STARTS", "ENDS", "END"]
    output.show_table(columns, (_row(shown) for shown in found))


def revoke(
    grant_id: options.GrantId,
    *,
    comment: options.Comment = "",
    act_as: options.ActAs = None,
    as_json: options.AsJson = False,
) -> None:
    """End access now; it asks no questions."""
    path = f"/v1/grants/{options.path_part(grant_id)}/revoke"
    with connect(act_as=act_as) as client:
        shown = client.post(path, {"comment": comment})
    if as_json:
        output.show_json(shown)
    else:
        output.say(*describing.grant(shown))


def extend(
    grant_id: options.GrantId,
    longer: Annotated[str, Argument(metavar="DURATION", help="How much longer, as in 30m.")],
    *,
    justification: Annotated[str, Option("--justification", "-j", help="Why; approvers read it.")] = "",
    ticket: Annotated[str | None, Option(help="The ticket that this is about.")] = None,
    wait: Annotated[bool, Option("--wait", help="Come back when it has been approved.")] = False,
    act_as: options.ActAs = None,
    as_json: options.AsJson = False,
) -> None:
    """Ask for access that you hold to last longer."""
    path = f"/v1/grants/{options.path_part(grant_id)}"
    asked = {"duration": durations.text(options.duration(longer)), "justification": justification}
    with connect(act_as=act_as) as client:
        shown = client.create(f"{path}/extend", asked | ({"ticket": ticket} if ticket else {}))
        waited = wait and shown["extension_request_id"]
        if waited and not as_json:
            output.say(*describing.grant(shown), "")
        if waited:
            waiting.until_active(client, client.get(f"/v1/requests/{waited}"))
            shown = client.get(path)
    if as_json:
        output.show_json(shown)
    else:
        output.say(*describing.grant(shown))


def _row(shown: dict[str, Any]) -> list[object]:
    return [
        shown["id"],
        shown["state"],
        shown["principal"]["user_name"],
        f"{shown['account']['name']}/{shown['permission_set']['name']}",
        output.instant(shown["starts_at"]),
        output.instant(shown["ends_at"]),
        shown["end_reason"] or "-",
    ]
