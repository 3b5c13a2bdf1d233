"""Whoever agrees to less decides for themselves alone: those whom it needed, it still needs."""

from datetime import timedelta

import pytest

from protem.domain.lifecycle import RequestState
from tests.broker.worlds import POLICY, World, asking

HOUR = timedelta(hours=1)
STEP = "\n        - {name: security, approvers: {groups: [security]}, when: %s}"
OFFICE = '{time_zone: UTC, windows: [{days: [mon], from: "08:00", to: "10:00"}]}'


@pytest.mark.parametrize("when", ["{duration_over: PT1H}", f"{{outside_hours: {OFFICE}}}"])
def test_agreeing_to_less_spares_nobody_else_s_approval(world: World, when: str) -> None:
    world.apply(POLICY.rstrip() + STEP % when)
    carol, dave = world.person("carol"), world.person("dave")
    request = world.submit(world.person("alice"), asking(duration=2 * HOUR))
    assert world.decide(carol, request, duration=HOUR).state is RequestState.PENDING
    assert world.decide(dave, request).state is RequestState.APPROVED
    (grant,) = world.granted(request)
    assert grant.ends_at - grant.starts_at == HOUR


@pytest.mark.parametrize("when", ["{duration_over: PT1H}", f"{{outside_hours: {OFFICE}}}"])
def test_asking_for_less_needs_fewer(world: World, when: str) -> None:
    world.apply(POLICY.rstrip() + STEP % when)
    request = world.submit(world.person("alice"), asking(duration=HOUR))
    assert world.decide(world.person("carol"), request).state is RequestState.APPROVED


def test_an_approval_that_comes_later_may_need_more(world: World) -> None:
    world.apply(POLICY.rstrip() + STEP % f"{{outside_hours: {OFFICE}}}")
    carol, dave = world.person("carol"), world.person("dave")
    request = world.submit(world.person("alice"), asking(duration=HOUR))
    world.clock.advance(60)
    assert world.decide(carol, request).state is RequestState.PENDING
    assert world.decide(dave, request).state is RequestState.APPROVED
