"""Which events a webhook gets."""

import pytest

from protem.domain import subscriptions


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [((), True), (("grant.active",), True), (("grant.*",), True), (("request.*", "grant.ended"), False)],
)
def test_types_are_chosen_by_name_or_by_family(wanted: tuple[str, ...], expected: bool) -> None:  # noqa: FBT001
    assert subscriptions.included("grant.active", wanted) is expected


@pytest.mark.parametrize("type_", ["webhook.created", "webhook.disabled", "delivery.abandoned"])
def test_sending_is_not_told_of_by_sending(type_: str) -> None:
    assert not subscriptions.included(type_, ())
    assert not subscriptions.included(type_, (type_, "webhook.*", "delivery.*"))
    assert subscriptions.unknown([type_]) == [type_]


def test_types_that_can_never_match_are_told_of() -> None:
    wanted = ["grant.active", "grant.*", "grant", "*", "grant.*.*", "grants.*", "webhook.*", ""]
    assert subscriptions.unknown(wanted) == ["grant", "*", "grant.*.*", "grants.*", "webhook.*", ""]
