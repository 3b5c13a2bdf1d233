"""A small organization to try things on: ten people, nine accounts, five permission sets."""

from collections.abc import Mapping
from dataclasses import dataclass

from protem.sandbox.core import Sandbox

PEOPLE = {
    "alice": "Alice Archer",
    "bob": "Bob Baker",
    "carol": "Carol Chandler",
    "dave": "Dave Dyer",
    "erin": "Erin Eastman",
    "frank": "Frank Fisher",
    "grace": "Grace Gardner",
    "heidi": "Heidi Hooper",
    "ivan": "Ivan Irons",
    "judy": "Judy Joiner",
}

GROUPS = {
    "platform-engineers": ["alice", "bob", "carol"],
    "sre-leads": ["carol", "dave"],
    "developers": ["erin", "frank", "grace", "heidi"],
    "data-team": ["heidi", "ivan"],
    "security": ["judy"],
}

UNITS = {
    "Workloads": None,
    "Workloads/Prod": "Workloads",
    "Workloads/NonProd": "Workloads",
    "Sandbox": None,
    "Security": None,
    "Suspended": None,
}

# name: id, unit, env, owner, who is a user or a group
ACCOUNTS = {
    "shop-prod": ("111122223333", "Workloads/Prod", "prod", "dave@example.com"),
    "data-prod": ("222211113333", "Workloads/Prod", "prod", "data-team"),
    "payments-prod": ("999988887777", "Workloads/Prod", "prod", "carol@example.com"),
    "shop-staging": ("333344445555", "Workloads/NonProd", "staging", "dave@example.com"),
    "data-dev": ("555566667777", "Workloads/NonProd", "dev", "data-team"),
    "playground": ("666677778888", "Sandbox", "sandbox", "platform-engineers"),
    "security-tooling": ("222233334444", "Security", "prod", "security"),
    "old-shop": ("777788889999", "Suspended", "prod", "dave@example.com"),
}
SUSPENDED = "old-shop"

AWS_POLICY = "arn:aws:iam::aws:policy"
RESTART_DATABASES = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
    '"Action": ["rds:Describe*", "rds:RebootDBInstance"], "Resource": "*"}]}'
)


@dataclass(frozen=True, slots=True)
class Demo:
    """What was made, by name: ids of users, groups, units and accounts, ARNs of permission sets."""

    users: Mapping[str, str]
    groups: Mapping[str, str]
    units: Mapping[str, str]
    accounts: Mapping[str, str]
    permission_sets: Mapping[str, str]


def seed_demo(sandbox: Sandbox) -> Demo:
    """Fill an empty sandbox; the same seed gives the same ids."""
    users = _add_people(sandbox)
    demo = Demo(
        users=users,
        groups=_add_groups(sandbox, users),
        units=(units := _add_units(sandbox)),
        accounts=_add_accounts(sandbox, units),
        permission_sets=_add_permission_sets(sandbox),
    )
    _add_standing_access(sandbox, demo)
    return demo


def _add_people(sandbox: Sandbox) -> dict[str, str]:
    return {
        name: sandbox.directory.add_user(
            user_name=f"{name}@example.com",
            display_name=display_name,
            email=f"{name}@example.com",
        )
        for name, display_name in PEOPLE.items()
    }


def _add_groups(sandbox: Sandbox, users: Mapping[str, str]) -> dict[str, str]:
    groups = {name: sandbox.directory.add_group(name) for name in GROUPS}
    for name, members in GROUPS.items():
        for member in members:
            sandbox.directory.add_member(groups[name], users[member])
    return groups


def _add_units(sandbox: Sandbox) -> dict[str, str]:
    units: dict[str, str] = {}
    for path, parent in UNITS.items():
        name = path.rpartition("/")[2]
        units[path] = sandbox.organization.add_unit(name, parent=units[parent] if parent else None)
    return units


def _add_accounts(sandbox: Sandbox, units: Mapping[str, str]) -> dict[str, str]:
    for name, (account_id, unit, env, owner) in ACCOUNTS.items():
        sandbox.organization.add_account(
            account_id,
            name=name,
            email=f"aws+{name}@example.com",
            unit=units[unit],
            tags={"env": env, "owner": owner},
        )
    sandbox.organization.suspend(ACCOUNTS[SUSPENDED][0])
    accounts = {name: account_id for name, (account_id, *_) in ACCOUNTS.items()}
    return accounts | {"management": sandbox.organization.management_account}


def _add_permission_sets(sandbox: Sandbox) -> dict[str, str]:
    add = sandbox.permission_sets.add
    return {
        "AdministratorAccess": add(
            "AdministratorAccess",
            description="Everything; for emergencies and changes nothing else allows",
            tags={"risk": "high"},
            managed_policies=[f"{AWS_POLICY}/AdministratorAccess"],
        ),
        "PowerUserAccess": add(
            "PowerUserAccess",
            description="Everything but identities",
            session_duration="PT2H",
            tags={"risk": "medium"},
            managed_policies=[f"{AWS_POLICY}/PowerUserAccess"],
        ),
        "ReadOnlyAccess": add(
            "ReadOnlyAccess",
            description="Looking, not touching",
            session_duration="PT8H",
            tags={"risk": "low"},
            managed_policies=[f"{AWS_POLICY}/ReadOnlyAccess"],
        ),
        "BillingReadOnly": add(
            "BillingReadOnly",
            description="Bills and budgets",
            session_duration="PT12H",
            tags={"risk": "low"},
            managed_policies=[f"{AWS_POLICY}/AWSBillingReadOnlyAccess"],
        ),
        "DatabaseOperator": add(
            "DatabaseOperator",
            description="Restarting databases",
            session_duration="PT4H",
            tags={"risk": "medium"},
            managed_policies=[f"{AWS_POLICY}/AmazonRDSReadOnlyAccess"],
            inline_policy=RESTART_DATABASES,
        ),
    }


def _add_standing_access(sandbox: Sandbox, demo: Demo) -> None:
    """Leave access that was there before Protem: it must survive everything Protem does."""
    put = sandbox.assignments.put
    sets, accounts = demo.permission_sets, demo.accounts
    developers, security = demo.groups["developers"], demo.groups["security"]
    put(accounts["data-dev"], sets["PowerUserAccess"], developers, principal_type="GROUP")
    put(accounts["security-tooling"], sets["ReadOnlyAccess"], security, principal_type="GROUP")
    put(accounts["shop-prod"], sets["ReadOnlyAccess"], demo.users["bob"])
    put(accounts["management"], sets["BillingReadOnly"], demo.users["judy"])
