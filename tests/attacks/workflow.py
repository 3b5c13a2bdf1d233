"""Chains of calls, each with what the one before answered: the state machine of schemathesis."""

from contextlib import suppress
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.errors import FlakyStrategyDefinition
from schemathesis import Case
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import ensure_resource_availability

from tests.attacks.cast import KINDS
from tests.attacks.sending import Attack

_AT_ONCE = 3


def machine(schema: Any, attack: Attack) -> Any:
    """Return a state machine each of whose scenarios is one caller's."""

    class Workflow(schema.as_state_machine()):  # type: ignore[misc]  # made at run time
        def setup(self) -> None:
            self.kind = attack.chance.choice(list(KINDS))

        def call(self, case: Case[Any], **_: Any) -> Any:
            return attack.send(attack.season(case, chance=0.6), self.kind)

        def validate_response(self, response: Any, case: Case[Any], **_: Any) -> None:
            """Note what is not there though it was made just before; all else is judged when it is sent."""
            try:
                case.validate_response(
                    response, checks=[ensure_resource_availability], recorder=self.recorder
                )
            except FailureGroup as failure:
                attack.tally.failures.append(f"{case.operation.label} as {self.kind}: {failure}")

        def teardown(self) -> None:
            attack.ground.unlock()
            attack.ground.pass_time()

    return Workflow


def run(schema: Any, attack: Attack, *, scenarios: int, steps: int, number: int) -> None:
    """Live through about so many scenarios of up to so many calls each."""
    workflow = machine(schema, attack)
    for start in range(0, scenarios, _AT_ONCE):
        # The world remembers earlier scenarios, which Hypothesis finds out when it repeats a beginning.
        with suppress(FlakyStrategyDefinition):
            hypothesis.seed(number + start)(workflow).run(settings=_settings(steps))


def _settings(steps: int) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=_AT_ONCE,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
