"""What goes wrong: faults of AWS, deaths of processes, a leader that sleeps, clocks that are set."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from random import Random

from protem.db.models import Assignment
from protem.sandbox.faults import Fault
from tests.simulation import outside
from tests.simulation.moments import Ambush
from tests.simulation.truth import ABOUT_ASSIGNMENTS, DESCRIBES, WRITES
from tests.simulation.world import PROCESSES, World

Trouble = Callable[[World, Random], None]

REASONS = {
    "rights": "Received a 403 status error: not authorized to perform iam:CreateRole",
    "assignee": "Received a 404 status error: the USER assignee was not found in directory",
    "account": "Obtaining permissions to manage your AWS account takes longer than usual.",
    "nothing there": "Received a 404 status error: EntitlementItem doesn't exist with the given key",
    "no known reason": "Internal failure",
}


def _failing(reason: str) -> Callable[[Random], Fault]:
    return lambda _: Fault.failed(reason)


CATALOGUE = (
    "ListUsers",
    "ListGroups",
    "ListGroupMemberships",
    "ListAccounts",
    "ListParents",
    "ListPermissionSets",
)
FAULTS: Mapping[str, tuple[Callable[[Random], Fault], tuple[str, ...]]] = {
    "throttle": (lambda _: Fault.throttle(), ABOUT_ASSIGNMENTS),
    "conflict": (lambda _: Fault.conflict(), WRITES),
    "access denied": (
        lambda _: Fault.refuse("AccessDeniedException", "not authorized", status=403),
        ABOUT_ASSIGNMENTS,
    ),
    "not found": (lambda _: Fault.refuse("ResourceNotFoundException", "not found"), (*WRITES, *DESCRIBES)),
    "quota exceeded": (lambda _: Fault.refuse("ServiceQuotaExceededException", "enough"), WRITES[:1]),
    "server error": (lambda _: Fault.server_error(), ABOUT_ASSIGNMENTS),
    "server error after effect": (lambda _: Fault.server_error(takes_effect=True), WRITES),
    "lost request": (lambda _: Fault.lost_request(), ABOUT_ASSIGNMENTS),
    "lost reply": (lambda _: Fault.lost_reply(), ABOUT_ASSIGNMENTS),
    "late effect": (lambda draw: Fault.late_effect(draw.choice((5, 60, 240, 900))), WRITES),
    "slow answer": (lambda draw: Fault.latency(draw.uniform(1, 15)), ABOUT_ASSIGNMENTS),
    "stuck operation": (lambda _: Fault.stuck(), WRITES),
    "long operation": (lambda draw: Fault.takes(draw.choice((30, 120, 400, 900))), WRITES),
    **{f"failed for {what}": (_failing(reason), WRITES) for what, reason in REASONS.items()},
    "unreadable catalogue": (
        lambda draw: draw.choice((Fault.throttle(), Fault.server_error(), Fault.lost_reply())),
        CATALOGUE,
    ),
}
DEATHS = (
    *(f"{when} a commit" for when in ("before", "after")),
    *(
        f"{when} {call}"
        for call in ("create", "delete", "list", "describe", "hint")
        for when in ("before", "after")
    ),
)
AMBUSHES = (
    *(f"{when} {call}" for call in ("create", "delete", "describe") for when in ("before", "after")),
    "after list",
)
KINDS = (
    *FAULTS,
    "late arrival",
    "freeze",
    "clock step",
    "dies killed",
    *(f"dies {moment}" for moment in DEATHS),
    *(f"others {act} {moment}" for act in ("assign", "remove") for moment in AMBUSHES),
)


def fault(world: World, draw: Random) -> None:
    name = draw.choice(list(FAULTS))
    make, operations = FAULTS[name]
    operation, times = draw.choice(operations), draw.choice((1, 1, 1, 2, 5))
    world.sandbox.faults.order(replace(make(draw), name=name), operation=operation, times=times)
    world.tell(f"from here on {operation} meets: {name} ({times} times)")


def ambush(world: World, draw: Random) -> None:
    """Have somebody else assign or remove what a process is about to write, or has just seen."""
    moment, act = draw.choice(AMBUSHES), draw.choice(("assign", "assign", "remove"))
    strike = outside.give if act == "assign" else outside.take

    def spring(row: Assignment) -> bool:
        states = world.states(lambda one: one.id == row.id)
        struck = strike(world, world.held(row))
        if struck:
            world.coverage.note(f"others {act} {moment}", states)
        return struck

    for process in world.processes.values():
        process.moments.ambush = Ambush(moment, spring)
    world.tell(f"somebody else will {act} {moment}")


def release(world: World, draw: Random) -> None:
    """Let operations that are stuck come to their end."""
    world.sandbox.operations.release()
    world.trouble()


def crash(world: World, draw: Random) -> None:
    """Have a process die some commits or calls from now."""
    moments = world.processes[draw.choice(PROCESSES)].moments
    moments.only = draw.choice(("", "", *DEATHS))
    moments.fatal = draw.randint(0, 2 if moments.only else 12)
    world.tell(
        f"process {moments.process} will die at moment {moments.fatal} of {moments.only or 'any kind'}"
    )


def kill(world: World, draw: Random) -> None:
    name = world.leader() or draw.choice(PROCESSES)
    if not world.time.idle(name):
        world.die(name, "killed", seconds=draw.choice((0.5, 5.0, 200.0)))


def freeze(world: World, draw: Random) -> None:
    name = world.leader() or draw.choice(PROCESSES)
    world.coverage.note("freeze", world.states())
    world.freeze(name, draw.choice((10.0, 100.0, 160.0, 400.0)))


def set_clock(world: World, draw: Random) -> None:
    process = world.processes[draw.choice(PROCESSES)]
    process.clock.offset = timedelta(seconds=draw.choice((-400, -3, 0, 0, 1, 3, 400)))
    world.coverage.note("clock step", world.states())
    world.trouble()
    world.tell(
        f"the clock of process {process.name} is set {process.clock.offset.total_seconds():+.0f} s off"
    )


TROUBLES: Mapping[Trouble, int] = {
    fault: 12,
    release: 2,
    crash: 5,
    kill: 2,
    freeze: 2,
    set_clock: 1,
    ambush: 6,
}


def strike(world: World, draw: Random) -> None:
    """Have something go wrong."""
    draw.choices(list(TROUBLES), weights=list(TROUBLES.values()))[0](world, draw)


def heal(world: World) -> None:
    """Take back everything that can be: from here on nothing goes wrong any more."""
    world.sandbox.faults.clear()
    world.sandbox.operations.release()
    for account in world.sandbox.organization.accounts():
        if account.status != "ACTIVE":
            world.sandbox.organization.reinstate(account.id)
            world.reinstated[account.id] = world.now()
    for process in world.processes.values():
        process.moments.fatal = None
        process.clock.offset = timedelta()
        world.time.thaw(process.name)
    world.trouble()
    world.tell("nothing goes wrong any more")
