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
from protem.domain.entitlements import Entitlement
from protem.domain.selectors import Accounts, People, PermissionSets, Wanted
from protem.sandbox.demo import ACCOUNTS, GROUPS, SUSPENDED

_NARROWEST = 120
_PARTS = {
    "ALICE": "a platform engineer, who asks",
    "DAVE": "an SRE lead, who approves",
    "JUDY": "security, who approves what is long and reviews broken glass",
    "SLACK": "a chat bot, which may ask and decide as others",
    "ADMIN": "applies entitlements, sees and revokes everything, alone: PROTEM_TWO_PERSON_RULE is off",
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
            _everyone(rule.requesters),
            _sets(rule.permission_sets),
            _reach(rule.accounts, names),
            durations.text(rule.duration.maximum),
            _approvers(rule),
        )
    return table


def _sets(wanted: PermissionSets) -> str:
    picked = ", ".join((*wanted.names, *wanted.patterns, *_tags(wanted.tags)))
    return f"{picked} but {', '.join(wanted.excluded)}" if wanted.excluded else picked


def _reach(wanted: Accounts, names: Mapping[str, str]) -> str:
    named = [names.get(one, one) for one in wanted.named]
    placed = " and ".join((*wanted.units, *_tags(wanted.tags)))
    reached = "all" if wanted.all else ", ".join(part for part in (*named, placed) if part)
    left_out = ", ".join(names.get(one, one) for one in wanted.excluded)
    return f"{reached} but {left_out}" if left_out else reached


def _tags(wanted: Wanted) -> Iterator[str]:
    return (f"{name}={'|'.join(sorted(values))}" for name, values in wanted)


def _approvers(rule: Entitlement) -> str:
    if rule.approval is None:
        return f"nobody, but {_everyone(rule.notify)} looks at it later" if rule.break_glass else "nobody"
    steps = [f"{_everyone(step.approvers)}{' at times' if step.when else ''}" for step in rule.approval.steps]
    relayed = f", also through {', '.join(rule.approval.through)}" if rule.approval.through else ""
    return " and ".join(steps) + relayed


def _everyone(people: People) -> str:
    owner = ("the owner",) if people.owner_tag else ()
    return ", ".join((*people.groups, *people.users, *owner))


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
    yield f"export AUDIT_KEY={shlex.quote(str(world.public_key))}"


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
