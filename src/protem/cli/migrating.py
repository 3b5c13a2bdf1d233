"""`protem migrate`: bring the database to the schema of this version."""

from typing import Annotated

from typer import Option

from protem.cli.console import database
from protem.cli.environment import settings
from protem.cli.failures import Failure
from protem.cli.output import say
from protem.db.migrate import upgrade
from protem.db.privileges import RoleRefused

ServingRole = Annotated[
    str | None,
    Option(metavar="NAME", help="A role of PostgreSQL that is to serve: it gets no more than that."),
]


def migrate(*, serving_role: ServingRole = None) -> None:
    """Bring the database of PROTEM_DATABASE_URL to the schema of this version."""
    try:
        with database():
            url = settings().database_url.get_secret_value()
            before, after = upgrade(url, serving_role=serving_role)
    except RoleRefused as refused:
        raise Failure("role-refused", str(refused)) from None
    if before == after:
        say(f"The database was at revision {after} already; nothing had to be done.")
    else:
        say(f"The database was {f'at revision {before}' if before else 'empty'} and is now at {after}.")
    if serving_role is not None:
        say(f"{serving_role} may serve, and can neither change nor delete what is on record.")
