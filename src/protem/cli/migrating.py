"""`protem migrate`: bring the database to the schema of this version."""

from protem.cli.console import database
from protem.cli.environment import settings
from protem.cli.output import say
from protem.db.migrate import upgrade


def migrate() -> None:
    """Bring the database of PROTEM_DATABASE_URL to the schema of this version."""
    with database():
        before, after = upgrade(settings().database_url.get_secret_value())
    if before == after:
        say(f"The database was at revision {after} already; nothing had to be done.")
    else:
        say(f"The database was {f'at revision {before}' if before else 'empty'} and is now at {after}.")
