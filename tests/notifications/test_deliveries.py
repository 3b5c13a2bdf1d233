"""Events reach their webhooks: at least once, in order, for days, and signed."""

import itertools
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook as Verifier

from protem.broker import webhook_edits, webhook_rotation, webhooks
from protem.broker.callers import CONSOLE
from protem.broker.webhook_edits import Edit
from protem.db.models import AuditEvent, DeliveryState, Webhook
from protem.domain.errors import DeliveryPending, WebhookDisabled
from protem.domain.events import EventType
from protem.notifications.transport import Answer
from tests.broker.worlds import World
from tests.notifications.offices import BAD, GOOD, LIFETIME, Office, ids

PENDING, DELIVERED, ABANDONED = DeliveryState


def facts_of(world: World, kind: EventType) -> list[dict[str, object]]:
    with world.store.reading() as session:
        found = select(AuditEvent.facts).where(AuditEvent.type == kind.value).order_by(AuditEvent.id)
        return list(session.scalars(found))


def edit(office: Office, webhook: Webhook, wish: Edit) -> Webhook:
    with office.store.writing() as session:
        return webhook_edits.edit(
            session,
            CONSOLE,
            webhook.id,
            wish,
            base_version=office.webhook(webhook).version,
            networks=(),
            lifetime=LIFETIME,
            now=office.world.clock.now(),
        )


def test_what_happens_arrives_with_its_place_in_the_record(world: World, office: Office) -> None:
    office.seal()
    webhook = office.subscribe()
    request = world.submit(world.person("alice"))
    office.work()
    (letter,) = office.receivers.letters
    assert letter.url == "https://bot.example/hook"
    message = letter.message
    assert (message["type"], message["timestamp"]) == ("request.submitted", "2026-01-05T09:00:00.000000Z")
    data = message["data"]
    assert (data["request_id"], data["facts"]["justification"]) == (str(request.id), "the pager went off")
    assert data["sequence"] == office.webhook(webhook).sequence
    assert len(data["hash"]) == 64
    assert letter.headers["webhook-id"] == data["id"]
    assert office.states(webhook) == [DELIVERED]


def test_what_is_sent_bears_a_signature_that_the_reference_library_verifies(office: Office) -> None:
    office.world.clock.set(datetime.now(UTC))
    webhook = office.subscribe()
    office.happen()
    office.work()
    (letter,) = office.receivers.letters
    assert Verifier(webhook.secret).verify(letter.body, dict(letter.headers)) == letter.message


def test_both_secrets_sign_while_a_rotation_overlaps(office: Office) -> None:
    office.world.clock.set(datetime.now(UTC))
    before = office.subscribe()
    with office.store.writing() as session:
        now = office.world.clock.now()
        overlap = timedelta(hours=1)
        issued = webhook_rotation.rotate(session, CONSOLE, before.id, overlap=overlap, now=now)
    assert issued.secret != before.secret
    office.happen()
    office.work()
    (letter,) = office.receivers.letters
    for secret in (issued.secret, before.secret):
        Verifier(secret).verify(letter.body, dict(letter.headers))
    office.world.clock.advance(3600)
    office.happen()
    office.work()
    assert [len(letter.headers["webhook-signature"].split()) for letter in office.receivers.letters] == [2, 1]


def test_only_what_is_wanted_is_sent_and_nothing_about_sending(office: Office) -> None:
    chosen = office.subscribe("request.*", "grant.ended")
    everything = office.subscribe(url="https://all.example/")
    for kind in (EventType.REQUEST_SUBMITTED, EventType.GRANT_ENDED, EventType.GRANT_ACTIVE):
        office.happen(kind)
    for kind in (EventType.WEBHOOK_TESTED, EventType.DELIVERY_ABANDONED):
        office.happen(kind)
    office.work()
    assert len(office.deliveries(chosen)) == 2
    assert len(office.deliveries(everything)) == 3
    assert office.webhook(chosen).sequence == office.webhook(everything).sequence


