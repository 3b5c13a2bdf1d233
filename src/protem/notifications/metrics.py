"""What operators see of events on their way out."""

from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from protem.db.models import Chain, Delivery, Webhook
from protem.db.store import Store
from protem.notifications import events_file


class Sent:
    """Counts the attempts of this process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._attempts = Counter(
            "protem_deliveries", "Attempts to deliver events to webhooks.", ("outcome",), registry=registry
        )

    def counted(self, outcome: str) -> None:
        """Count one attempt."""
        self._attempts.labels(outcome).inc()


class Outbox:
    """What waits to leave, counted at each scrape: any process that reaches the store can tell."""

    def __init__(self, store: Store, file: Path | None) -> None:
        self._store, self._file = store, file

    def collect(self) -> Iterator[Metric]:
        with self._store.reading() as session:
            yield from self._deliveries(session)
            disabled = Webhook.deleted_at.is_(None), Webhook.enabled.is_(False)
            yield GaugeMetricFamily(
                "protem_webhooks_disabled",
                "Webhooks to which nothing is sent.",
                value=session.scalars(select(func.count()).select_from(Webhook).where(*disabled)).one(),
            )
            if self._file is not None:
                end = session.scalars(select(Chain.sequence)).one()
                yield GaugeMetricFamily(
                    "protem_events_file_lag",
                    "Sealed events that are not in the file yet.",
                    value=end - events_file.position(session, self._file),
                )

    def _deliveries(self, session: Session) -> Iterator[Metric]:
        pending = (
            select(func.count(), func.min(Delivery.created_at))
            .join(Webhook, Webhook.id == Delivery.webhook_id)
            .where(Delivery.answered_at.is_(None), Webhook.enabled)
        )
        count, oldest = session.execute(pending).one()
        age = (self._store.now(session) - oldest).total_seconds() if count else 0.0
        yield GaugeMetricFamily(
            "protem_deliveries_pending", "Deliveries that wait, or are tried.", value=count
        )
        yield GaugeMetricFamily("protem_deliveries_oldest_seconds", "Age of the oldest of them.", value=age)
