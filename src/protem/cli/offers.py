"""`protem entitlements list` and `describe`: what can be asked for, and under which rules."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from typer import Argument, Option

from protem.cli import options, output
from protem.cli.client import Client, connect
from protem.cli.failures import Failure
from protem.cli.output import clean
from protem.domain import names

Name = Annotated[str, Argument(metavar="ENTITLEMENT", help="The name of an entitlement.")]

_MARGIN = 14
_SHOWN = 5


def list_(
    *,
    q: Annotated[
        str | None, Option("--q", metavar="TEXT", help="A part of a name, a description or an account's id.")
    ] = None,
    account: Annotated[str | None, Option(help="Only those with this account, by id or name.")] = None,
    permission_set: Annotated[
        str | None, Option(help="Only those with this permission set, by name or ARN.")
    ] = None,
    relation: Annotated[
        str | None, Option(help="Only where you are requester, requester_for, approver or reviewer.")
    ] = None,
    limit: Annotated[int, Option(min=1, max=10_000, help="How many at most.")] = 50,
    act_as: options.ActAs = None,
    as_json: options.AsJson = False,
) -> None:
    """List what you can ask for or approve, with the accounts and permission sets that are meant."""
    wanted = {"q": q, "account": account, "permission_set": permission_set, "relation": relation}
    with connect(act_as=act_as) as client:
        found = list(client.items("/v1/entitlements", limit=limit, **wanted))
    if as_json:
        output.show_json(found)
        return
    columns = ["NAME", "YOU ARE", "ACCOUNTS", "PERMISSION SETS", "HOW LONG", "APPROVAL"]
    output.show_table(columns, (_row(shown) for shown in found))


def describe(
    name: Name,
    *,
    accounts: Annotated[bool, Option("--accounts", help="Name every account, however many.")] = False,
    act_as: options.ActAs = None,
    as_json: options.AsJson = False,
) -> None:
    """Show one entitlement that concerns you, rule by rule."""
    with connect(act_as=act_as) as client:
        shown = _one(client, name)
        if accounts:
            path = f"/v1/entitlements/{options.path_part(shown['name'])}/accounts"
            shown["accounts"]["items"] = list(client.items(path, limit=100_000))
    if as_json:
        output.show_json(shown)
    else:
        output.say(*_told(shown, whole=accounts))


def _one(client: Client, name: str) -> dict[str, Any]:
    wanted = names.key(name)
    for shown in client.items("/v1/entitlements", limit=10_000, q=name):
        if names.key(shown["name"]) == wanted:
            return dict(shown)
    raise Failure("not-found", "there is no such entitlement, or it does not concern you")


def _row(shown: Mapping[str, Any]) -> list[object]:
    steps = shown["approval"]["steps"] if shown["approval"] else []
    return [
        shown["name"],
        ", ".join(shown["relations"]),
        _some(shown["accounts"]),
        _some(shown["permission_sets"]),
        f"{shown['default_duration']} to {shown['maximum_duration']}",
        ", ".join(step["name"] for step in steps) or "none",
    ]


def _some(listed: Mapping[str, Any], *, shown: int = _SHOWN) -> str:
    called = [one["name"] for one in listed["items"][:shown]]
    more = listed["count"] - len(called)
    return ", ".join(called) + (f" and {more} more" if more > 0 else "")


def _told(shown: Mapping[str, Any], *, whole: bool) -> Iterator[str]:
    yield f"{clean(shown['name'])}: {clean(shown['description']) or 'no description'}"
    count = len(shown["accounts"]["items"]) if whole else _SHOWN
    facts = {
        "you are": ", ".join(shown["relations"]) or "neither requester nor approver",
        "accounts": _some(shown["accounts"], shown=count),
        "access": _some(shown["permission_sets"]),
        "how long": f"{shown['default_duration']}, at most {shown['maximum_duration']}",
        "why": f"{shown['justification_minimum_length']} characters or more",
        "ticket": _ticket(shown["ticket"]),
        "hours": _hours(shown["allowed_hours"]),
        "at a time": shown["maximum_concurrent"],
        "again after": shown["cool_down"],
        "extension": _extension(shown["extension"]),
        "break-glass": "given at once, and reviewed afterwards" if shown["break_glass"] else None,
        "approval": None if shown["approval"] else "none: it is given at once",
    }
    yield from (_line(heading, fact) for heading, fact in facts.items() if fact)
    for step in (shown["approval"] or {"steps": ()})["steps"]:
        yield _line("approval", _step(step))


def _ticket(ticket: Mapping[str, Any]) -> str | None:
    looks = f"like {ticket['pattern']}" if ticket["pattern"] else ""
    return " ".join(part for part in ("required" if ticket["required"] else "", looks) if part) or None


def _hours(hours: Mapping[str, Any] | None) -> str | None:
    return f"{', '.join(hours['spans'])} ({hours['time_zone']})" if hours else None


def _extension(extension: Mapping[str, Any] | None) -> str | None:
    if extension is None:
        return None
    return f"at most {extension['maximum_count']}, of {extension['maximum']} each"


def _step(step: Mapping[str, Any]) -> str:
    owner = [f"the owner by tag {step['owner_tag']}"] if step["owner_tag"] else []
    people = ", ".join([*step["users"], *step["groups"], *owner])
    when = f", {' or '.join(step['when'])}" if step["when"] else ""
    return f"{step['required']} of {people} ({step['name']}){when}"


def _line(heading: str, text: object) -> str:
    return f"  {heading:<{_MARGIN}}{clean(text)}"
