"""Whatever anybody sends by the OpenAPI document has a declared answer and no effect but what is theirs."""

from itertools import cycle
from random import Random

from schemathesis import GenerationMode

from protem.api.routers import PUBLIC
from tests.attacks import openapi, workflow
from tests.attacks.cast import KINDS
from tests.attacks.ground import Ground
from tests.attacks.probing import lasting
from tests.attacks.sending import Attack

CASES = {"sqlite": 2, "postgresql": 1}
"""Of each operation, in order or not by turns, each sent by somebody else; `make fuzz` sends many."""


def test_every_operation_answers_as_declared_whoever_sends_whatever(ground: Ground) -> None:
    attack = Attack(ground, Random(8))
    callers = cycle(KINDS)
    count = CASES["sqlite" if ground.world.store.is_sqlite else "postgresql"]
    modes = cycle(openapi.MODES)
    for operation in openapi.operations(openapi.load(ground.api.app)):
        for case in openapi.cases(operation, mode=next(modes), count=count, number=8):
            attack.send(attack.season(case), next(callers))
        ground.unlock()
    assert not attack.tally.failures, "\n".join(attack.tally.failures)
    assert ground.wrongs() == []


def test_chains_of_calls_leave_nothing_that_nobody_approved(ground: Ground) -> None:
    attack = Attack(ground, Random(8))
    scenarios = 5 * CASES["sqlite" if ground.world.store.is_sqlite else "postgresql"]
    workflow.run(openapi.load(ground.api.app), attack, scenarios=scenarios, steps=8, number=8)
    assert attack.tally.sent > scenarios
    assert not attack.tally.failures, "\n".join(attack.tally.failures)
    assert ground.wrongs() == []


def test_no_operation_is_carried_out_for_who_has_no_credential(ground: Ground) -> None:
    before = lasting(ground)
    for operation in openapi.operations(openapi.load(ground.api.app)):
        if operation.path in PUBLIC:
            continue
        (case,) = openapi.cases(operation, mode=GenerationMode.POSITIVE, count=1, number=8)
        for authorization in (
            None,
            "Bearer protem_nonsense",
            "Bearer a.b.c",
            "Basic cm9vdDo=",
            "Bearer",
            "\xff",
        ):
            answer = case.call(headers={"Authorization": authorization} if authorization else {})
            assert answer.status_code in {401, 422, 428}, operation.label
    assert lasting(ground) == before
