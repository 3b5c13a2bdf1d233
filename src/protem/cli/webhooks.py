"""`protem webhooks`: where events are sent, and what became of them on the way."""

from typing import Annotated, Any

from typer import Argument, BadParameter, Option, Typer

from protem.cli import options, output
from protem.cli.client import Client, connect
from protem.cli.group import Commands
from protem.domain import durations

app = Typer(cls=Commands, add_completion=False, help="Where events are sent, and what became of them.")

WebhookId = Annotated[str, Argument(metavar="WEBHOOK", help="The id of a webhook.")]
DeliveryId = Annotated[str, Argument(metavar="DELIVERY", help="The id of a delivery.")]
Types = Annotated[
    list[str] | None,
    Option(
        "--type", metavar="TYPE", help="Send these only, such as request.submitted or 'grant.*'; repeat it."
    ),
]
Description = Annotated[str | None, Option(help="What it is for.")]
Limit = Annotated[int, Option(min=1, max=10_000, help="How many at most.")]


@app.command("list")
def list_(*, limit: Limit = 50, as_json: options.AsJson = False) -> None:
    """List the webhooks, the newest first."""
    with connect() as client:
        found = list(client.items("/v1/webhooks", limit=limit))
    if as_json:
        output.show_json(found)
        return
    columns = ["ID", "URL", "TYPES", "STATE", "DESCRIPTION"]
    output.show_table(columns, (_row(shown) for shown in found))


@app.command()
def create(
    url: Annotated[str, Argument(metavar="URL", help="Where to send: https://host/path.")],
    *,
    types: Types = None,
    description: Description = None,
    since: Annotated[
        int | None, Option("--from", metavar="NUMBER", help="Begin with this event instead of the next.")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Have events sent to an address, and print the secret that signs them; it is not shown again."""
    body = {
        "url": url,
        "description": description or "",
        "types": types or [],
        "from_sequence": since,
    }
    with connect() as client:
        _show_secret(client.create("/v1/webhooks", body), as_json=as_json)


@app.command()
def show(webhook_id: WebhookId, *, as_json: options.AsJson = False) -> None:
    """Show a webhook."""
    with connect() as client:
        _show(client.get(_path(webhook_id)), as_json=as_json)


@app.command()
def edit(
    webhook_id: WebhookId,
    *,
    url: Annotated[str | None, Option(help="Send there from now on.")] = None,
    types: Types = None,
    all_types: Annotated[bool, Option("--all-types", help="Send every type.")] = False,
    description: Description = None,
    enabled: Annotated[
        bool | None,
        Option("--enable/--disable", help="Whether anything is sent; it goes on where it stopped."),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Change a webhook as it is now; nothing else is changed if somebody is faster."""
    if types and all_types:
        raise BadParameter("give either --type or --all-types", param_hint="--all-types")
    body = {
        "url": url,
        "description": description,
        "types": [] if all_types else types,
        "enabled": enabled,
    }
    with connect() as client:
        version = client.get(_path(webhook_id))["version"]
        headers = {"If-Match": f'"{version}"'}
        changed = client.send("PATCH", _path(webhook_id), body=body, headers=headers).json()
    _show(changed, as_json=as_json)


@app.command()
def rotate(
    webhook_id: WebhookId,
    *,
    overlap: Annotated[str, Option(metavar="DURATION", help="How long the old secret signs, too.")] = "P1D",
    as_json: options.AsJson = False,
) -> None:
    """Make a new secret and print it; it is not shown again."""
    body = {"overlap": durations.text(options.duration(overlap))}
    with connect() as client:
        _show_secret(client.create(_path(webhook_id, "rotate"), body), as_json=as_json)


@app.command("test")
def send_test(webhook_id: WebhookId, *, as_json: options.AsJson = False) -> None:
    """Have a test message sent now; `protem webhooks deliveries` shows what came of it."""
    with connect() as client:
        made = client.create(_path(webhook_id, "test"), None)
    if as_json:
        output.show_json(made)
    else:
        output.say(f"Delivery {made['id']} is {output.clean(made['state'])}")


@app.command()
def delete(webhook_id: WebhookId) -> None:
    """Send nothing there any more, and forget its secrets."""
    with connect() as client:
        client.send("DELETE", _path(webhook_id))
    output.say(f"Webhook {output.clean(webhook_id)} is deleted.")


@app.command()
def deliveries(
    webhook_id: WebhookId,
    *,
    state: Annotated[str | None, Option(help="pending, delivered or abandoned.")] = None,
    limit: Limit = 50,
    as_json: options.AsJson = False,
) -> None:
    """List what was sent to a webhook, the newest first, with the last attempt at what is not delivered."""
    with connect() as client:
        found = list(client.items(_path(webhook_id, "deliveries"), limit=limit, state=state))
        if as_json:
            output.show_json(found)
            return
        columns = ["ID", "EVENT", "NUMBER", "STATE", "ATTEMPTS", "NEXT", "LAST"]
        output.show_table(columns, [_tried(client, shown) for shown in found])


@app.command()
def redeliver(webhook_id: WebhookId, delivery_id: DeliveryId, *, as_json: options.AsJson = False) -> None:
    """Have an event sent once more, whatever became of it."""
    path = _path(webhook_id, "deliveries", delivery_id, "redeliver")
    with connect() as client:
        made = client.post(path, None)
    if as_json:
        output.show_json(made)
    else:
        output.say(f"Delivery {made['id']} is {output.clean(made['state'])}")


def _path(*parts: str) -> str:
    return "/".join(("/v1/webhooks", *(options.path_part(part) for part in parts)))


def _show(shown: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        output.show_json(shown)
        return
    output.say(f"Webhook {shown['id']} {_state(shown)}")
    output.say(f"  {'url':<13}{output.clean(shown['url'])}")
    output.say(f"  {'types':<13}{output.clean(_types(shown))}")
    if shown["description"]:
        output.say(f"  {'description':<13}{output.clean(shown['description'])}")
    if shown["previous_secret_until"]:
        output.say(f"  {'old secret':<13}signs until {output.instant(shown['previous_secret_until'])}")


def _show_secret(shown: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        output.show_json(shown)
        return
    if shown["secret"] is None:
        output.warn("The answer was lost on the way, and the secret with it: rotate it to get another.")
    else:
        output.say(shown["secret"])
    output.warn(f"Webhook {shown['id']}; the secret is not shown again.")


def _row(shown: dict[str, Any]) -> list[object]:
    return [shown["id"], shown["url"], _types(shown), _state(shown), output.shortened(shown["description"])]


def _tried(client: Client, shown: dict[str, Any]) -> list[object]:
    last = "-"
    if shown["state"] != "delivered" and shown["attempt_count"]:
        attempts = client.get(_path(shown["webhook_id"], "deliveries", shown["id"]))["attempts"]
        last = next((f"{one['status'] or ''} {one['error'] or ''}".strip() for one in attempts), "-")
    return [
        shown["id"],
        shown["event_id"],
        shown["sequence"] or "test",
        shown["state"],
        shown["attempt_count"],
        output.instant(shown["next_attempt_at"]),
        last,
    ]


def _types(shown: dict[str, Any]) -> str:
    return " ".join(shown["types"]) or "all"


def _state(shown: dict[str, Any]) -> str:
    return "is enabled" if shown["enabled"] else f"is disabled: {output.clean(shown['disabled_because'])}"
