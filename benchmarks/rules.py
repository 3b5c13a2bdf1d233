"""Entitlements as a large company may have them, as many as wanted, the same at each run."""

import json
import random
from collections.abc import Sequence
from typing import Any

from benchmarks.organization import ENVIRONMENTS, Organization, Unit
from protem.broker import documents
from protem.broker.documents import Document


def document(organization: Organization, count: int) -> Document:
    """Return a valid document of so many entitlements, with every key that evaluation has to look at."""
    chance = random.Random(2)
    rules = [_rule(organization, number, chance) for number in range(count)]
    whole = {"trusted_tags": ["env", "owner", "risk"], "entitlements": rules}
    # JSON is YAML.
    return documents.parse(json.dumps(whole), file="benchmark.yaml")


def _rule(organization: Organization, number: int, chance: random.Random) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "name": f"rule-{number}",
        "requesters": {
            "groups": _names(organization.groups, 2, chance),
            "users": [chance.choice(organization.people).user_name],
        },
        "permission_sets": _permission_sets(organization, chance),
        "accounts": _accounts(organization, chance),
        "duration": {"default": "PT1H", "maximum": "PT4H"},
    }
    if chance.random() < 0.7:
        rule["approval"] = {"steps": _steps(organization, chance)}
    if chance.random() < 0.2:
        rule["maximum_concurrent"] = 3
        rule["cool_down"] = "PT10M"
    if chance.random() < 0.2:
        rule["allowed_hours"] = _hours(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
    if chance.random() < 0.2:
        rule["ticket"] = {"required": True, "pattern": r"[A-Z]+-\d+"}
    return rule


def _names(things: Sequence[Any], count: int, chance: random.Random) -> list[str]:
    return [thing.name for thing in chance.sample(things, min(count, len(things)))]


def _permission_sets(organization: Organization, chance: random.Random) -> dict[str, Any]:
    match chance.randrange(4):
        case 0:
            return {"patterns": ["ReadOnly-*"]}
        case 1:
            return {"tags": {"risk": "low"}}
        case _:
            return {"names": _names(organization.permission_sets, 3, chance)}


def _accounts(organization: Organization, chance: random.Random) -> dict[str, Any]:
    match chance.randrange(5):
        case 0:
            return {"all": True, "except": _names(organization.accounts, 2, chance)}
        case 1 | 2:
            return {"organizational_units": [_path(chance.choice(organization.units))]}
        case 3:
            units = [_path(chance.choice(organization.units)) for _ in range(2)]
            return {"organizational_units": units, "tags": {"env": chance.sample(ENVIRONMENTS, 2)}}
        case _:
            return {"names": _names(organization.accounts, 5, chance)}


def _path(unit: Unit) -> str:
    return "/".join(unit.path)


def _steps(organization: Organization, chance: random.Random) -> list[dict[str, Any]]:
    return [
        {"name": "lead", "approvers": {"groups": _names(organization.groups, 2, chance)}},
        {"name": "owner", "approvers": {"owner_tag": "owner"}, "when": {"account_tags": {"env": "prod"}}},
        {
            "name": "security",
            "approvers": {"groups": _names(organization.groups, 1, chance)},
            "when": [
                {"duration_over": "PT2H"},
                {"outside_hours": _hours(["mon", "tue", "wed", "thu", "fri"])},
            ],
        },
    ]


def _hours(days: list[str]) -> dict[str, Any]:
    return {"time_zone": "Europe/Berlin", "windows": [{"days": days, "from": "06:00", "to": "22:00"}]}
