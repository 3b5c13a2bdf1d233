"""How Alembic reaches the database: by the connection that `protem migrate` hands over, or by URL."""

import os

from alembic import context

from protem.db import engine as engines
from protem.db.models import Table

options = {
    "target_metadata": Table.metadata,
    "compare_type": True,
    "compare_server_default": True,
    "transaction_per_migration": True,
}


def run() -> None:
    connection = context.config.attributes.get("connection")
    if connection is not None:
        context.configure(connection=connection, **options)
        with context.begin_transaction():
            context.run_migrations()
        return
    engine = engines.create(os.environ.get("PROTEM_DATABASE_URL", "sqlite:///protem.db"), pool_size=1)
    with engine.connect() as opened:
        context.configure(connection=opened, **options)
        with context.begin_transaction():
            context.run_migrations()


run()
