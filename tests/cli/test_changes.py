"""What takes two admins, from two terminals."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from protem.broker import tokens
from protem.broker.callers import CONSOLE
from protem.broker.token_terms import Wish
from protem.cli.demo.world import source
from protem.db.models import TokenRole
from tests.cli.conftest import Invoke, Served


@pytest.fixture
def other(served: Served) -> Iterator[dict[str, str]]:
    """The environment of a second admin, while two are needed."""
    runtime = served.world.runtime
    with runtime.store.writing() as session:
        wish = Wish(name="other", role=TokenRole.ADMIN)
        issued = tokens.create(session, CONSOLE, wish, now=runtime.store.now(session))
    alone, runtime.admission = runtime.admission, replace(runtime.admission, two_persons=True)
    yield served.environment("ADMIN") | {"PROTEM_TOKEN": issued.secret}
    runtime.admission = alone


def test_one_proposes_and_the_other_confirms(
    invoke: Invoke, served: Served, other: dict[str, str], document: Path
) -> None:
    admin = served.environment("ADMIN")
    document.write_text(source().replace("PT8H", "PT7H"))
    applied = invoke("entitlements", "apply", "--yes", str(document), env=admin)
    assert "Nothing has happened yet: apply entitlements over version 1: change " in applied.stdout
    change = applied.stdout.rstrip().rpartition(" ")[2]
    assert f"protem confirm {change}" in applied.stdout

    assert change in invoke("changes", "--state", "pending", env=served.environment("AUDITOR")).stdout
    own = invoke("confirm", change, "--yes", env=admin)
    assert (own.exit_code, own.stderr.partition(":")[0]) == (1, "own-change")
    shown = invoke("change", change, env=other).stdout
    assert "  proposed by admin:admin at " in shown
    assert "duration.maximum: PT8H -> PT7H" in shown

    assert invoke("confirm", change, env=other, answers="n\n").exit_code == 1
    confirmed = invoke("confirm", change, "--comment", "looks right", env=other, answers="y\n")
    assert confirmed.exit_code == 0
    assert "answered by admin:other: looks right" in confirmed.stdout
    assert change not in invoke("changes", "--state", "pending", env=admin).stdout


def test_whoever_thinks_better_of_it_rejects_it(
    invoke: Invoke, served: Served, other: dict[str, str]
) -> None:
    admin = served.environment("ADMIN")
    invoke("lock", "account", "playground", "--reason", "a drill", env=admin)
    lock = invoke("locks", "--holding", env=admin).stdout.splitlines()[1].split()[0]
    waiting = invoke("unlock", lock, env=admin).stdout
    change = waiting.rstrip().rpartition(" ")[2]
    rejected = invoke("reject", change, "--yes", env=admin)
    assert f"Change {change} is rejected" in rejected.stdout
    late = invoke("confirm", change, "--yes", env=other)
    assert (late.exit_code, late.stderr.partition(":")[0]) == (1, "change-over")
