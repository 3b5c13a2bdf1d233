"""What has to be true of every round; each check yields a sentence for whatever is not."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from protem.domain import subscriptions
from tests.chaos.evidence import Call, Event, Evidence, Suffered, Triple
from tests.chaos.weather import Trouble

CALM = timedelta(seconds=6)
"""From the end of access until AWS has deleted it, where nothing is wrong but a busy machine."""
RECOVERY = {
    # The lease of six seconds runs out, the standby takes it and sends what is due: within ten.
    Trouble.KILL_LEADER: timedelta(seconds=10),
    Trouble.FREEZE_LEADER: timedelta(seconds=10),
    Trouble.KILL_ALL: timedelta(seconds=10),
    # It is given back: the standby is told, or looks within half a second.
    Trouble.STOP_LEADER: timedelta(seconds=3),
    Trouble.KILL_STANDBY: timedelta(seconds=2),
    # The lease cannot be renewed meanwhile, and connections are made anew.
    Trouble.DATABASE_FAST: timedelta(seconds=10),
    Trouble.DATABASE_IMMEDIATE: timedelta(seconds=10),
    # An attempt that failed is made again after up to eight seconds, once the wire is whole.
    Trouble.NETWORK_CUT: timedelta(seconds=10),
    Trouble.NETWORK_SLOW: timedelta(seconds=4),
}
"""How long after a trouble is over everything is on time again."""
LIVE = frozenset({"scheduled", "activating", "active", "deactivating"})

Check = Callable[[Evidence], Iterator[str]]
Span = tuple[datetime, datetime]


def settled(found: Evidence) -> Iterator[str]:
    if found.unsettled is not None:
        yield f"it does not come to rest: {found.unsettled}"


def nothing_without_a_grant(found: Evidence) -> Iterator[str]:
    owed = {grant.triple for grant in found.grants if grant.state in LIVE}
    for triple in sorted(found.held - found.standing - owed):
        yield f"AWS holds {triple}, and no grant owes it"


def standing_access_is_left_alone(found: Evidence) -> Iterator[str]:
    for triple in sorted(found.standing - found.held):
        yield f"standing access is gone: {triple}"
    for call in found.calls:
        if call.operation.startswith(("Create", "Delete")) and call.triple in found.standing:
            yield f"{call.operation} at {call.at} was about standing access: {call.triple}"


def nobody_overstays(found: Evidence) -> Iterator[str]:
    for triple, span in unowed(found):
        bound = allowed(found.suffered, span[0])
        if span[1] - span[0] > bound:
            yield f"{triple} stayed {span[1] - span[0]} after {span[0]}, where {bound} is the most"


def answers_are_kept(found: Evidence) -> Iterator[str]:
    for key, made in found.answered.items():
        if list(found.kept.get(key, ())) != [made]:
            yield f"{key} was answered with {made}, and the database has {found.kept.get(key, ())}"
    for key, kept in found.kept.items():
        if len(kept) > 1:
            yield f"{key} was done {len(kept)} times"
    ended = {grant.id for grant in found.grants if grant.state not in LIVE - {"deactivating"}}
    for grant_id in sorted(found.revoked - ended):
        yield f"grant {grant_id} was said to be revoked, and goes on"


def events_arrive(found: Evidence) -> Iterator[str]:
    sent = [event for event in found.recorded if subscriptions.deliverable(event.type)]
    ways = (("the webhook", sent, found.delivered), ("the file", found.recorded, found.filed))
    for name, owed, arrived in ways:
        missing = {event.sequence for event in owed} - {event.sequence for event in arrived}
        if missing:
            yield f"{name} never got {len(missing)} events, the first of them {min(missing)}"
        yield from _out_of_order(name, arrived)


def the_record_verifies(found: Evidence) -> Iterator[str]:
    if found.damage is not None:
        yield f"the record does not verify: {found.damage}"


CHECKS: Sequence[Check] = (
    settled,
    nothing_without_a_grant,
    standing_access_is_left_alone,
    nobody_overstays,
    answers_are_kept,
    events_arrive,
    the_record_verifies,
)


def faults(found: Evidence) -> list[str]:
    """Return everything that is wrong with a round."""
    return [sentence for check in CHECKS for sentence in check(found)]


def allowed(suffered: Sequence[Suffered], since: datetime) -> timedelta:
    """Return how long access that was over at an instant may stay: what it suffers before it is gone."""
    bound = CALM
    for one in sorted(suffered, key=lambda one: one.began):
        whole_again = one.over + RECOVERY[Trouble(one.kind)]
        if one.began <= since + bound and since < whole_again:
            bound = max(bound, whole_again - since + CALM)
    return bound


def unowed(found: Evidence) -> Iterator[tuple[Triple, Span]]:
    """Yield when AWS held what Protem made and nobody was owed."""
    for triple, spans in _held(found).items():
        windows = sorted((grant.starts_at, grant.over_at) for grant in found.grants if grant.triple == triple)
        for span in spans:
            yield from ((triple, rest) for rest in _outside(span, windows))


def lateness(found: Evidence) -> Iterator[tuple[timedelta, str]]:
    """Yield for each end of access how much later its first delete came, and what was wrong then."""
    deletes = defaultdict[Triple, list[Call]](list)
    for call in found.calls:
        if call.operation == "DeleteAccountAssignment":
            deletes[call.triple].append(call)
    for triple, span in unowed(found):
        asked = [call.at for call in deletes[triple] if call.at >= span[0] - timedelta(seconds=0.5)]
        if asked:
            yield max(min(asked) - span[0], timedelta()), _kind(found.suffered, span[0])


def _kind(suffered: Sequence[Suffered], at: datetime) -> str:
    near = [
        one.kind for one in suffered if one.began <= at + CALM and at < one.over + RECOVERY[Trouble(one.kind)]
    ]
    return near[-1] if near else "calm"


def _held(found: Evidence) -> dict[Triple, list[Span]]:
    since: dict[Triple, datetime] = {}
    spans = defaultdict[Triple, list[Span]](list)
    for change in sorted(found.changes, key=lambda change: change.at):
        if change.creates:
            since.setdefault(change.triple, change.at)
        elif change.triple in since:
            spans[change.triple].append((since.pop(change.triple), change.at))
    for triple, begun in since.items():
        spans[triple].append((begun, found.quiet_at or begun))
    return spans


def _outside(span: Span, windows: Sequence[Span]) -> Iterator[Span]:
    at, end = span
    for starts, over in windows:
        if starts > at:
            yield at, min(starts, end)
        at = max(at, over)
        if at >= end:
            return
    yield at, end


def _out_of_order(name: str, arrived: Sequence[Event]) -> Iterator[str]:
    """Whatever comes for the first time comes after everything earlier about the same."""
    first = dict[int, Event]()
    for event in arrived:
        first.setdefault(event.sequence, event)
    about = defaultdict[str, list[int]](list)
    for event in first.values():
        about[event.about].append(event.sequence)
    for subject, sequences in about.items():
        for earlier, later in pairwise(sequences):
            if later < earlier:
                yield f"{name} got event {later} of {subject} after event {earlier}"
