"""The state of this process's reconciler at the moment of the scrape."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from protem.db.store import Store
from protem.identity_center.budget import CallBudget
from protem.reconciler.runner import Runner


class Pulse:
    """Reads what only the process itself knows."""

    def __init__(self, store: Store, runner: Runner, budget: CallBudget) -> None:
        self._store, self._runner, self._budget = store, runner, budget

    def collect(self) -> Iterator[Metric]:
        for name, (help_text, read) in self._readings().items():
            yield GaugeMetricFamily(name, help_text, value=read())

    def _readings(self) -> dict[str, tuple[str, Callable[[], float]]]:
        progress, budget = self._runner.progress, self._budget
        return {
            "protem_reconciler_leading": ("Whether this process holds the lease.", lambda: progress.leading),
            "protem_reconciler_idle_seconds": ("Time since the reconciler last looked for work.", self._idle),
            "protem_reconciler_poisoned": ("Rows that were put aside.", lambda: progress.poisoned),
            "protem_reconciler_unrecorded": (
                "Answers of AWS that could not be written down.",
                lambda: progress.unrecorded,
            ),
            "protem_aws_clock_offset_seconds": (
                "AWS's clock minus ours.",
                lambda: progress.clock_offset / timedelta(seconds=1),
            ),
            "protem_aws_call_rate": ("Calls to AWS per second that are let through.", lambda: budget.rate),
            "protem_aws_calls_waiting": ("Calls to AWS that wait for their turn.", lambda: budget.waiting),
        }

    def _idle(self) -> float:
        ticked_at = self._runner.progress.ticked_at
        with self._store.reading() as session:
            now = self._store.now(session)
        return (now - ticked_at).total_seconds() if ticked_at else float("inf")
