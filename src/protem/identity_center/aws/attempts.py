"""What every attempt of every call passes: the budget, the guard, and a look at the answer."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from botocore.client import BaseClient

from protem.clock import Clock
from protem.identity_center.aws import failures, make_believe
from protem.identity_center.aws.offset import ClockOffset
from protem.identity_center.budget import BudgetClosed, CallBudget
from protem.identity_center.errors import CallRejected, CallWithheld, GatewayError, OutcomeUnknown

Guard = Callable[[], None]
"""Raises when this process may no longer write to AWS."""

Observe = Callable[[str, str, float], None]
"""Is told AWS's name of the operation, ``ok`` or the code of what went wrong, and the seconds it took."""


def unguarded() -> None:
    """Let every call pass."""


def unobserved(operation: str, outcome: str, seconds: float) -> None:
    """Look away."""


@dataclass(slots=True)
class Flight:
    """A call under way; while there are no ``departures``, nothing of it can have reached AWS."""

    operation: str
    departures: int = 0
    reported: bool = False
    begun_at: float | None = None


_FLIGHT: ContextVar[Flight] = ContextVar("protem_flight")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """The hooks of one client, and the block in which its calls are made."""

    clock: Clock
    budget: CallBudget
    paces: Mapping[str, CallBudget] = field(default_factory=dict)
    """Budgets of single operations that have a quota of their own besides."""
    guard: Guard = unguarded
    observe: Observe = unobserved
    offset: ClockOffset = field(default_factory=ClockOffset)
    allow_sandbox: bool = False
    """Whether `protem sandbox` may answer in place of AWS."""

    def watch(self, client: BaseClient) -> None:
        """Put the hooks on ``client``, before every other one that it has or inherits.

        They go on the client, not on its Session: what botocore does by itself on the way, such as
        assuming a role for fresh credentials, is nobody's write and must not wait for our lease.
        """
        service = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register_first(f"before-send.{service}.*", self._before_send)
        client.meta.events.register_first(f"before-parse.{service}.*", self._before_parse)
        client.meta.events.register_first(f"response-received.{service}.*", self._response_received)

    @contextmanager
    def of(self, operation: str) -> Iterator[None]:
        """Make calls, and read their answers, in this block: nothing but ``GatewayError`` escapes it."""
        flight = Flight(operation)
        token = _FLIGHT.set(flight)
        try:
            yield
        except Exception as error:
            failure = _translate(error, flight)
            if not flight.reported:
                self._report(flight, failure.code)
            if failure is error:
                raise
            raise failure from error
        finally:
            _FLIGHT.reset(token)

    def _before_send(self, event_name: str, **_: object) -> None:
        flight = _FLIGHT.get()
        flight.operation = event_name.rpartition(".")[2]
        flight.reported, flight.begun_at = False, None
        self._wait(flight.operation)
        self._ask_guard(flight.operation)
        flight.departures += 1
        flight.begun_at = self.clock.monotonic()

    def _wait(self, operation: str) -> None:
        try:
            if operation in self.paces:
                self.paces[operation].take()
            self.budget.take()
        except BudgetClosed:
            raise CallWithheld(operation, "budget_closed", "the process is stopping") from None

    def _ask_guard(self, operation: str) -> None:
        try:
            self.guard()
        except GatewayError:
            raise
        except Exception as error:
            raise CallWithheld(operation, "lease_lost", str(error)) from error

    def _before_parse(self, response_dict: Mapping[str, Any], **_: object) -> None:
        if not self.allow_sandbox and make_believe.is_behind(response_dict["headers"]):
            raise CallRejected(_FLIGHT.get().operation, make_believe.REFUSED, make_believe.SENTENCE)
        # botocore reads an answer that was cut off as an empty one, and an empty listing means
        # that an assignment is gone: only whole JSON may say so.
        if response_dict["status_code"] < HTTPStatus.MULTIPLE_CHOICES and not _is_object(
            response_dict["body"]
        ):
            raise OutcomeUnknown(_FLIGHT.get().operation, "unreadable", "the answer is not whole")

    def _response_received(
        self,
        *,
        response_dict: Mapping[str, Any] | None,
        parsed_response: Mapping[str, Any] | None,
        exception: Exception | None,
        **_: object,
    ) -> None:
        flight = _FLIGHT.get()
        if response_dict is None or parsed_response is None:
            self._report(flight, _translate(exception or ConnectionError(), flight).code)
            return
        self.offset.learn(
            response_dict["headers"].get("Date"), now=self.clock.now(), took=self._since(flight)
        )
        code = parsed_response.get("Error", {}).get("Code")
        if code in failures.THROTTLING:
            # Nobody's access may end later because Organizations is busy.
            self.paces.get(flight.operation, self.budget).throttled()
        self._report(flight, code or "ok")

    def _report(self, flight: Flight, outcome: str) -> None:
        flight.reported = True
        self.observe(flight.operation, outcome, self._since(flight))

    def _since(self, flight: Flight) -> float:
        return 0.0 if flight.begun_at is None else self.clock.monotonic() - flight.begun_at


def _translate(error: Exception, flight: Flight) -> GatewayError:
    return failures.translate(error, operation=flight.operation, departures=flight.departures)


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False