def test_a_new_webhook_begins_now_or_where_it_is_told_to(office: Office) -> None:
    for _ in range(3):
        office.happen()
    office.seal()
    now, third = office.subscribe(), office.subscribe(since=3)
    office.work()
    assert office.deliveries(now) == []
    assert [delivery.sequence for delivery in office.deliveries(third)] == [3]


def test_a_failure_is_tried_again_ever_more_seldom_until_it_is_given_up(office: Office) -> None:
    webhook = office.subscribe()
    office.receivers.reply = lambda letter: BAD
    office.happen()
    office.work()
    (delivery,) = office.deliveries(webhook)
    waits = []
    while delivery.state is PENDING:
        waits.append((delivery.next_attempt_at - office.world.clock.now()).total_seconds())
        office.world.clock.set(delivery.next_attempt_at)
        office.work()
        (delivery,) = office.deliveries(webhook)
    assert delivery.state is ABANDONED
    assert 3.75 <= waits[0] <= 5
    assert all(after / before * 1.34 >= 0.75 * 2 for before, after in itertools.pairwise(waits[:10]))
    assert 4.5 * 3600 <= max(waits) <= 6 * 3600
    assert timedelta(days=3) <= office.world.clock.now() - delivery.created_at <= timedelta(days=3, hours=6)
    assert 20 <= len(office.attempts(delivery)) == len(waits) + 1 <= 40
    (abandoned,) = facts_of(office.world, EventType.DELIVERY_ABANDONED)
    assert (abandoned["status"], abandoned["attempts"]) == (500, len(waits) + 1)


def test_the_time_of_each_attempt_is_in_its_signature(office: Office) -> None:
    office.subscribe()
    office.receivers.reply = lambda letter: BAD
    office.happen()
    office.work()
    office.wait(minutes=1)
    first, second = office.receivers.letters[:2]
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 60
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


@pytest.mark.parametrize(("asked", "waited"), [("60", 60), ("0", 5), ("999999", 6 * 3600)])
def test_a_receiver_may_ask_for_patience_within_bounds(office: Office, asked: str, waited: int) -> None:
    webhook = office.subscribe()
    office.receivers.reply = lambda letter: Answer(status=503, retry_after=asked)
    office.happen()
    office.work()
    (delivery,) = office.deliveries(webhook)
    assert delivery.next_attempt_at - office.world.clock.now() == timedelta(seconds=waited)


def test_one_topic_keeps_its_order_while_others_go_on(world: World, office: Office) -> None:
    stuck, fluent = world.submit(world.person("alice")), world.submit(world.person("bob"))
    office.seal()
    office.subscribe()
    refused = {"request.approved"}
    office.receivers.reply = lambda letter: (
        BAD
        if letter.message["type"] in refused and letter.message["data"]["request_id"] == str(stuck.id)
        else GOOD
    )
    for kind in (EventType.REQUEST_APPROVED, EventType.GRANT_CREATED, EventType.GRANT_ACTIVE):
        for request in (stuck, fluent):
            office.happen(kind, about=request)
    office.work()
    arrived = [
        (letter.message["type"], letter.message["data"]["request_id"]) for letter in office.receivers.letters
    ]
    assert [kind for kind, about in arrived if about == str(fluent.id)] == [
        "request.approved",
        "grant.created",
        "grant.active",
    ]
    assert [kind for kind, about in arrived if about == str(stuck.id)] == ["request.approved"]
    office.receivers.told()
    refused.clear()
    office.wait(seconds=5)
    assert office.receivers.told() == ["request.approved", "grant.created", "grant.active"]


