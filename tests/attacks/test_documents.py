"""Whatever is sent as entitlements is planned or refused in bounded work, and puts nothing in force."""

import sys
from collections.abc import Iterable
from random import Random
from typing import Any

from protem.broker import documents as product
from protem.domain.errors import Refusal
from tests.attacks import documents
from tests.attacks.ground import Ground
from tests.attacks.probing import Probe

YAML = ("Content-Type", "application/yaml")
SMALL = 20_000
"""`make fuzz` sends the largest that are taken."""

CALLS_ANYWAY = 10_000
CALLS_A_BYTE = 60
"""Of functions in Python, however a document is made; what C does is linear, too, and much faster."""


def send(probe: Probe, sources: Iterable[bytes]) -> None:
    """Plan each document, and apply it against a version that is none."""
    admin = [*probe.ground.cast.headers("admin").items(), YAML]
    probe.send("GET", "/v1/me", admin)
    with probe.without_effect():
        for source in sources:
            probe.send("POST", "/v1/entitlements/plan", admin, source)
            probe.send("POST", "/v1/entitlements/apply", [*admin, ("If-Match", '"999"')], source)


def test_documents_that_went_wrong_are_refused_or_planned(small_ground: Ground) -> None:
    probe = Probe(small_ground)
    send(probe, documents.mutated(Random(8), count=30))
    send(probe, documents.mutated(Random(8), count=30, source=documents.PLAIN))
    assert not probe.failures, "\n".join(probe.failures)
    assert {200, 422} <= set(probe.statuses)


def test_documents_that_were_made_to_hurt_do_not(small_ground: Ground) -> None:
    probe = Probe(small_ground)
    send(probe, documents.bombs(SMALL).values())
    send(probe, documents.ENCODED.values())
    assert not probe.failures, "\n".join(probe.failures)
    assert set(probe.statuses) <= {200, 412, 413, 422}


def test_reading_takes_work_in_proportion_to_the_length() -> None:
    for name, source in {**documents.bombs(SMALL), **documents.ENCODED}.items():
        text = source.decode(errors="replace")
        assert calls(text) <= CALLS_A_BYTE * len(source) + CALLS_ANYWAY, name


def calls(source: str) -> int:
    """Return how many functions are called to read a document."""
    count = 0

    def counting(frame: Any, happened: str, argument: Any) -> None:
        nonlocal count
        count += happened == "call"

    before = sys.getprofile()
    sys.setprofile(counting)
    try:
        product.parse(source, file="entitlements.yaml")
    except Refusal:
        pass
    finally:
        sys.setprofile(before)
    return count
