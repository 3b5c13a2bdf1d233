"""What goes wrong: faults of AWS, deaths of processes, a leader that sleeps, clocks that are set."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from random import Random

from protem.sandbox.faults import Fault
from tests.simulation.world import PROCESSES, World

Trouble = Callable[[World, Random], None]

REASONS = (
    "Received a 403 status error: not authorized to perform iam:CreateRole",
    "Received a 404 status error: the USER assignee was not found in directory",
    "Obtaining permissions to manage your AWS account takes longer than usual.",
    "Internal failure",
)
WRITES = ("CreateAccountAssignment", "DeleteAccountAssignment")
CALLS = (
    *WRITES,
    "DescribeAccountAssignmentCreationStatus",
    "DescribeAccountAssignmentDeletionStatus",
    "ListAccountAssignments",
    "ListAccountAssignmentsForPrincipal",
    "ListAccountAssignmentCreationStatus",
    "ListAccountAssignmentDeletionStatus",
)
FAULTS: Mapping[str, tuple[Callable[[Random], Fault], tuple[str, ...]]] = {
    "throttle": (lambda _: Fault.throttle(), CALLS),
    "conflict": (lambda _: Fault.conflict(), WRITES),
    "access denied": (lambda _: Fault.refuse("AccessDeniedException", "not authorized", status=403), CALLS),
    "server error": (lambda _: Fault.server_error(), CALLS),
    "server error after effect": (lambda _: Fault.server_error(takes_effect=True), WRITES),
    "lost request": (lambda _: Fault.lost_request(), CALLS),
    "lost reply": (lambda _: Fault.lost_reply(), CALLS),
    "late effect": (lambda draw: Fault.late_effect(draw.choice((5, 60, 240, 900))), WRITES),
    "slow answer": (lambda draw: Fault.latency(draw.uniform(1, 15)), CALLS),
    "stuck operation": (lambda _: Fault.stuck(), WRITES),
    "failed operation": (lambda draw: Fault.failed(draw.choice(REASONS)), WRITES),
    "long operation": (lambda draw: Fault.takes(draw.choice((30, 120, 400, 900))), WRITES),
}
KINDS = (*FAULTS, "freeze", "clock step", "killed")


def fault(world: World, draw: Random) -> None:
    name = draw.choice(list(FAULTS))
    make, operations = FAULTS[name]
    operation, times = draw.choice(operations), draw.choice((1, 1, 1, 2, 5))
    world.sandbox.faults.order(make(draw), operation=operation, times=times)
    world.coverage.note(name, world.states())
    world.tell(f"from here on {operation} meets: {name} ({times} times)")


def release(world: World, draw: Random) -> None:
    """Let operations that are stuck come to their end."""
    world.sandbox.operations.release()
    world.trouble()


def crash(world: World, draw: Random) -> None:
    """Have a process die some commits or calls from now."""
    moments = world.processes[draw.choice(PROCESSES)].moments
    kinds = ("", "", "before a commit", "after a commit", "before create", "after create", "before delete")
    moments.only = draw.choice((*kinds, "after delete", "after list", "before describe"))
    moments.fatal = draw.randint(0, 4 if moments.only else 12)
    world.tell(
        f"process {moments.process} will die at moment {moments.fatal} of {moments.only or 'any kind'}"
    )


def kill(world: World, draw: Random) -> None:
    name = world.leader() or draw.choice(PROCESSES)
    if not world.time.idle(name):
        world.die(name, "killed", seconds=draw.choice((0.5, 5.0, 200.0)))
        world.coverage.note("killed", world.states())


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


TROUBLES: Mapping[Trouble, int] = {fault: 12, release: 2, crash: 5, kill: 2, freeze: 2, set_clock: 1}


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
