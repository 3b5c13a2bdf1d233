"""The beginning of every simulation, on a server of PostgreSQL."""

import os
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import NullPool, create_engine, make_url, text

from protem.db.migrate import upgrade
from tests.simulation.estate import fill


@dataclass(frozen=True)
class Databases:
    """What one process plays on: a database that is filled once, and a copy of it for each simulation."""

    server: str

    @cached_property
    def template(self) -> str:
        name = self._made("template", "template0")
        upgrade(self._url(name))
        fill(self._url(name))
        return name

    def copy(self) -> str:
        """Return the URL of a copy, which the next call replaces."""
        return self._url(self._made("played", self.template))

    def _made(self, kind: str, like: str) -> str:
        name = f"simulation_{kind}_{os.getpid()}"
        engine = create_engine(self.server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {like} STRATEGY file_copy"))
        return name

    def _url(self, name: str) -> str:
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)
