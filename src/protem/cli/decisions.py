"""`protem approve` and `protem deny`: deciding about exactly what was shown."""

from typing import Annotated, Literal

from typer import Option, confirm

from protem.cli import describing, options, output
from protem.cli.client import connect
from protem.domain import durations

Shorter = Annotated[str | None, Option("--duration", "-d", help="A shorter one than was asked for.")]


def approve(
    request_id: options.RequestId,
    *,
    duration: Shorter = None,
    comment: options.Comment = "",
    yes: options.Yes = False,
    act_as: options.ActAs = None,
    as_json: options.AsJson = False,
) -> None:
    """Show a request, and say yes to it."""
    _decide(
        request_id, "approve", duration=duration, comment=comment, yes=yes, act_as=act_as, as_json=as_json
    )


def deny(
    request_id: options.RequestId,
    *,
    comment: options.Comment = "",
    yes: options.Yes = False,
    act_as: options.ActAs = None,
    as_json: options.AsJson = False,
) -> None:
    """Show a request, and say no to it; one denial ends it."""
    _decide(request_id, "deny", duration=None, comment=comment, yes=yes, act_as=act_as, as_json=as_json)


def _decide(
    request_id: str,
    decision: Literal["approve", "deny"],
    *,
    duration: str | None,
    comment: str,
    yes: bool,
    act_as: str | None,
    as_json: bool,
) -> None:
    path = f"/v1/requests/{options.path_part(request_id)}"
    body = {"decision": decision, "comment": comment}
    if duration:
        body["duration"] = durations.text(options.duration(duration))
    with connect(act_as=act_as) as client:
        shown = client.get(path)
        for line in describing.request(shown):
            (output.warn if as_json else output.say)(line)
        if not yes:
            confirm(f"{decision.capitalize()} this?", abort=True, err=as_json)
        answered = client.post(f"{path}/decisions", body | {"digest": shown["digest"]})
    if as_json:
        output.show_json(answered)
    else:
        output.say("", *describing.request(answered))
