"""How fast entitlements decide, and how that grows: run it with `make bench`."""

import argparse
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from benchmarks import rules, timing
from benchmarks.organization import Organization, Size
from benchmarks.timing import growth, milliseconds, table
from protem.broker import catalogue, explaining, offers
from protem.broker.callers import Caller
from protem.broker.explaining import Explanation
from protem.broker.submission import Submission
from protem.clock import SystemClock
from protem.db.migrate import upgrade
from protem.db.models import EntitlementVersion, TokenRole
from protem.db.store import Store
from protem.domain.authority import Relation
from protem.domain.catalogue import Account, Estate, PermissionSet, Person, Target
from protem.domain.decisions import Decision
from protem.domain.eligibility import Ask, Bounds, matching, may_request
from protem.domain.entitlements import Entitlement, Policy
from protem.domain.steps import OwnerUnknownError, needed, steps_for

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
BOUNDS = Bounds(minimum_duration=timedelta(minutes=1), maximum_start_ahead=timedelta(days=7))


SIZE = Size()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, and how thoroughly."""

    size: Size = SIZE
    entitlements: tuple[int, ...] = (10, 100, 1_000)
    accounts: tuple[int, ...] = (50, 500, 5_000)
    cases: int = 500
    rounds: int = 5


TINY = Plan(Size(20, 50, 10, 6, 3), entitlements=(3, 9), accounts=(10, 20), cases=4, rounds=1)


def fresh(ask: Ask) -> Ask:
    """Return the ask as a request brings it: nothing about its things has been worked out yet."""
    person = Person(ask.requester.id, ask.requester.user_name, ask.requester.groups)
    targets = tuple(Target(replace(target.account), replace(target.permission_set)) for target in ask.targets)
    return replace(ask, requester=person, beneficiary=person, targets=targets)


def asks(organization: Organization, policy_: Policy, count: int) -> tuple[Ask, ...]:
    """Return asks by people whom some entitlement names; every fourth is for what it does not reach."""
    chance = random.Random(3)
    by_name = {group.name: group for group in organization.groups}
    estate = Estate(organization.accounts, organization.permission_sets)

    def ask(number: int) -> Ask:
        rule = chance.choice(policy_.entitlements)
        members = organization.members[by_name[chance.choice(rule.requesters.groups)]]
        person = chance.choice(members or organization.people)
        target = _target(rule, estate, chance) if number % 4 else _any(estate, chance)
        return Ask(person, person, (target,), timedelta(hours=1), "the pager went off", ticket="OPS-1")

    return tuple(ask(number) for number in range(count))


def _target(rule: Entitlement, estate: Estate, chance: random.Random) -> Target:
    accounts: Sequence[Account] = rule.accounts.pick(estate) or estate.accounts
    sets: Sequence[PermissionSet] = rule.permission_sets.pick(estate) or estate.permission_sets
    return Target(chance.choice(accounts), chance.choice(sets))


def _any(estate: Estate, chance: random.Random) -> Target:
    return Target(chance.choice(estate.accounts), chance.choice(estate.permission_sets))


def decide(policy_: Policy, ask: Ask) -> list[Decision]:
    """Choose among all entitlements, ask every rule of those that match, and work out their steps."""
    decisions = []
    for rule in matching(policy_, ask.requester, ask.targets):
        decisions.append(may_request(rule, ask, bounds=BOUNDS, now=NOW))
        try:
            needed(steps_for(rule.approval, ask.targets, duration=ask.lasting(rule)), ask.window(rule, NOW))
        except OwnerUnknownError:
            continue
    return decisions


def enumerate_(policy_: Policy, person: Person, estate: Estate) -> int:
    """Return how many pairs of account and permission set this person may ask for, rule by rule."""
    return sum(
        len(rule.accounts.pick(estate)) * len(rule.permission_sets.pick(estate))
        for rule in policy_.open_to(person)
    )


def in_force(organization: Organization, count: int) -> Policy:
    return Policy(1, "sha256:1", rules.document(organization, count).entitlements)


def decisions(plan: Plan, organization: Organization, policy_: Policy) -> float:
    """Return the seconds that one decision takes."""
    wanted = asks(organization, policy_, plan.cases)
    return timing.seconds_each(
        lambda ask: decide(policy_, ask), lambda: [fresh(ask) for ask in wanted], rounds=plan.rounds
    )


def by_entitlements(plan: Plan) -> str:
    """Measure the pure evaluation at each number of entitlements."""
    organization = Organization(plan.size)
    each = [decisions(plan, organization, in_force(organization, count)) for count in plan.entitlements]
    return table(
        f"Pure evaluation, by entitlements ({_scale(plan.size)})",
        ("entitlements", "decisions/s", "each", "growth"),
        [
            (f"{count:,}", f"{1 / seconds:,.0f}", milliseconds(seconds), grown)
            for count, seconds, grown in zip(plan.entitlements, each, growth(each), strict=True)
        ],
    )


def by_accounts(plan: Plan) -> str:
    """Measure the pure evaluation at each number of accounts, with the most entitlements."""
    count, each = plan.entitlements[-1], []
    for accounts in plan.accounts:
        organization = Organization(replace(plan.size, accounts=accounts))
        each.append(decisions(plan, organization, in_force(organization, count)))
    return table(
        f"Pure evaluation, by accounts ({count:,} entitlements)",
        ("accounts", "decisions/s", "each", "growth"),
        [
            (f"{accounts:,}", f"{1 / seconds:,.0f}", milliseconds(seconds), grown)
            for accounts, seconds, grown in zip(plan.accounts, each, growth(each), strict=True)
        ],
    )


def options(plan: Plan) -> str:
    """Measure what it takes to say all that one person may ask for."""
    organization = Organization(plan.size)
    policy_ = in_force(organization, plan.entitlements[-1])
    people = random.Random(4).sample(organization.people, min(20, plan.cases))
    shared = Estate(organization.accounts, organization.permission_sets)
    for person in people:
        enumerate_(policy_, person, shared)

    def cold() -> list[tuple[Person, Estate]]:
        return [(replace(person), _anew(organization)) for person in people]

    def warm() -> list[tuple[Person, Estate]]:
        return [(replace(person), shared) for person in people]

    rows = [
        (state, milliseconds(timing.seconds_each(lambda case: enumerate_(policy_, *case), cases, rounds=1)))
        for state, cases in (("cold", cold), ("warm", warm))
    ]
    most = max(enumerate_(policy_, person, shared) for person in people)
    title = (
        f"All that one person may ask for ({plan.entitlements[-1]:,} entitlements, up to {most:,} options)"
    )
    return table(title, ("catalogue", "each"), rows)


def _anew(organization: Organization) -> Estate:
    return Estate(
        accounts=tuple(map(replace, organization.accounts)),
        permission_sets=tuple(map(replace, organization.permission_sets)),
    )


def through_the_broker(plan: Plan) -> str:
    """Measure whole requests of the API, from words to the answer, with every read of SQLite."""
    organization = Organization(plan.size)
    each = [_requests(plan, organization, count) for count in plan.entitlements]
    grown = growth([dry for dry, _ in each])
    return table(
        "Through the broker, on SQLite",
        ("entitlements", "dry run", "growth", "GET /v1/entitlements"),
        [
            (f"{count:,}", milliseconds(dry), more, milliseconds(listed))
            for count, (dry, listed), more in zip(plan.entitlements, each, grown, strict=True)
        ],
    )


def _requests(plan: Plan, organization: Organization, count: int) -> tuple[float, float]:
    """Return the seconds of a dry run, and of listing what somebody may ask for."""
    wanted = asks(organization, in_force(organization, count), min(plan.cases, 100))
    people = [ask.requester for ask in wanted]
    with tempfile.TemporaryDirectory() as directory:
        store = _store(Path(directory), organization, count)
        dry = timing.seconds_each(partial(dry_run, store), lambda: wanted, rounds=plan.rounds)
        listed = timing.seconds_each(partial(offered, store), lambda: people, rounds=1)
        store.close()
    return dry, listed


def dry_run(store: Store, ask: Ask) -> Explanation:
    """Say what would become of an ask, as one request of the API does."""
    words = Submission(
        targets=tuple((target.account.id, target.permission_set.name) for target in ask.targets),
        justification=ask.justification,
        duration=ask.duration,
        ticket=ask.ticket,
    )
    with store.reading() as session:
        caller = _caller(session, ask.requester)
        return explaining.dry_run(session, caller, words, bounds=BOUNDS, now=NOW)


def offered(store: Store, person: Person) -> int:
    """Return how many entitlements the first page shows of what somebody may ask for."""
    with store.reading() as session:
        page = offers.list_(session, _caller(session, person), relation=Relation.REQUESTER)
        return len(page.items)


def _caller(session: Session, person: Person) -> Caller:
    found = catalogue.person(session, person.id)
    return Caller(name="laptop", role=TokenRole.PERSONAL, person=found)


def _store(directory: Path, organization: Organization, count: int) -> Store:
    url = f"sqlite:///{directory / 'benchmark.db'}"
    upgrade(url)
    store = Store(url, clock=SystemClock())
    document = rules.document(organization, count)
    with store.writing() as session:
        organization.fill(session)
        session.add(
            EntitlementVersion(
                version=1,
                digest=document.digest,
                document=document.normal,
                source="",
                applied_at=NOW,
                applied_by="benchmark",
            )
        )
    return store


def _scale(size: Size) -> str:
    return f"{size.accounts:,} accounts, {size.users:,} users, {size.groups:,} groups"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print every table; `--tiny` only shows that they can be printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="only show that it runs")
    plan = TINY if parser.parse_args(arguments).tiny else Plan()
    for measure in (by_entitlements, by_accounts, options, through_the_broker):
        print(measure(plan))


if __name__ == "__main__":
    main()
