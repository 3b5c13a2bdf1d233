"""The record and what AWS holds, for those who watch."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from protem.broker import assignments, events
from protem.broker.callers import Caller
from protem.broker.event_filters import Wanted
from protem.broker.events import EVERYTHING
from protem.broker.pages import Paging
from protem.db.models import AuditEvent, Observed, Provenance
from protem.domain.errors import (
    Forbidden,
    InvalidInput,
    Refusal,
    UnknownAccount,
    UnknownPermissionSet,
    UnknownPrincipal,
)
from protem.domain.events import EventType
from tests.broker.worlds import (
    ADMIN,
    ALPHA,
    AUDITOR,
    BETA,
    World,
    arn,
    asking,
    group_id,
    person_id,
    user_name,
)


def listed(world: World, caller: Caller = AUDITOR, *, filters: Wanted = EVERYTHING, **how: Any) -> list[str]:
    with world.store.reading() as session:
        return [event.type for event in events.list_(session, caller, filters, **how).items]


def held(world: World, **filters: Any) -> list[tuple[str, str]]:
    with world.store.reading() as session:
        page = assignments.list_(session, AUDITOR, **filters)
        return [(row.principal_id, row.account_id) for row in page.items]


def test_the_record_is_read_the_newest_first(world: World) -> None:
    world.approved()
    wanted = ["request.submitted", "decision.recorded", "request.approved", "grant.created"]
    assert listed(world) == wanted[::-1]
    assert listed(world, oldest_first=True) == wanted


def test_the_record_is_narrowed_by_what_is_asked_for(world: World) -> None:
    grant = world.approved()
    world.clock.advance(60)
    later = world.clock.now()
    bob = world.submit(world.person("bob"), asking((BETA, "AdministratorAccess")))
    expected: list[tuple[dict[str, Any], int]] = [
        ({}, 5),
        ({"types": [EventType.REQUEST_SUBMITTED]}, 2),
        ({"types": [EventType.REQUEST_SUBMITTED, EventType.GRANT_CREATED]}, 3),
        ({"types": [EventType.LOCK_CREATED]}, 0),
        ({"caller": "user:carol@example.com"}, 3),
        ({"caller": "Carol@example.com"}, 3),
        ({"caller": "dave@example.com"}, 0),
        ({"acting_as": "alice@example.com"}, 0),
        ({"request_id": grant.request_id}, 4),
        ({"request_id": bob.id}, 1),
        ({"grant_id": grant.id}, 1),
        ({"principal": "ALICE@example.com"}, 4),
        ({"principal": person_id("bob")}, 1),
        ({"principal": "dave@example.com"}, 0),
        ({"account": ALPHA}, 1),
        ({"account": "Alpha"}, 1),
        ({"account": BETA}, 0),
        ({"permission_set": "AdministratorAccess"}, 1),
        ({"permission_set": arn("AdministratorAccess")}, 1),
        ({"permission_set": arn("ReadOnlyAccess")}, 0),
        ({"principal": "alice@example.com", "types": [EventType.REQUEST_SUBMITTED]}, 1),
        ({"principal": "bob@example.com", "account": ALPHA}, 0),
        ({"account": "alpha", "caller": "carol@example.com", "grant_id": grant.id}, 1),
    ]
    for filters, count in expected:
        assert len(listed(world, filters=Wanted(**filters))) == count, filters
    windows: list[tuple[dict[str, Any], int]] = [
        ({"since": later}, 1),
        ({"until": later}, 4),
        ({"since": later + timedelta(seconds=1)}, 0),
    ]
    for window, count in windows:
        assert len(listed(world, **window)) == count, window
        assert len(listed(world, **window, oldest_first=True)) == count, window


def test_what_nobody_has_ever_heard_of_is_told_from_what_did_not_happen(world: World) -> None:
    world.approved()
    nowhere = uuid.uuid4()
    unheard: list[tuple[str, Any, type[Refusal]]] = [
        ("principal", "nobody", UnknownPrincipal),
        ("principal", "\x00", UnknownPrincipal),
        ("account", "nowhere", UnknownAccount),
        ("account", "000000000000", UnknownAccount),
        ("permission_set", "Everything", UnknownPermissionSet),
        ("caller", "nobody", InvalidInput),
        ("caller", "\x00", InvalidInput),
        ("acting_as", "user:nobody", InvalidInput),
        ("request_id", nowhere, InvalidInput),
        ("grant_id", nowhere, InvalidInput),
    ]
    for field, value, refusal in unheard:
        with world.refusing(refusal) as caught:
            listed(world, filters=Wanted(**{field: value}))
        assert [error.field for error in caught.value.errors] == [field]


def test_an_event_says_who_called_and_whom_it_was_about(world: World) -> None:
    world.submit(world.bot("slack", acting="alice"))
    with world.store.reading() as session:
        (event,) = events.list_(session, AUDITOR).items
    assert (event.caller, event.acting_as) == ("service:slack", "user:alice@example.com")
    assert (event.principal_id, event.occurred_at) == (person_id("alice"), world.clock.now())
    assert event.facts["targets"] == [
        {
            "account_id": ALPHA,
            "account_name": "alpha",
            "permission_set_arn": arn("AdministratorAccess"),
            "permission_set_name": "AdministratorAccess",
        }
    ]
    assert (event.facts["entitlement"], event.facts["duration"]) == ("admin", "PT1H")
    assert event.facts["justification"] == "the pager went off"


def test_the_record_is_paged_in_either_order(world: World) -> None:
    world.approved()
    for oldest_first in (False, True):
        seen: list[AuditEvent] = []
        cursor = None
        for _ in range(2):
            with world.store.reading() as session:
                page = events.list_(
                    session, AUDITOR, oldest_first=oldest_first, paging=Paging(limit=2, cursor=cursor)
                )
            seen += page.items
            cursor = page.next_cursor
        assert [event.id for event in seen] == sorted((event.id for event in seen), reverse=not oldest_first)
        assert len(seen) == 4


def test_only_those_who_watch_read_it(world: World) -> None:
    assert listed(world, ADMIN) == listed(world, AUDITOR)
    for caller in (world.person("alice"), world.bot(), world.bot(acting="carol")):
        with world.refusing(Forbidden):
            listed(world, caller)
        with world.store.reading() as session, pytest.raises(Forbidden):
            assignments.list_(session, caller)


def test_what_aws_holds_is_narrowed_by_what_is_asked_for(world: World) -> None:
    world.approved()
    world.hold_standing("bob", account=BETA)
    world.hold_standing("leads")
    alice, bob, leads = (person_id("alice"), ALPHA), (person_id("bob"), BETA), (group_id("leads"), ALPHA)
    expected: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
        ({}, [leads, bob, alice]),
        ({"account": BETA}, [bob]),
        ({"principal": user_name("alice")}, [alice]),
        ({"principal": group_id("leads")}, [leads]),
        ({"permission_set": arn("ReadOnlyAccess")}, []),
        ({"provenance": Provenance.STANDING}, [leads, bob]),
        ({"provenance": Provenance.NONE, "observed": Observed.UNKNOWN}, [alice]),
        ({"principal": "\x00"}, []),
    ]
    for filters, wanted in expected:
        assert held(world, **filters) == wanted, filters
