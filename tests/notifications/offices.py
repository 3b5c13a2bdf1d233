"""Everything between the record and a receiver, in one thread and on a clock that tests move."""

import json
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from protem.broker import audit, deliveries, webhooks
from protem.broker.callers import CONSOLE
from protem.broker.record import sealing
from protem.db.models import Delivery, DeliveryAttempt, DeliveryState, Request, Webhook
from protem.db.store import Store
from protem.domain.events import EventType
from protem.notifications import fanout
from protem.notifications.sender import Sender
from protem.notifications.transport import Answer
from tests.broker.worlds import World

LIFETIME = timedelta(days=3)
LEASE = timedelta(seconds=40)
GOOD = Answer(status=204)
BAD = Answer(status=500)


@dataclass(frozen=True, slots=True)
class Letter:
    """What a receiver got."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def message(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.body)
        return message

    @property
    def sequence(self) -> int:
        return int(self.message["data"]["sequence"])


@dataclass
class Receivers:
    """Everybody who is sent something; ``reply`` decides what they answer."""

    letters: list[Letter] = field(default_factory=list)
    reply: Callable[[Letter], Answer] = lambda letter: GOOD

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        letter = Letter(url, headers, body)
        self.letters.append(letter)
        return self.reply(letter)

    def told(self) -> list[str]:
        """Return the types of what arrived since the last time, in order."""
        types = [letter.message["type"] for letter in self.letters]
        self.letters.clear()
        return types


class Office:
    """One process's half of the outbox; several can share a world."""

    def __init__(
        self, world: World, *, store: Store | None = None, receivers: Receivers | None = None
    ) -> None:
        self.world, self.store = world, store or world.store
        self.receivers = receivers or Receivers()
        self.sender = Sender(
            store=self.store,
            post=lambda url, *, headers, body: self.receivers.post(url, headers=headers, body=body),
            dispatch=lambda work: work(),
            clock=world.clock,
            lease=LEASE,
            threads=8,
            randomness=Random(1),
        )

    def subscribe(
        self, *types: str, url: str = "https://bot.example/hook", since: int | None = None
    ) -> Webhook:
        with self.store.writing() as session:
            return webhooks.create(
                session,
                CONSOLE,
                url=url,
                description="",
                types=types,
                from_sequence=since,
                networks=(),
                now=self.world.clock.now(),
            ).webhook

    def happen(
        self, kind: EventType = EventType.ENTITLEMENTS_APPLIED, *, about: Request | None = None
    ) -> None:
        """Put something on record, perhaps about a request."""
        with self.store.writing() as session:
            audit.record(session, kind, *([about] if about else []), now=self.world.clock.now())

    def seal(self) -> None:
        with self.store.writing() as session:
            sealing.seal(session)

    def fan_out(self) -> None:
        """Do what the job does: everything that is sealed becomes deliveries."""
        with self.store.reading() as session:
            behind = fanout.behind(session)
        for webhook_id in behind:
            with self.store.writing() as session:
                now = self.world.clock.now()
                fanout.fan_out(session, webhook_id, lifetime=LIFETIME, now=now)

    def work(self) -> None:
        """Seal, make deliveries, and send whatever is due, until nothing is."""
        self.seal()
        self.fan_out()
        sent = -1
        while sent != len(self.receivers.letters):
            sent = len(self.receivers.letters)
            self.sender.send_due()

    def wait(self, **time: float) -> None:
        """Let time go by and look again."""
        self.world.clock.advance(timedelta(**time).total_seconds())
        self.work()

    def webhook(self, webhook: Webhook) -> Webhook:
        with self.store.reading() as session:
            return session.get_one(Webhook, webhook.id)

    def states(self, webhook: Webhook) -> list[DeliveryState]:
        return [delivery.state for delivery in self.deliveries(webhook)]

    def deliveries(self, webhook: Webhook) -> list[Delivery]:
        with self.store.reading() as session:
            wanted = select(Delivery).where(Delivery.webhook_id == webhook.id).order_by(Delivery.sequence)
            return list(session.scalars(wanted))

    def attempts(self, delivery: Delivery) -> list[DeliveryAttempt]:
        with self.store.reading() as session:
            wanted = select(DeliveryAttempt).where(DeliveryAttempt.delivery_id == delivery.id)
            return list(session.scalars(wanted.order_by(DeliveryAttempt.id)))

    def redeliver(self, delivery: Delivery) -> Delivery:
        with self.store.writing() as session:
            return deliveries.redeliver(
                session,
                CONSOLE,
                delivery.webhook_id,
                delivery.id,
                lifetime=LIFETIME,
                now=self.world.clock.now(),
            )


def dying(work: Callable[[], object], death: type[BaseException]) -> bool:
    """Do some work; tell whether the process died of it."""
    with suppress(death):
        work()
        return False
    return True


def ids(letters: list[Letter]) -> list[uuid.UUID]:
    return [uuid.UUID(letter.headers["webhook-id"]) for letter in letters]
