"""The shortest way from asking to the end, as the broker sees it."""

from protem.domain.lifecycle import EndReason, GrantState, RequestState
from tests.broker.worlds import World


def test_a_request_is_asked_approved_and_its_grant_revoked(world: World) -> None:
    request = world.submit(world.person("alice"))
    assert request.state is RequestState.PENDING
    assert world.decide(world.person("carol"), request).state is RequestState.APPROVED
    (grant,) = world.granted(request)
    assert grant.state is GrantState.SCHEDULED
    assert world.revoke(world.person("alice"), grant).revoke_reason is EndReason.RELINQUISHED
    assert world.events() == [
        "request.submitted",
        "decision.recorded",
        "request.approved",
        "grant.created",
        "grant.revoked",
    ]
