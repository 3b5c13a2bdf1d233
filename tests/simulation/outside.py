"""What other administrators do past Protem: to assignments, people, accounts and permission sets."""

from random import Random

from protem.sandbox.assignments import Assignment as Held
from tests.simulation.estate import ACCOUNTS, REQUESTERS, SETS
from tests.simulation.excuses import excused
from tests.simulation.truth import Change
from tests.simulation.world import World


def put(world: World, draw: Random) -> None:
    """Make an assignment past Protem."""
    give(world, _somewhere(world, draw))


def remove(world: World, draw: Random) -> None:
    take(world, _somewhere(world, draw))


def give(world: World, held: Held) -> bool:
    """Have somebody else assign this now; tell whether it was not there."""
    new = held not in world.sandbox.assignments.all()
    change = Change(world.now(), present=True, ours=False, excused=excused(world, held, world.now()))
    world.sandbox.assignments.include(held)
    world.truth.told(held, change)
    world.tell(f"somebody else assigns {_words(world, held)}{', in doubt' if change.excused else ''}")
    return new


def take(world: World, held: Held) -> bool:
    """Have somebody else remove this now; tell whether it was there."""
    there = held in world.sandbox.assignments.all()
    if there:
        world.sandbox.assignments.exclude(held)
        world.truth.told(held, Change(world.now(), present=False, ours=False))
        world.tell(f"somebody else removes {_words(world, held)}")
        world.trouble()
    return there


def membership(world: World, draw: Random) -> None:
    directory, who = world.sandbox.directory, world.estate.users[draw.choice(REQUESTERS)]
    group = world.estate.groups["engineers"]
    if any(one.group_id == group for one in directory.memberships_of(who)):
        directory.remove_member(group, who)
        world.tell("somebody leaves the engineers")
    elif directory.knows(who, principal_type="USER"):
        directory.add_member(group, who)
        world.tell("somebody joins the engineers again")


def delete_user(world: World, draw: Random) -> None:
    bob = world.estate.users["bob"]
    if draw.random() < 0.3 and world.sandbox.directory.knows(bob, principal_type="USER"):
        world.sandbox.directory.remove_user(bob)
        if world.sandbox.settings.assignments_of_removed_principals == "vanish":
            for held in world.sandbox.assignments.all():
                assert held.principal_id != bob
        world.tell("bob is deleted")


def suspend(world: World, draw: Random) -> None:
    account = ACCOUNTS[draw.choice(("alpha", "gamma"))]
    found = world.sandbox.organization.account(account)
    assert found is not None
    if found.status == "ACTIVE":
        world.sandbox.organization.suspend(account)
    else:
        world.sandbox.organization.reinstate(account)
        world.reinstated[account] = world.now()
    world.trouble()
    world.tell(f"account {account} is {found.status.lower()} now")


def move(world: World, draw: Random) -> None:
    unit = draw.choice(("Prod", "Dev"))
    world.sandbox.organization.move(ACCOUNTS["beta"], unit=world.estate.units[unit])
    world.tell(f"beta is moved to {unit}")


def make_set_anew(world: World, draw: Random) -> None:
    """Delete a permission set that nobody holds, and make another of the same name."""
    name = draw.choice(SETS)
    arn = world.estate.sets[name]
    in_use = any(held.permission_set_arn == arn for held in world.sandbox.assignments.all())
    running = any(one.assignment.permission_set_arn == arn for one in world.sandbox.operations.in_progress())
    if not in_use and not running:
        world.sandbox.permission_sets.remove(arn)
        world.estate.sets[name] = world.sandbox.permission_sets.add(name)
        world.tell(f"{name} is deleted and made anew")


def change_set(world: World, draw: Random) -> None:
    arn = world.estate.sets[draw.choice(SETS)]
    world.sandbox.permission_sets.change(
        arn, inline_policy=f'{{"Version": "2012-10-17", "Id": "{draw.random()}"}}'
    )
    world.tell("a permission set allows something else now")


def _somewhere(world: World, draw: Random) -> Held:
    """Return a triple, mostly one that Protem is busy with."""
    rows = world.rows()
    if rows and draw.random() < 0.85:
        return world.held(draw.choice(rows))
    sets = world.estate.sets
    user = world.estate.users[draw.choice(REQUESTERS)]
    return Held(ACCOUNTS[draw.choice(list(ACCOUNTS))], sets[draw.choice(SETS)], user)


def _words(world: World, held: Held) -> str:
    names = {identifier: name for name, identifier in (*ACCOUNTS.items(), *world.estate.users.items())}
    return f"{names.get(held.principal_id)} in {names.get(held.account_id)}"
