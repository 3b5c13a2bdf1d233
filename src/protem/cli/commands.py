"""Every command there is, by the name it is typed by, and where it is.

A command's module is imported when it is used: asking for access should not wait for a server's
libraries, nor need them to be in order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

from typer import Exit as Leave
from typer import Option, Typer
from typer.main import get_command

from protem import __version__
from protem.cli.group import Commands

_RUN, _OPERATE, _USE = "Run it", "Operate it", "Use it: PROTEM_URL says where, PROTEM_TOKEN who"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command, or a group of them, is defined, and under which heading it is listed."""

    panel: str
    module: str
    attribute: str


COMMANDS: Mapping[str, Place] = {
    "demo": Place(_RUN, "demo", "demo"),
    "serve": Place(_RUN, "serving", "serve"),
    "reconcile": Place(_RUN, "serving", "reconcile"),
    "sandbox": Place(_RUN, "sandbox", "sandbox"),
    "migrate": Place(_OPERATE, "migrating", "migrate"),
    "doctor": Place(_OPERATE, "doctor", "doctor"),
    "iam-policy": Place(_OPERATE, "iam_policy", "iam_policy"),
    "entitlements": Place(_OPERATE, "entitlements", "app"),
    "tokens": Place(_OPERATE, "tokens", "app"),
    "audit": Place(_OPERATE, "audit", "app"),
    "status": Place(_OPERATE, "status", "status"),
    "retry": Place(_OPERATE, "status", "retry"),
    "force-close": Place(_OPERATE, "status", "force_close"),
    "request": Place(_USE, "requests", "request"),
    "requests": Place(_USE, "requests", "requests"),
    "approve": Place(_USE, "decisions", "approve"),
    "deny": Place(_USE, "decisions", "deny"),
    "withdraw": Place(_USE, "requests", "withdraw"),
    "repeat": Place(_USE, "repeats", "repeat"),
    "grants": Place(_USE, "grants", "grants"),
    "revoke": Place(_USE, "grants", "revoke"),
    "extend": Place(_USE, "grants", "extend"),
    "receipt": Place(_USE, "receipts", "receipt"),
    "reviews": Place(_USE, "reviews", "reviews"),
    "review": Place(_USE, "reviews", "review"),
    "lock": Place(_USE, "locks", "lock"),
    "locks": Place(_USE, "locks", "locks"),
    "unlock": Place(_USE, "locks", "unlock"),
    "changes": Place(_USE, "changes", "changes"),
    "change": Place(_USE, "changes", "change"),
    "confirm": Place(_USE, "changes", "confirm"),
    "reject": Place(_USE, "changes", "reject"),
    "webhooks": Place(_USE, "webhooks", "app"),
    "logins": Place(_USE, "logins", "app"),
    "whoami": Place(_USE, "me", "whoami"),
}


class Whole(Commands):
    """All commands, each imported when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return _load(cmd_name, COMMANDS[cmd_name]) if cmd_name in COMMANDS else None


app = Typer(
    cls=Whole,
    name="protem",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"protem {__version__}")
        raise Leave


@app.callback()
def protem(
    *,
    version: Annotated[
        bool, Option("--version", callback=_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Just-in-time access for AWS IAM Identity Center: it ends on time."""


def _load(name: str, place: Place) -> Any:
    found = getattr(import_module(f"protem.cli.{place.module}"), place.attribute)
    if not isinstance(found, Typer):
        alone = Typer(add_completion=False)
        alone.command(name)(found)
        found = alone
    command: Any = get_command(found)
    command.name, command.rich_help_panel = name, place.panel
    return command
