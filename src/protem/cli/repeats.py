"""`protem repeat`: asking again for what one asked for before."""

from typing import Annotated

from typer import Option

from protem.cli import describing, options, output, waiting
from protem.cli.client import connect


def repeat(
    request_id: options.RequestId,
    *,
    wait: Annotated[bool, Option("--wait", help="Come back when the access is there.")] = False,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print only the id of the new request.")] = False,
    act_as: options.ActAs = None,
    as_json: options.AsJson = False,
) -> None:
    """Ask for the same again, under the rules of today."""
    with connect(act_as=act_as) as client:
        made = client.create(f"/v1/requests/{options.path_part(request_id)}/repeat", None)
        if quiet:
            output.say(made["id"])
        elif not as_json:
            output.say(*describing.request(made))
        if wait:
            made = waiting.until_active(client, made)
    if as_json:
        output.show_json(made)
    elif wait and not quiet:
        output.say("", *describing.request(made))
