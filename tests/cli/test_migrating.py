"""`protem migrate` on the command line: which role is to serve."""

from sqlalchemy import make_url

from tests.cli.conftest import Invoke
from tests.db.test_privileges import Split, split

__all__ = ["split"]


def test_a_serving_role_is_confined_and_named(invoke: Invoke, split: Split) -> None:
    env = {"PROTEM_DATABASE_URL": split.owner}
    result = invoke("migrate", "--serving-role", split.role, env=env)
    assert result.exit_code == 0, result.output
    assert f"{split.role} may serve, and can neither change nor delete" in result.stdout
    assert split.excess(split.serving) == []


def test_a_role_that_could_do_everything_is_refused(invoke: Invoke, split: Split, sqlite_url: str) -> None:
    owner = str(make_url(split.owner).username)
    refused = invoke("migrate", "--serving-role", owner, env={"PROTEM_DATABASE_URL": split.owner})
    assert (refused.exit_code, refused.stderr.startswith("role-refused: ")) == (1, True)
    nowhere = invoke("migrate", "--serving-role", "x", env={"PROTEM_DATABASE_URL": sqlite_url})
    assert "SQLite" in nowhere.stderr