def test_what_is_abandoned_lets_the_next_go(world: World, office: Office) -> None:
    request = world.submit(world.person("alice"))
    office.seal()
    webhook = office.subscribe()
    office.receivers.reply = lambda letter: BAD if letter.message["type"] == "request.approved" else GOOD
    office.happen(EventType.REQUEST_APPROVED, about=request)
    office.happen(EventType.GRANT_CREATED, about=request)
    for _ in range(40):
        office.wait(hours=6)
        office.happen(EventType.GRANT_ACTIVE)
    assert office.states(webhook)[:2] == [ABANDONED, DELIVERED]
    assert office.webhook(webhook).enabled
    assert len(facts_of(world, EventType.DELIVERY_ABANDONED)) == 1


def test_a_webhook_that_got_nothing_in_all_that_time_is_disabled_and_loses_no_more(office: Office) -> None:
    webhook = office.subscribe()
    office.receivers.reply = lambda letter: BAD
    office.happen()
    for _ in range(20):
        office.wait(hours=6)
        office.happen()
    found = office.webhook(webhook)
    assert not found.enabled
    assert str(found.disabled_because).startswith("nothing was delivered for P3D")
    assert office.states(webhook).count(ABANDONED) == 1
    assert len(facts_of(office.world, EventType.WEBHOOK_DISABLED)) == 1
    office.receivers.told()
    office.wait(days=30)
    assert office.receivers.told() == []
    office.receivers.reply = lambda letter: GOOD
    edit(office, webhook, Edit(enabled=True))
    for _ in range(3):
        office.wait(seconds=1)
    assert office.states(webhook).count(DELIVERED) == 20
    assert PENDING not in office.states(webhook)


def test_a_receiver_that_is_gone_is_not_sent_to_again(office: Office) -> None:
    webhook = office.subscribe()
    office.receivers.reply = lambda letter: Answer(status=410)
    office.happen()
    office.work()
    found = office.webhook(webhook)
    assert (found.enabled, found.disabled_because) == (False, "the receiver answered 410 Gone")
    office.receivers.told()
    office.happen()
    office.wait(days=1)
    assert office.receivers.told() == []
    assert office.states(webhook) == [PENDING]


def test_a_slow_receiver_leaves_threads_to_the_others(office: Office) -> None:
    slow, quick = (
        office.subscribe(url="https://slow.example/"),
        office.subscribe(url="https://quick.example/"),
    )
    for _ in range(10):
        office.happen()
    held: list[object] = []
    office.sender.dispatch = held.append
    office.seal()
    office.fan_out()
    office.sender.send_due()
    assert len(held) == 4
    office.sender.send_due()
    assert len(held) == 4
    assert {len(office.deliveries(webhook)) for webhook in (slow, quick)} == {10}


def test_slow_receivers_with_much_to_get_leave_the_next_turn_to_the_others(office: Office) -> None:
    for place in range(4):
        office.subscribe(url=f"https://slow{place}.example/")
    office.subscribe(url="https://quick.example/")
    for _ in range(20):
        office.happen()
    under_way: list[Callable[[], None]] = []
    office.sender.dispatch = under_way.append
    office.seal()
    office.fan_out()
    for _ in range(50):
        office.sender.send_due()
        under_way.pop(0)()
    sent = Counter(letter.url for letter in office.receivers.letters)
    assert len(sent) == 5
    assert set(sent.values()) == {10}


def test_the_old_address_of_a_webhook_does_not_disable_the_new_one(office: Office) -> None:
    webhook = office.subscribe()
    office.happen()
    under_way: list[Callable[[], None]] = []
    office.sender.dispatch = under_way.append
    office.receivers.reply = lambda letter: Answer(status=410)
    office.work()
    edit(office, webhook, Edit(url="https://moved.example/"))
    under_way.pop()()
    assert office.webhook(webhook).enabled
    assert office.states(webhook) == [PENDING]


