"""What is exposed is what docs/metrics.md explains, with the labels that it names, and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from protem.app import create_app
from protem.broker.record.signing import SigningKey
from protem.runtime import Runtime
from protem.sandbox import Sandbox
from protem.settings import Settings

PAGE = Path(__file__).parents[1] / "docs" / "metrics.md"
_ROW = re.compile(r"^\| `(protem_\w+)` \| ([^|]*)\|", re.MULTILINE)
EVERY, RECONCILING = "Of every process", "Of a process that reconciles"

Labels = frozenset[str]


def explained(*sections: str) -> dict[str, Labels]:
    """Return the metrics of these sections of the page, with their labels."""
    parts = re.split(r"^## (.+)$", PAGE.read_text(), flags=re.MULTILINE)
    texts = dict(zip(parts[1::2], parts[2::2], strict=True))
    rows = [row for section in sections for row in _ROW.findall(texts[section])]
    return {name: frozenset(re.findall(r"`(\w+)`", labels)) for name, labels in rows}


def exposed(registry: CollectorRegistry) -> dict[str, Labels]:
    """Return what a scrape gives by the names that it is asked for, with the labels of its samples."""
    return {
        f"{family.name}_total" if family.type == "counter" else family.name: _labels(registry, family.name)
        | {label for sample in family.samples for label in sample.labels if label != "le"}
        for family in registry.collect()
        if family.name.startswith("protem_")
    }


def _labels(registry: CollectorRegistry, name: str) -> Labels:
    """Return the labels of what has no samples yet."""
    collector = registry._names_to_collectors.get(name)  # noqa: SLF001 - there is no other way to ask
    return frozenset(getattr(collector, "_labelnames", ()))


@pytest.fixture(params=[True, False], ids=["reconciling", "serving"])
def runtime(request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path) -> Iterator[Runtime]:
    key_file = tmp_path / "key.pem"
    SigningKey.make().save(key_file)
    settings = Settings(
        database_url=SecretStr(sqlite_url),
        audit_key_file=key_file,
        events_file=tmp_path / "events.jsonl",
        call_threads=2,
    )
    made = Runtime.build(settings, reconciler=request.param, mount=Sandbox().mount)
    yield made
    made.stop()


def test_every_metric_is_explained_with_its_labels_and_no_other_is(runtime: Runtime) -> None:
    create_app(runtime)
    sections = (EVERY,) if runtime.reconciling is None else (EVERY, RECONCILING)
    wanted = explained(*sections)
    found = exposed(runtime.metrics)
    assert set(found) == set(wanted)
    assert {name: labels for name, labels in found.items() if labels} == {
        name: wanted[name] for name, labels in found.items() if labels
    }
