"""`protem logins`: who is logged in with a browser, and ending that from elsewhere."""

from collections.abc import Mapping
from typing import Annotated, Any

from typer import Argument, Option, Typer

from protem.cli import options, output
from protem.cli.client import connect
from protem.cli.group import Commands

app = Typer(cls=Commands, add_completion=False, help="Logins with a browser: yours, or for admins all.")


@app.command("list")
def list_(
    *,
    limit: Annotated[int, Option(min=1, max=10_000, help="How many at most.")] = 50,
    as_json: options.AsJson = False,
) -> None:
    """List logins, the newest first, those that are over included."""
    with connect() as client:
        found = list(client.items("/v1/logins", limit=limit))
    if as_json:
        output.show_json(found)
        return
    columns = ["ID", "PERSON", "SINCE", "LAST USED", "EXPIRES", "ENDED"]
    output.show_table(columns, (_row(shown) for shown in found))


@app.command()
def end(
    login_id: Annotated[str, Argument(metavar="ID", help="As `protem logins list` shows it.")],
    *,
    as_json: options.AsJson = False,
) -> None:
    """End a login at once; whoever had it has to log in again."""
    with connect() as client:
        ended = client.send("DELETE", f"/v1/logins/{options.path_part(login_id)}").json()
    if as_json:
        output.show_json(ended)
    else:
        output.say(f"The login of {output.clean(ended['person']['user_name'])} is over.")


def _row(shown: Mapping[str, Any]) -> list[object]:
    instants = ("started_at", "last_used_at", "expires_at", "ended_at")
    return [shown["id"], shown["person"]["user_name"], *(output.instant(shown[name]) for name in instants)]
