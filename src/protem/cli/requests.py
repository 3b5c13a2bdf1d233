"""`protem request`, `requests` and `withdraw`: asking for access, and taking it back unanswered."""

from collections.abc import Mapping
from typing import Annotated, Any

from typer import Exit as Leave
from typer import Option

from protem.cli import describing, dry_runs, options, output, waiting
from protem.cli.client import connect
from protem.cli.failures import Exit, Failure
from protem.domain import durations

Targets = Annotated[
    list[str] | None,
    Option("--target", "-t", metavar="ACCOUNT/PERMISSION_SET", help="What to ask for; may be repeated."),
]
Accounts = Annotated[
    list[str] | None, Option("--account", help="An account's id or name; each with each permission set.")
]
PermissionSets = Annotated[
    list[str] | None, Option("--permission-set", help="A permission set's name or ARN.")
]


def request(
    *,
    target: Targets = None,
    account: Accounts = None,
    permission_set: PermissionSets = None,
    justification: Annotated[str, Option("--justification", "-j", help="Why; approvers read it.")] = "",
    duration: Annotated[
        str | None, Option("--duration", "-d", help="How long, as in 1h30m; else as the entitlement has it.")
    ] = None,
    entitlement: Annotated[str | None, Option(help="Which one, where several match.")] = None,
    ticket: Annotated[str | None, Option(help="The ticket that this is about.")] = None,
    starts_at: Annotated[
        str | None,
        Option(metavar="TIME", help="When to begin, as in 2026-01-05T09:00:00Z; else on approval."),
    ] = None,
    beneficiary: Annotated[
        str | None, Option(metavar="USER", help="Whose access it is to be, if not yours.")
    ] = None,
    dry_run: Annotated[
        bool, Option("--dry-run", help="Only say what would happen, why, and what to do.")
    ] = False,
    wait: Annotated[bool, Option("--wait", help="Come back when the access is there.")] = False,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print only the id of the request.")] = False,
    act_as: options.ActAs = None,
    as_json: options.AsJson = False,
) -> None:
    """Ask for access."""
    body = {
        "targets": _targets(target or [], account or [], permission_set or []),
        "justification": justification,
        "duration": durations.text(options.duration(duration)) if duration else None,
        "entitlement": entitlement,
        "ticket": ticket,
        "starts_at": starts_at,
        "beneficiary": beneficiary,
    }
    asked = {name: value for name, value in body.items() if value is not None}
    if dry_run:
        _try(asked, act_as=act_as, as_json=as_json)
        return
    with connect(act_as=act_as) as client:
        made = client.create("/v1/requests", asked)
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


def _try(asked: Mapping[str, Any], *, act_as: str | None, as_json: bool) -> None:
    with connect(act_as=act_as) as client:
        shown = client.send("POST", "/v1/requests", query={"dry_run": "true"}, body=asked).json()
    if as_json:
        output.show_json(shown)
    else:
        output.say(*dry_runs.told(shown))
    if dry_runs.refused(shown):
        raise Leave(int(Exit.REFUSED))


def requests(
    *,
    state: Annotated[str | None, Option(help="Only those in this state, such as pending.")] = None,
    relation: Annotated[
        str | None, Option(help="Only where you are requester, beneficiary or approver.")
    ] = None,
    limit: Annotated[int, Option(min=1, max=10_000, help="How many at most.")] = 50,
    act_as: options.ActAs = None,
    as_json: options.AsJson = False,
) -> None:
    """List the requests that you may see, the newest first."""
    with connect(act_as=act_as) as client:
        found = list(client.items("/v1/requests", limit=limit, state=state, relation=relation))
    if as_json:
        output.show_json(found)
        return
    columns = ["ID", "STATE", "FOR", "ACCESS", "HOW LONG", "ASKED AT", "WHY"]
    output.show_table(columns, (_row(shown) for shown in found))


def withdraw(
    request_id: options.RequestId, *, act_as: options.ActAs = None, as_json: options.AsJson = False
) -> None:
    """Take a request back before anybody has answered it."""
    with connect(act_as=act_as) as client:
        shown = client.post(f"/v1/requests/{options.path_part(request_id)}/withdraw", None)
    if as_json:
        output.show_json(shown)
    else:
        output.say(*describing.request(shown))


def _targets(pairs: list[str], accounts: list[str], permission_sets: list[str]) -> list[dict[str, str]]:
    """Return what is asked for: each pair, and each account with each permission set."""
    if bool(accounts) != bool(permission_sets):
        raise Failure.usage("--account and --permission-set go together; or use --target")
    wanted = [_pair(pair) for pair in pairs]
    wanted += [(account, permission_set) for account in accounts for permission_set in permission_sets]
    if not wanted:
        raise Failure.usage("say what to ask for, as in --target shop-prod/ReadOnlyAccess")
    return [{"account": account, "permission_set": permission_set} for account, permission_set in wanted]


def _pair(text: str) -> tuple[str, str]:
    account, found, permission_set = text.partition("/")
    if not (found and account and permission_set):
        raise Failure.usage(f"--target is written ACCOUNT/PERMISSION_SET, not {text}")
    return account, permission_set


def _row(shown: dict[str, Any]) -> list[object]:
    return [
        shown["id"],
        shown["state"],
        shown["beneficiary"]["user_name"],
        ", ".join(f"{one['account']['name']}/{one['permission_set']['name']}" for one in shown["targets"]),
        shown["duration"],
        output.instant(shown["created_at"]),
        output.shortened(shown["justification"]),
    ]
