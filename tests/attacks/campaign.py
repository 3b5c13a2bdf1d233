"""`make fuzz`: every attack with many examples, and a table of what came of it.

python -m tests.attacks.campaign [EXAMPLES] [SEED]
"""

import logging
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random

import structlog

from protem.db.migrate import upgrade
from tests.attacks import (
    documents,
    injecting,
    openapi,
    test_credentials,
    test_cursors,
    test_documents,
    test_headers,
    workflow,
)
from tests.attacks.cast import KINDS
from tests.attacks.ground import Ground
from tests.attacks.probing import Probe
from tests.attacks.sending import Attack, Tally

EXAMPLES = 10
"""Of each operation in each mode; everything else follows from it."""


@contextmanager
def ground() -> Iterator[Ground]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'protem.db'}"
        upgrade(url)
        made = Ground(url)
        with made.api.http:
            made.seed()
            yield made
        made.world.store.close()


def document(examples: int, number: int) -> Tally:
    """Send cases of every operation, in order and not, each as every kind of caller in turn."""
    with ground() as here:
        attack = Attack(here, Random(number))
        for operation in openapi.operations(openapi.load(here.api.app)):
            for mode in openapi.MODES:
                for case in openapi.cases(operation, mode=mode, count=examples, number=number):
                    for kind in KINDS:
                        attack.send(attack.season(case), kind)
            here.unlock()
            here.pass_time()
        attack.tally.failures += here.wrongs()
        return attack.tally


def chains(examples: int, number: int) -> Tally:
    """Follow what answers lead to, as one kind of caller after another."""
    with ground() as here:
        attack = Attack(here, Random(number))
        workflow.run(openapi.load(here.api.app), attack, scenarios=30 * examples, steps=12, number=number)
        attack.tally.failures += here.wrongs()
        return attack.tally


def texts(examples: int, number: int) -> Tally:
    """Send entitlements that went wrong, and the largest that were made to hurt."""
    with ground() as here:
        probe, chance = Probe(here), Random(number)
        test_documents.send(probe, documents.mutated(chance, count=40 * examples))
        test_documents.send(probe, documents.mutated(chance, count=40 * examples, source=documents.PLAIN))
        test_documents.send(probe, {**documents.bombs(), **documents.ENCODED}.values())
        return _tally(probe, "POST /v1/entitlements/…")


def credentials(examples: int, number: int) -> Tally:
    """Present what is nearly a token."""
    with ground() as here:
        probe = Probe(here)
        test_credentials.present(probe)
        return _tally(probe, "GET /v1/me")


def cursors(examples: int, number: int) -> Tally:
    """Change every bit of every cursor, and give each to every list."""
    with ground() as here:
        probe = Probe(here)
        test_cursors.attack(probe, every=max(1, 30 // examples))
        return _tally(probe, "every list")


def headers(examples: int, number: int) -> Tally:
    """Send every odd value in every header that means something to somebody."""
    with ground() as here:
        probe = Probe(here)
        test_headers.attack(probe, every=max(1, 20 // examples))
        return _tally(probe, "five calls")


def injections(examples: int, number: int) -> Tally:
    """Send every hostile text in every field."""
    with ground() as here:
        attack = injecting.attack(here, every=max(1, 20 // examples))
        return _tally(attack.probe, f"every field, {attack.kept} kept, {attack.refused} refused by name")


def _tally(probe: Probe, what: str) -> Tally:
    tally = Tally(failures=[*probe.failures, *probe.ground.wrongs()])
    tally.statuses.update({(what, "", status): count for status, count in probe.statuses.items()})
    return tally


CAMPAIGNS: Mapping[str, Callable[[int, int], Tally]] = {
    "document": document,
    "chains": chains,
    "texts": texts,
    "credentials": credentials,
    "cursors": cursors,
    "headers": headers,
    "injections": injections,
}


def main(examples: int = EXAMPLES, number: int = 8) -> int:
    """Run every campaign; the number of failures is the exit status, up to what one can say."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    failures: list[str] = []
    for name, campaign in CAMPAIGNS.items():
        began = time.process_time()
        tally = campaign(examples, number)
        report(name, tally, seconds=time.process_time() - began)
        failures += tally.failures
    sys.stderr.write("\n\n".join(failures))
    return min(len(failures), 100)


def report(name: str, tally: Tally, *, seconds: float) -> None:
    """Print a line of totals, and how often there was which status."""
    operations = {operation for operation, _, _ in tally.statuses}
    callers = {kind for _, kind, _ in tally.statuses}
    statuses = "  ".join(f"{status}: {count}" for status, count in sorted(tally.by_status().items()))
    sys.stdout.write(
        f"{name}: {len(operations)} operations × {len(callers)} callers, {tally.sent} sent, "
        f"{len(tally.failures)} failures, {seconds:.0f} s of processor time\n  {statuses}\n"
    )


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
