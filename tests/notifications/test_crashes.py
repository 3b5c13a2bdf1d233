"""Death at each commit, and two who send at once: everything arrives, and in order."""

import threading
from collections import defaultdict
from itertools import count

import pytest

from protem.db.models import DeliveryState
from protem.db.store import Store
from protem.domain.events import EventType
from protem.notifications.transport import Answer
from tests.broker.racing import FEW, apart, at_once
from tests.broker.worlds import World
from tests.notifications.offices import GOOD, Letter, Office, Receivers, dying
from tests.reconciler.crashes import Crash, Moments, MortalStore

STORY = (EventType.REQUEST_APPROVED, EventType.GRANT_CREATED, EventType.GRANT_ACTIVE, EventType.GRANT_ENDED)


def tell(world: World, office: Office, people: tuple[str, ...], *, of: int = len(STORY)) -> None:
    """Put the beginning of the same story on record about a request of each of these people."""
    requests = [world.submit(world.person(name)) for name in people]
    for kind in STORY[:of]:
        for request in requests:
            office.happen(kind, about=request)


def arrived(letters: list[Letter]) -> dict[str, list[int]]:
    """Return the numbers of what arrived about each request, each at its first arrival."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for letter in letters:
        numbers = found[letter.message["data"]["request_id"]]
        if letter.sequence not in numbers:
            numbers.append(letter.sequence)
    return found


def test_wherever_the_process_dies_everything_arrives_in_order(world: World) -> None:
    office = Office(world)
    office.subscribe()
    for fatal in count(1):
        receivers = Receivers()
        tell(world, office, ("alice",), of=1)
        mortal = MortalStore(world.url, clock=world.clock, agreed_time=False)
        mortal.moments = Moments(fatal=fatal, counting=True)
        died = dying(Office(world, store=mortal, receivers=receivers).work, Crash)
        mortal.close()
        successor = Office(world, receivers=receivers)
        successor.wait(seconds=60)
        (numbers,) = arrived(receivers.letters).values()
        assert numbers == sorted(numbers)
        assert len(numbers) == 2
        if not died:
            break
    assert fatal > 2 * (2 + 2 * 2)


@pytest.mark.parametrize("_", FEW)
def test_two_who_send_at_once_send_everything_once_and_in_order(world: World, _: int) -> None:
    first = Office(world)
    webhook = first.subscribe()
    tell(world, first, ("alice", "bob", "alice"))
    first.seal()
    first.fan_out()
    with apart(world, 2) as worlds:
        offices = [Office(other, store=other.store, receivers=first.receivers) for other in worlds]
        for _round in range(len(STORY) * 4):
            at_once(*(office.sender.send_due for office in offices))
    letters = first.receivers.letters
    assert len(letters) == len({letter.sequence for letter in letters}) == 3 * (len(STORY) + 1)
    assert set(first.states(webhook)) == {DeliveryState.DELIVERED}
    for numbers in arrived(letters).values():
        assert numbers == sorted(numbers)


def test_two_who_make_deliveries_at_once_make_each_once(world: World) -> None:
    first = Office(world)
    webhook = first.subscribe()
    tell(world, first, ("alice", "bob"))
    first.seal()
    with apart(world, 2) as worlds:
        offices = [Office(other, store=other.store) for other in worlds]
        at_once(*(office.fan_out for office in offices))
    first.fan_out()
    made = [delivery.sequence for delivery in first.deliveries(webhook)]
    assert len(made) == len(set(made)) == 2 * (len(STORY) + 1)


def test_no_transaction_is_open_while_something_is_sent(world: World) -> None:
    office = Office(world)
    office.subscribe()
    written = threading.Event()

    def write_meanwhile(letter: Letter) -> Answer:
        other = Store(world.url, clock=world.clock, agreed_time=False)
        with other.writing() as session:
            session.connection().exec_driver_sql("UPDATE webhooks SET description = 'meanwhile'")
        other.close()
        written.set()
        return GOOD

    office.receivers.reply = write_meanwhile
    office.happen()
    office.work()
    assert written.is_set()
