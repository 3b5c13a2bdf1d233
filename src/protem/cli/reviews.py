"""`protem reviews` and `protem review`: broken glass, and saying that one has looked at it."""

from typing import Annotated, Any

from typer import Argument, Option, confirm

from protem.cli import describing, options, output
from protem.cli.changes import waits
from protem.cli.client import connect

ReviewId = Annotated[str, Argument(metavar="REVIEW", help="The id of a review.")]


def reviews(
    *,
    still_open: Annotated[bool, Option("--open", help="Only those that somebody has to look at.")] = False,
    limit: Annotated[int, Option(min=1, max=10_000, help="How many at most.")] = 50,
    act_as: options.ActAs = None,
    as_json: options.AsJson = False,
) -> None:
    """List the broken glass that you may see, the newest first."""
    only = "true" if still_open else None
    with connect(act_as=act_as) as client:
        found = list(client.items("/v1/reviews", limit=limit, open=only))
    if as_json:
        output.show_json(found)
        return
    columns = ["ID", "REQUEST", "FOR", "ACCESS", "BROKEN AT", "CLOSED AT", "WHY"]
    output.show_table(columns, (_row(shown) for shown in found))


def review(
    review_id: ReviewId,
    *,
    comment: Annotated[str, Option(help="What you found; it stays on record.")] = "",
    yes: options.Yes = False,
    act_as: options.ActAs = None,
    as_json: options.AsJson = False,
) -> None:
    """Show broken glass, and close its review."""
    path = f"/v1/reviews/{options.path_part(review_id)}"
    with connect(act_as=act_as) as client:
        shown = client.get(path)
        for line in describing.request(client.get(f"/v1/requests/{shown['request_id']}")):
            (output.warn if as_json else output.say)(line)
        if not yes:
            confirm("Close the review of this?", abort=True, err=as_json)
        closed = client.post(f"{path}/close", {"comment": comment})
    if as_json:
        output.show_json(closed)
    else:
        output.say("", *(waits(closed) or describing.review(closed)))


def _row(shown: dict[str, Any]) -> list[object]:
    return [
        shown["id"],
        shown["request_id"],
        shown["principal"]["user_name"],
        ", ".join(f"{one['account']['name']}/{one['permission_set']['name']}" for one in shown["targets"]),
        output.instant(shown["opened_at"]),
        output.instant(shown["closed_at"]),
        output.shortened(shown["justification"]),
    ]
