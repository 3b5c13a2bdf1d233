"""Asking in words that cannot be taken: each is refused under its own code, and leaves nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from protem.broker.requests import Submission
from protem.db.models import Account, CatalogueSync, PermissionSet
from protem.domain.errors import (
    AccountNotAssignable,
    AmbiguousName,
    CatalogueEmpty,
    DurationOutOfBounds,
    InvalidInput,
    JustificationRefused,
    Refusal,
    StartOutOfBounds,
    TooManyGrants,
    UnknownAccount,
    UnknownPermissionSet,
)
from tests.broker.worlds import (
    ALPHA,
    BETA,
    GONE,
    MANAGEMENT,
    POLICY,
    SUSPENDED,
    World,
    arn,
    asking,
)

HOUR = timedelta(hours=1)


def refused(world: World, kind: type[Refusal], submission: Submission, *, by: str = "alice") -> Refusal:
    caller = world.person(by)
    with world.refusing(kind) as caught:
        world.submit(caller, submission)
    refusal = caught.value
    assert isinstance(refusal, Refusal)
    return refusal


def fields(refusal: Refusal) -> list[str]:
    return [error.field for error in refusal.errors]


ABSURD = ["", "nothing", "\x00", "al%", "\ud800", "alpha\x00", "x" * 10_000, "999999999999", GONE, "gone"]


def test_accounts_that_are_not_there_are_unknown(world: World) -> None:
    for account in ABSURD:
        pairs = ((ALPHA, "AdministratorAccess"), (account, "AdministratorAccess"))
        assert fields(refused(world, UnknownAccount, asking(*pairs))) == ["targets.1.account"]


def test_permission_sets_that_are_not_there_are_unknown(world: World) -> None:
    for permission_set in ["", "Nothing", "\x00", "Admin%", "\ud800", arn("ReadOnlyAccess")[:-1] + "9"]:
        assert fields(refused(world, UnknownPermissionSet, asking((ALPHA, permission_set)))) == [
            "targets.0.permission_set"
        ]


def test_a_permission_set_that_is_gone_is_unknown(world: World) -> None:
    world.remove(PermissionSet, arn("AdministratorAccess"))
    assert "has gone" in refused(world, UnknownPermissionSet, asking()).detail


def test_a_name_that_two_accounts_have_is_ambiguous(world: World) -> None:
    with world.store.reading() as session:
        beta = session.get_one(Account, BETA)
    world.change(beta, name="Alpha", name_key="alpha")
    refusal = refused(world, AmbiguousName, asking(("alpha", "AdministratorAccess")))
    assert refusal.facts == {"candidates": [{"id": ALPHA, "name": "alpha"}, {"id": BETA, "name": "Alpha"}]}
    request = world.submit(world.person("alice"), asking((BETA, "AdministratorAccess")))
    assert request.targets[0].account_name == "Alpha"


def test_a_removed_account_does_not_make_a_name_ambiguous(world: World) -> None:
    with world.store.reading() as session:
        gone = session.get_one(Account, GONE)
    world.change(gone, name="alpha", name_key="alpha")
    request = world.submit(world.person("alice"), asking(("alpha", "AdministratorAccess")))
    assert request.targets[0].account_id == ALPHA


@pytest.mark.parametrize(("account", "says"), [(SUSPENDED, "SUSPENDED"), (MANAGEMENT, "management account")])
def test_accounts_in_which_nothing_can_be_assigned_are_refused(world: World, account: str, says: str) -> None:
    pairs = ((ALPHA, "ReadOnlyAccess"), (account, "ReadOnlyAccess"))
    refusal = refused(world, AccountNotAssignable, asking(*pairs))
    assert says in refusal.detail
    assert fields(refusal) == ["targets.1.account"]


def test_an_empty_catalogue_says_so(world: World) -> None:
    with world.store.writing() as session:
        session.delete(session.get_one(CatalogueSync, "catalogue"))
    refused(world, CatalogueEmpty, asking(("nothing", "AdministratorAccess")))


def test_the_same_target_twice_is_refused(world: World) -> None:
    pairs = ((ALPHA, "AdministratorAccess"), ("Alpha", arn("AdministratorAccess")))
    assert fields(refused(world, InvalidInput, asking(*pairs))) == ["targets"]


def test_a_request_has_a_few_targets(world: World) -> None:
    for count in [0, 21]:
        submission = replace(asking(), targets=((ALPHA, "AdministratorAccess"),) * count)
        assert fields(refused(world, InvalidInput, submission)) == ["targets"]


def test_twenty_targets_are_accepted(world: World) -> None:
    with world.store.writing() as session:
        for number in range(20):
            identifier = f"{666666666000 + number}"
            name = f"account {number}"
            session.add(
                Account(
                    id=identifier,
                    name=name,
                    name_key=name,
                    email="",
                    status="ACTIVE",
                    parent_id="r-1",
                    is_management=False,
                    tags={},
                )
            )
    pairs = tuple((f"ACCOUNT {number}", "ReadOnlyAccess") for number in range(20))
    assert len(world.granted(world.submit(world.person("alice"), asking(*pairs)))) == 20


def test_durations_outside_the_limits_are_refused(world: World) -> None:
    for duration in [
        timedelta(),
        timedelta(hours=-1),
        timedelta(seconds=59),
        timedelta(hours=4, seconds=1),
        timedelta(days=9999),
        timedelta.max,
        timedelta.min,
        timedelta(hours=1, microseconds=1),
    ]:
        assert fields(refused(world, DurationOutOfBounds, asking(duration=duration))) == ["duration"]


def test_the_limits_themselves_are_within(world: World) -> None:
    for duration in [timedelta(minutes=1), timedelta(hours=4)]:
        assert world.submit(world.person("alice"), asking(duration=duration)).duration == duration


def test_starts_outside_the_limits_are_refused(world: World) -> None:
    for ahead in [timedelta(seconds=-1), timedelta(days=7, seconds=1), timedelta(days=365_000)]:
        submission = asking(starts_at=world.clock.now() + ahead)
        assert fields(refused(world, StartOutOfBounds, submission)) == ["starts_at"]


def test_a_justification_that_says_too_little_is_refused(world: World) -> None:
    for text in ["", "    ", "oops", "\n\n\t\n\n\n"]:
        assert fields(refused(world, JustificationRefused, asking(justification=text))) == ["justification"]


def test_a_justification_that_hides_something_is_refused(world: World) -> None:
    for text in [
        "the pager\x00",
        "\x1b[31mred alert",
        "a\rb but longer",
        "safe \u202etxt.exe",
        "\ud800 half",
        "x" * 2001,
    ]:
        assert fields(refused(world, InvalidInput, asking(justification=text))) == ["justification"]


def test_a_justification_is_kept_as_it_was_written(world: World) -> None:
    for text in ["x" * 2000, "line\nline\tline", "Größe 🚒 日本語", "{0.__class__} %s <b>"]:
        request = world.submit(world.person("alice"), asking(justification=text))
        assert world.request(request).justification == text


def test_a_ticket_is_one_short_line(world: World) -> None:
    for ticket in ["x" * 257, "OPS\n1", "OPS\x00", "OPS\u20281"]:
        assert fields(refused(world, InvalidInput, asking(ticket=ticket))) == ["ticket"]


def test_an_empty_ticket_is_none(world: World) -> None:
    assert world.submit(world.person("alice"), asking(ticket="  ")).ticket is None


def test_an_entitlement_whose_name_is_written_otherwise_is_the_same(world: World) -> None:
    one = POLICY.replace("accounts: {all: true}", "accounts: {all: true}\n    maximum_concurrent: 1")
    world.apply(one)
    alice = world.person("alice")
    world.submit(alice, asking((ALPHA, "ReadOnlyAccess")))
    world.apply(one.replace("name: read", "name: Read"))
    with world.refusing(TooManyGrants):
        world.submit(alice, asking((BETA, "ReadOnlyAccess")))
