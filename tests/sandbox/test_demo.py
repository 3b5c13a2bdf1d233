"""The organization of the demo, and the ids in it."""

import re

from protem.sandbox import Sandbox, seed_demo
from tests.sandbox.scene import Scene, stage


def test_the_same_seed_gives_the_same_ids() -> None:
    assert stage(seed=7).demo == stage(seed=7).demo
    assert stage(seed=7).demo != stage(seed=8).demo


def test_ids_have_the_forms_of_aws(scene: Scene) -> None:
    assert re.fullmatch(r"arn:aws:sso:::instance/ssoins-[0-9a-f]{16}", scene.instance)
    assert re.fullmatch(r"d-[0-9a-f]{10}", scene.store)
    for arn in scene.demo.permission_sets.values():
        assert re.fullmatch(r"arn:aws:sso:::permissionSet/ssoins-[0-9a-f]{16}/ps-[0-9a-f]{16}", arn)


def test_there_is_standing_access_for_a_group_and_for_a_user(scene: Scene) -> None:
    kinds = {assignment.principal_type for assignment in scene.sandbox.assignments.all()}
    assert kinds == {"USER", "GROUP"}


def test_one_account_is_suspended_and_one_is_the_management_account(scene: Scene) -> None:
    accounts = {account.name: account for account in scene.sandbox.organization.accounts()}
    assert [name for name, account in accounts.items() if account.status != "ACTIVE"] == ["old-shop"]
    assert scene.demo.accounts["management"] == scene.sandbox.organization.management_account
    assert accounts["payments-prod"].tags == {"env": "prod", "owner": "carol@example.com"}


def test_a_sandbox_starts_with_nothing_but_a_root_and_the_management_account() -> None:
    sandbox = Sandbox()
    assert sandbox.directory.users() == []
    assert sandbox.permission_sets.all() == []
    assert [account.id for account in sandbox.organization.accounts()] == ["444455556666"]


def test_the_demo_runs_on_the_machine_s_clock_by_default() -> None:
    sandbox = Sandbox()
    demo = seed_demo(sandbox)
    created_at = sandbox.directory.users()[0].created_at
    assert created_at.tzinfo is not None
    assert created_at <= sandbox.clock.now()
    assert "alice" in demo.users
