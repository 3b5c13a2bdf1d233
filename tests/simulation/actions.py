"""What happens: people ask the broker for things, and other administrators work past it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from random import Random

from sqlalchemy import func, select

from protem.broker import catalogue, decisions, documents, extensions, grants, locking, requests
from protem.broker.callers import CONSOLE, Caller
from protem.broker.extensions import Extension
from protem.db.models import EntitlementVersion, Lock, TokenRole
from protem.domain.approvals import Answer
from protem.domain.authority import Scope
from protem.domain.errors import Refusal
from protem.domain.lifecycle import LIVE_GRANT_STATES, RequestState
from protem.domain.locks import LockKind
from tests.simulation import outside
from tests.simulation.estate import ACCOUNTS, BOUNDS, ENTITLEMENTS, REQUESTERS, SETS
from tests.simulation.world import Broken, World

Action = Callable[[World, Random], None]
_TARGETS = {"self": ("alpha", "beta"), "again": ("gamma",), "asked": ("alpha", "beta", "gamma")}


def caller(world: World, name: str, *, through: str | None = None) -> Caller:
    with world.store.reading() as session:
        person = catalogue.person(session, world.estate.users[name])
    if through is None:
        return Caller(name, TokenRole.PERSONAL, person=person)
    return Caller(through, TokenRole.SERVICE, person=person, scopes=frozenset(Scope))


def submit(world: World, draw: Random) -> None:
    who, entitlement = draw.choice(REQUESTERS), draw.choice((*_TARGETS, "self", "again"))
    accounts = draw.sample(_TARGETS[entitlement], k=min(draw.choice((1, 1, 2)), len(_TARGETS[entitlement])))
    permission_set = SETS[1] if entitlement == "asked" else SETS[0]
    ahead = draw.choice((0, 0, 0, draw.randint(5, 600)))
    seconds = draw.choice((60, 60, 75, 120, 300))
    wish = requests.Submission(
        targets=tuple((account, permission_set) for account in accounts),
        entitlement=entitlement,
        justification="the pager went off",
        duration=timedelta(seconds=seconds),
        starts_at=world.now() + timedelta(seconds=ahead) if ahead else None,
    )
    with world.store.writing() as session:
        requests.submit(session, caller(world, who), wish, bounds=BOUNDS, now=world.now())
    world.wake()
    start = f", from {ahead} s on" if ahead else ""
    world.tell(f"{who} asks under {entitlement} for {' and '.join(accounts)} for {seconds} s{start}")


def decide(world: World, draw: Random) -> None:
    open_ones = [one for one in world.requests() if one.state is RequestState.PENDING]
    request = draw.choice(open_ones) if open_ones else None
    if request is None:
        return
    who, through = draw.choice(("carol", "carol", "alice", "dave")), draw.choice((None, "slack", "teams"))
    answer = draw.choice((Answer.APPROVE, Answer.APPROVE, Answer.APPROVE, Answer.DENY))
    own = request.beneficiary_id == world.estate.users[who]
    with world.store.writing() as session:
        decisions.decide(
            session,
            caller(world, who, through=through),
            request.id,
            answer=answer,
            comment="fine",
            duration=None,
            digest=request.digest,
            now=world.now(),
        )
    world.wake()
    world.tell(f"{who} answers {answer.value} to a request, through {through}")
    if own or who == "dave" or through == "teams":
        raise Broken("who may approve", f"{who} answered through {through}, own request: {own}")
    if request.expires_at <= world.now():
        raise Broken("who may approve", f"{who} answered a request that had expired")


def withdraw(world: World, draw: Random) -> None:
    open_ones = [one for one in world.requests() if one.state is RequestState.PENDING]
    if open_ones:
        request = draw.choice(open_ones)
        with world.store.writing() as session:
            requests.withdraw(session, _owner(world, request.requester_id), request.id, now=world.now())
        world.tell("a request is withdrawn")


def revoke(world: World, draw: Random) -> None:
    live = [one for one in world.grants() if one.state in LIVE_GRANT_STATES]
    if live:
        grant = draw.choice(live)
        by = CONSOLE if draw.random() < 0.5 else _owner(world, grant.principal_id)
        with world.store.writing() as session:
            grants.revoke(session, by, grant.id, comment="enough", now=world.now())
        world.wake()
        world.tell(f"a grant that is {grant.state.value} is revoked")


def extend(world: World, draw: Random) -> None:
    live = [one for one in world.grants() if one.state in LIVE_GRANT_STATES]
    if live:
        grant = draw.choice(live)
        wish = Extension(
            duration=timedelta(seconds=draw.choice((60, 120, 300))), justification="longer", ticket=None
        )
        over = grant.owing.over(world.now())
        with world.store.writing() as session:
            extensions.extend(
                session, _owner(world, grant.principal_id), grant.id, wish, bounds=BOUNDS, now=world.now()
            )
        world.wake()
        world.tell(f"more time is asked for, for a grant that is {grant.state.value}")
        if over:
            raise Broken("ends never move once over", f"grant {grant.id} was over")


def lock(world: World, draw: Random) -> None:
    kinds: Mapping[LockKind, str | None] = {
        LockKind.EVERYTHING: None,
        LockKind.ACCOUNT: ACCOUNTS[draw.choice(list(ACCOUNTS))],
        LockKind.PRINCIPAL: f"{draw.choice(REQUESTERS)}@example.com",
        LockKind.ENTITLEMENT: draw.choice(list(_TARGETS)),
    }
    kind = draw.choice(list(kinds))
    with world.store.writing() as session:
        locking.create(
            session,
            CONSOLE,
            kind=kind,
            subject=kinds[kind],
            reason="a drill",
            duration=timedelta(seconds=draw.choice((20, 300, 1800))),
            now=world.now(),
        )
    world.tell(f"a lock is put on {kinds[kind] or 'everything'}")


def lift(world: World, draw: Random) -> None:
    with world.store.writing() as session:
        made = session.scalars(select(Lock).where(Lock.lifted_at.is_(None)).order_by(Lock.id)).all()
        if made:
            locking.lift(session, CONSOLE, draw.choice(made).id, now=world.now())
            world.tell("a lock is lifted")


def entitle(world: World, draw: Random) -> None:
    """Put other entitlements in force, or the first ones again."""
    shorter = ENTITLEMENTS.replace(
        "groups: [engineers]", "users: [alice@example.com]", draw.choice((0, 1, 3))
    )
    document = documents.parse(shorter, file="entitlements.yaml")
    with world.store.writing() as session:
        latest = session.scalars(select(func.max(EntitlementVersion.version))).one()
        session.add(
            EntitlementVersion(
                version=latest + 1,
                digest=document.digest,
                document=document.normal,
                source="",
                applied_at=world.now(),
                applied_by="test",
            )
        )
    world.tell("entitlements change")


def _owner(world: World, person_id: str) -> Caller:
    name = next(name for name, found in world.estate.users.items() if found == person_id)
    return caller(world, name)


ACTIONS: Mapping[Action, int] = {
    submit: 24,
    decide: 12,
    withdraw: 2,
    revoke: 8,
    extend: 5,
    lock: 2,
    lift: 2,
    outside.put: 7,
    outside.remove: 5,
    outside.membership: 2,
    outside.delete_user: 1,
    outside.suspend: 2,
    outside.move: 1,
    outside.make_set_anew: 2,
    outside.change_set: 1,
    entitle: 1,
}


def act(world: World, draw: Random) -> None:
    """Do something; to be refused is fine."""
    action = draw.choices(list(ACTIONS), weights=list(ACTIONS.values()))[0]
    try:
        action(world, draw)
    except Refusal as refusal:
        world.tell(f"{action.__name__.replace('_', ' ')} is refused: {refusal}")
