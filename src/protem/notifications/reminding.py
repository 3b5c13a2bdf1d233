"""Saying again what nobody answers: a look every few seconds, one reminder for each time it is due."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from protem.broker import reminders
from protem.db.models import Request, Review
from protem.db.store import Store

_PUT_OFF = timedelta(hours=1)
_log = structlog.get_logger("protem.notifications")


@dataclass(frozen=True, slots=True)
class Reminding:
    """Reminds of what has waited ``after`` that long, for as long as ``going_on`` is true."""

    store: Store
    after: timedelta
    going_on: Callable[[], bool] = lambda: True

    def remind(self) -> None:
        """Say what is due; what takes many questions is asked before anybody has to wait for it."""
        with self.store.writing() as session:
            reminders.plan(session, after=self.after)
        with self.store.reading() as session:
            due = reminders.due(session, now=self.store.now(session))
        for about in due:
            if not self.going_on():
                return
            try:
                self._say(about)
            except Exception:  # noqa: BLE001 - one bad row must not silence the rest
                _log.exception("reminder.failed", about=str(about.id))
                self._put_off(about)

    def _say(self, about: Request | Review) -> None:
        with self.store.reading() as session:
            session.add(about)
            reminder = reminders.work_out(session, about, now=self.store.now(session))
        with self.store.writing() as session:
            reminders.say(session, reminder, after=self.after, now=self.store.now(session))

    def _put_off(self, about: Request | Review) -> None:
        with self.store.writing() as session:
            reminders.put_off(session, about, until=self.store.now(session) + _PUT_OFF)
