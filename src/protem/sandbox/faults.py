"""What can go wrong on order: what becomes of the effect, of the reply, and of the operation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from protem.sandbox.operations import Operation, Operations
from protem.sandbox.refusals import Refusal, conflict, server_error, throttled
from protem.sandbox.timeline import Timeline

Parameters = Mapping[str, Any]
RefusalOf = Callable[[str, Parameters], Refusal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way in which a call goes wrong; the class methods name the ones worth having."""

    name: str
    takes_effect: bool = True
    effect_after: float | None = None
    refusal: RefusalOf | None = None
    reply_is_lost: bool = False
    delay_seconds: float = 0.0
    sticks: bool = False
    failure_reason: str | None = None
    operation_seconds: float | None = None

    @classmethod
    def throttle(cls) -> Self:
        return cls(name="throttle", takes_effect=False, refusal=lambda s, _: throttled(s))

    @classmethod
    def conflict(cls) -> Self:
        """ConflictException, as though another operation were running in the account."""
        return cls(
            name="conflict",
            takes_effect=False,
            refusal=lambda _, p: conflict(p.get("TargetId") or p.get("AccountId") or "of the call"),
        )

    @classmethod
    def refuse(cls, code: str, message: str = "", *, status: int = 400) -> Self:
        return cls(
            name=code,
            takes_effect=False,
            refusal=lambda *_: Refusal(code, message, status=status),
        )

    @classmethod
    def server_error(cls, *, status: int = 500, takes_effect: bool = False) -> Self:
        return cls(
            name="server_error",
            takes_effect=takes_effect,
            refusal=lambda s, _: server_error(s, status=status),
        )

    @classmethod
    def lost_request(cls) -> Self:
        """The connection breaks before anything has happened."""
        return cls(name="lost_request", takes_effect=False, reply_is_lost=True)

    @classmethod
    def lost_reply(cls) -> Self:
        """The call takes effect, and the connection breaks before the caller hears of it."""
        return cls(name="lost_reply", reply_is_lost=True)

    @classmethod
    def late_effect(cls, seconds: float) -> Self:
        """The connection breaks, and the call arrives that many seconds later all the same."""
        return cls(
            name="late_effect",
            takes_effect=False,
            effect_after=seconds,
            reply_is_lost=True,
        )

    @classmethod
    def latency(cls, seconds: float) -> Self:
        """The call takes effect on arrival; its reply is that late."""
        return cls(name="latency", delay_seconds=seconds)

    @classmethod
    def stuck(cls) -> Self:
        """The operation stays IN_PROGRESS until `sandbox.operations.release()`."""
        return cls(name="stuck", sticks=True)

    @classmethod
    def failed(cls, reason: str) -> Self:
        """The operation is accepted, and ends as FAILED with this reason."""
        return cls(name="failed", failure_reason=reason)

    @classmethod
    def takes(cls, seconds: float) -> Self:
        """The operation takes that long."""
        return cls(name="takes", operation_seconds=seconds)

    def shape(self, operation: Operation, operations: Operations) -> None:
        """Make the operation that the call began go the way of the fault."""
        operation.stuck = self.sticks
        operation.doom = self.failure_reason
        if self.operation_seconds is not None:
            operations.reschedule(operation, seconds=self.operation_seconds)


@dataclass(slots=True)
class Order:
    """A fault waiting for the calls it is meant for; `remaining` is None when it never ends."""

    fault: Fault
    operation: str | None
    account: str | None
    when: Callable[[Parameters], bool] | None
    remaining: int | None
    hits: int = 0

    def fits(self, operation: str, parameters: Parameters) -> bool:
        account = parameters.get("TargetId") or parameters.get("AccountId")
        return (
            self.remaining != 0
            and self.operation in (None, operation)
            and self.account in (None, account)
            and (self.when is None or self.when(parameters))
        )

    def hit(self) -> Fault:
        self.hits += 1
        if self.remaining is not None:
            self.remaining -= 1
        return self.fault

    def cancel(self) -> None:
        self.remaining = 0


class Faults:
    """The orders; each call takes the first that fits it, and no other."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._orders: list[Order] = []

    def order(
        self,
        fault: Fault,
        *,
        operation: str | None = None,
        account: str | None = None,
        when: Callable[[Parameters], bool] | None = None,
        times: int | None = 1,
    ) -> Order:
        with self._timeline:
            order = Order(fault, operation, account, when, times)
            self._orders.append(order)
            return order

    def clear(self) -> None:
        with self._timeline:
            self._orders.clear()

    def pending(self) -> list[Order]:
        with self._timeline:
            return [order for order in self._orders if order.remaining != 0]

    def take(self, operation: str, parameters: Parameters) -> Fault | None:
        self._orders = self.pending()
        fitting = next((o for o in self._orders if o.fits(operation, parameters)), None)
        return fitting.hit() if fitting else None
