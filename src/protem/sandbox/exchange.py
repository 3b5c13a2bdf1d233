"""One call from its parameters to what came of it."""

from dataclasses import dataclass
from typing import Any

from protem.sandbox.calls import Call, Calls
from protem.sandbox.faults import Fault, Faults
from protem.sandbox.handlers import HANDLERS
from protem.sandbox.pages import BadToken
from protem.sandbox.quotas import Quotas
from protem.sandbox.refusals import Refusal, unknown_operation
from protem.sandbox.state import State
from protem.sandbox.wire.complaints import bad_token, complaint
from protem.sandbox.wire.messages import Asked
from protem.sandbox.wire.validation import violations


@dataclass(frozen=True, slots=True)
class Result:
    """An answer or a refusal, and the fault that had a hand in it."""

    answer: dict[str, Any] | None = None
    refusal: Refusal | None = None
    fault: Fault | None = None

    @property
    def is_lost(self) -> bool:
        return self.fault is not None and self.fault.reply_is_lost

    @property
    def outcome(self) -> str:
        if self.is_lost:
            return "lost"
        return self.refusal.code if self.refusal else "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Quota, then fault, then validation, then the handler; whatever happens is in the calls."""

    state: State
    faults: Faults
    calls: Calls
    quotas: Quotas

    def carry(self, asked: Asked) -> Result:
        with self.state.timeline as timeline:
            result = self._result(asked)
            fault = result.fault.name if result.fault else None
            self.calls.record(
                Call(
                    timeline.now(),
                    asked.service,
                    asked.operation,
                    asked.parameters,
                    result.outcome,
                    fault,
                )
            )
            return result

    def _result(self, asked: Asked) -> Result:
        if refusal := self.quotas.admit(asked.service, asked.operation):
            return Result(refusal=refusal)
        fault = self.faults.take(asked.operation, asked.parameters)
        if fault is None:
            return self._effect(asked)
        result = self._effect(asked, fault) if fault.takes_effect else Result(fault=fault)
        if fault.effect_after is not None:
            self.state.timeline.after(fault.effect_after, lambda: self._arrive_late(asked))
        if fault.refusal:
            refusal = fault.refusal(asked.service, asked.parameters)
            return Result(refusal=refusal, fault=fault)
        return result

    def _effect(self, asked: Asked, fault: Fault | None = None) -> Result:
        operations = self.state.operations
        newest = operations.newest
        try:
            answer = self._handle(asked)
        except Refusal as refusal:
            return Result(refusal=refusal, fault=fault)
        if fault and operations.newest and operations.newest is not newest:
            fault.shape(operations.newest, operations)
        return Result(answer=answer, fault=fault)

    def _handle(self, asked: Asked) -> dict[str, Any]:
        handler = HANDLERS[asked.service].get(asked.operation)
        if handler is None:
            raise unknown_operation(asked.operation)
        shape = asked.model.input_shape
        broken = list(violations(shape, asked.parameters)) if shape else []
        if broken:
            raise complaint(asked.service, broken)
        try:
            return handler(self.state, asked.parameters)
        except BadToken as error:
            raise bad_token(asked.service) from error

    def _arrive_late(self, asked: Asked) -> None:
        result = self._effect(asked)
        now = self.state.timeline.now()
        self.calls.record(Call(now, asked.service, asked.operation, asked.parameters, result.outcome, "late"))
