"""What `protem demo` tells: where everything is, who plays, and what to paste."""

import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

from rich.console import Console
from rich.table import Table

from protem.cli.demo.world import World
from protem.domain import durations
from protem.domain.entitlements import Approval, Entitlement
from protem.sandbox.demo import ACCOUNTS, GROUPS, SUSPENDED

_NARROWEST = 120
_PARTS = {
    "ALICE": "a platform engineer, who asks",
    "DAVE": "an SRE lead, who approves",
    "SLACK": "a chat bot, which may ask and decide as others",
    "ADMIN": "applies entitlements, sees and revokes everything",
    "AUDITOR": "sees everything",
}


def show(world: World, *, api: str, aws: str) -> None:
    """Print all of it; what is meant for a shell is printed as it is, however long the lines."""
    console = Console(highlight=False, emoji=False, markup=False, soft_wrap=True)
    console.width = max(console.width, _NARROWEST)
    for title, content in _sections(world, api=api, aws=aws):
        console.print(f"\n{title}", style="bold")
        console.print(content)
    sys.stdout.flush()


def _sections(world: World, *, api: str, aws: str) -> Iterator[tuple[str, Table | str]]:
    yield "Protem is running; Ctrl-C ends it and leaves nothing behind", _places(api, aws)
    yield "Accounts in the sandbox", _accounts()
    yield "People in the sandbox", _people()
    yield "Who may have what", _rules(world)
    yield "Tokens, by the name of the variable below", _cast()
    yield "Paste into another terminal, then go on step by step", "\n".join(_exports(world, api))
    for paragraph in _walkthrough(world, aws).strip().split("\n\n"):
        title, _, lines = paragraph.partition("\n")
        yield title.removeprefix("# "), lines


def _places(api: str, aws: str) -> Table:
    table = _table()
    table.add_row("the API", f"{api}/v1, described at {api}/docs")
    table.add_row("the sandbox", f"{aws}, in place of AWS")
    return table


def _accounts() -> Table:
    table = _table("account", "id", "organizational unit", "env", "status")
    for name, (account_id, unit, env, _) in ACCOUNTS.items():
        table.add_row(name, account_id, unit, env, "SUSPENDED" if name == SUSPENDED else "ACTIVE")
    return table


def _people() -> Table:
    table = _table("group", "its members, all of them @example.com")
    for group, members in GROUPS.items():
        table.add_row(group, ", ".join(members))
    return table


def _rules(world: World) -> Table:
    names = {account_id: name for name, account_id in world.demo.accounts.items()}
    table = _table("entitlement", "for", "permission sets", "in", "at most", "with approval of")
    for rule in world.entitlements:
        table.add_row(
            rule.name,
            ", ".join((*rule.requesters.groups, *rule.requesters.users)),
            ", ".join(rule.permission_sets.names),
            _reach(rule, names),
            durations.text(rule.duration.maximum),
            _approvers(rule.approval),
        )
    return table


def _reach(rule: Entitlement, names: Mapping[str, str]) -> str:
    reached = "all" if rule.accounts.all else ", ".join(names[one] for one in rule.accounts.named)
    left_out = ", ".join(names[one] for one in rule.accounts.excluded)
    return f"{reached} but {left_out}" if left_out else reached


def _approvers(approval: Approval | None) -> str:
    if approval is None:
        return "nobody"
    steps = [", ".join((*step.approvers.groups, *step.approvers.users)) for step in approval.steps]
    return " and ".join(steps) + (f", also through {', '.join(approval.through)}" if approval.through else "")


def _cast() -> Table:
    table = _table()
    for name, part in _PARTS.items():
        table.add_row(name, part)
    return table


def _exports(world: World, api: str) -> Iterator[str]:
    command = Path(sys.argv[0]).resolve()
    if shutil.which("protem") is None and command.name == "protem":
        yield f'export PATH={shlex.quote(str(command.parent))}:"$PATH"'
    yield f"export PROTEM_URL={api}"
    yield from (f"export {name}={secret}" for name, secret in world.secrets.items())


def _walkthrough(world: World, aws: str) -> str:
    text = files("protem.cli.demo").joinpath("walkthrough.sh").read_text(encoding="utf-8")
    facts = {
        "@AWS@": aws,
        "@INSTANCE@": world.sandbox.instance_arn,
        "@ACCOUNT@": world.demo.accounts["shop-prod"],
        "@PERMISSION_SET@": world.demo.permission_sets["AdministratorAccess"],
    }
    for placeholder, fact in facts.items():
        text = text.replace(placeholder, fact)
    return text


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 0, 0, 2), header_style="dim", show_header=bool(columns))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