def test_what_is_under_way_when_a_webhook_is_disabled_waits_like_the_rest(office: Office) -> None:
    webhook = office.subscribe()
    office.happen()
    under_way: list[Callable[[], None]] = []
    office.work()
    office.receivers.reply = lambda letter: BAD
    office.sender.dispatch = under_way.append
    office.happen()
    office.wait(seconds=1)
    office.world.clock.advance(LIFETIME.total_seconds())
    edit(office, webhook, Edit(enabled=False))
    under_way.pop()()
    assert office.states(webhook) == [DELIVERED, PENDING]
    assert facts_of(office.world, EventType.DELIVERY_ABANDONED) == []


def test_the_claim_of_a_sender_that_died_runs_out(office: Office) -> None:
    webhook = office.subscribe()
    office.happen()
    office.sender.dispatch = lambda work: None
    office.work()
    successor = Office(office.world, receivers=office.receivers)
    successor.work()
    assert office.receivers.told() == []
    successor.wait(seconds=39.9)
    assert office.receivers.told() == []
    successor.wait(seconds=0.1)
    assert office.receivers.told() == ["entitlements.applied"]
    assert office.states(webhook) == [DELIVERED]


def test_an_answer_that_comes_too_late_changes_nothing_but_the_log(office: Office) -> None:
    webhook = office.subscribe()
    office.happen()
    late: list[Callable[[], None]] = []
    office.sender.dispatch = late.append
    office.work()
    Office(office.world, receivers=office.receivers).wait(seconds=40)
    office.receivers.reply = lambda letter: BAD
    late[0]()
    (delivery,) = office.deliveries(webhook)
    assert (delivery.state, len(office.attempts(delivery))) == (DELIVERED, 2)


def test_what_was_settled_can_be_sent_once_more_under_the_same_id(office: Office) -> None:
    webhook = office.subscribe()
    office.happen()
    office.work()
    (delivery,) = office.deliveries(webhook)
    office.redeliver(delivery)
    with pytest.raises(DeliveryPending):
        office.redeliver(delivery)
    office.work()
    first, second = ids(office.receivers.letters)
    assert first == second
    assert office.states(webhook) == [DELIVERED]
    assert office.world.events()[-1] == "delivery.repeated"


def test_nothing_is_sent_to_what_is_disabled_or_deleted(office: Office) -> None:
    disabled, deleted = office.subscribe(), office.subscribe()
    office.happen()
    office.seal()
    office.fan_out()
    edit(office, disabled, Edit(enabled=False))
    with office.store.writing() as session:
        webhooks.delete(session, CONSOLE, deleted.id, now=office.world.clock.now())
    office.wait(days=1)
    assert office.receivers.told() == []
    assert (office.states(disabled), office.states(deleted)) == ([PENDING], [ABANDONED])
    assert office.webhook(deleted).secret == ""
    (delivery,) = office.deliveries(disabled)
    with pytest.raises(WebhookDisabled):
        office.redeliver(delivery)


def test_an_event_that_is_no_longer_kept_is_abandoned_without_being_sent(office: Office) -> None:
    webhook = office.subscribe()
    office.happen()
    office.seal()
    office.fan_out()
    (delivery,) = office.deliveries(webhook)
    office.world.change(delivery, sequence=999)
    office.work()
    assert office.receivers.told() == []
    assert office.states(webhook) == [ABANDONED]
    assert office.webhook(webhook).enabled


def test_a_row_that_cannot_be_read_is_put_aside(office: Office) -> None:
    poisoned, sound = office.subscribe(), office.subscribe()
    office.world.change(office.webhook(poisoned), secret="whsec_")
    office.happen()
    office.work()
    assert (office.states(poisoned), office.states(sound)) == ([PENDING], [DELIVERED])
    (delivery,) = office.deliveries(poisoned)
    assert delivery.next_attempt_at == office.world.clock.now() + timedelta(minutes=5)


def test_no_secret_gets_into_events_or_reprs(office: Office) -> None:
    webhook = office.subscribe(url="https://hooks.example/services/T0/sesame")
    office.happen()
    office.work()
    shown = repr(facts_of(office.world, EventType.WEBHOOK_CREATED))
    assert "sesame" not in shown
    assert webhook.secret not in shown
