"""What the migrations build is what the models expect."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import NullPool, create_engine

from protem.db.models import Table


def test_migrations_and_models_agree(database_url: str) -> None:
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        migrated = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        differences = compare_metadata(migrated, Table.metadata)
    assert not differences, "the models have changed: write a migration (alembic revision --autogenerate)"
