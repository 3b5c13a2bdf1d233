"""The state of this process's reconciler at the moment of the scrape; nothing is asked of the database."""

from collections.abc import Iterator
from datetime import timedelta

from prometheus_client.core import CounterMetricFamily
from prometheus_client.metrics_core import Metric

from protem.identity_center.budget import CallBudget
from protem.reconciler.runner import Runner
from protem.reconciler.stock import NEVER, gauge, labelled


class Pulse:
    """Reads what only the process itself knows."""

    def __init__(self, runner: Runner, budget: CallBudget) -> None:
        self._runner, self._budget = runner, budget

    def collect(self) -> Iterator[Metric]:
        progress = self._runner.progress
        yield gauge("protem_reconciler_leading", "Whether this process holds the lease.", progress.leading)
        yield gauge(
            "protem_reconciler_idle_seconds", "Time since this process last looked for work.", self._idle()
        )
        yield gauge("protem_reconciler_poisoned", "Rows that were put aside.", progress.poisoned)
        yield gauge(
            "protem_reconciler_unrecorded", "Answers of AWS that could not be written.", progress.unrecorded
        )
        offset = progress.clock_offset / timedelta(seconds=1)
        yield gauge("protem_aws_clock_offset_seconds", "AWS's clock minus ours.", offset)
        yield from self._calls()

    def _calls(self) -> Iterator[Metric]:
        budget = self._budget
        yield gauge("protem_aws_call_rate", "Calls to AWS per second that are let through.", budget.rate)
        yield gauge("protem_aws_call_rate_limit", "What it is while AWS does not throttle.", budget.full_rate)
        queue = {priority.name.lower(): count for priority, count in budget.queue().items()}
        yield labelled("protem_aws_calls_waiting", "Calls that wait for their turn.", "priority", queue)
        served = CounterMetricFamily(
            "protem_aws_calls_served", "Calls that had their turn.", labels=["priority"]
        )
        for priority, count in budget.served().items():
            served.add_metric([priority.name.lower()], count)
        yield served

    def _idle(self) -> float:
        ticked = self._runner.progress.ticked_on
        return NEVER if ticked is None else max(self._runner.clock.monotonic() - ticked, 0.0)
