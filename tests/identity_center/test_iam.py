"""The policies allow what the code can call, and no more than their words say."""

import json
import re
from typing import Any

import pytest

from protem.identity_center import iam
from protem.identity_center.iam import Reach
from protem.identity_center.permissions import PERMISSIONS, Use

MANAGEMENT = "999988887777"


def statements(document: Any, effect: str = "Allow") -> list[Any]:
    return [one for one in document["Statement"] if one["Effect"] == effect]


def allowing(document: Any, action: str) -> list[Any]:
    return [one for one in statements(document) if action in one["Action"]]


@pytest.mark.parametrize("reach", [Reach(), Reach(tag=("protem", "yes"), accounts=("111122223333",))])
def test_every_action_of_the_table_is_allowed_and_no_other(reach: Reach) -> None:
    actions = {action for one in statements(iam.role_policy(reach)) for action in one["Action"]}
    assert actions == {one.action for one in PERMISSIONS}


def test_every_action_is_allowed_on_every_resource_that_aws_checks() -> None:
    document = iam.role_policy(Reach(instance="ssoins-1", store="d-1"))
    for one in PERMISSIONS:
        arns = {arn for allowed in allowing(document, one.action) for arn in allowed["Resource"]}
        for form in one.resources:
            wanted = form.format(partition="aws", instance="ssoins-1", store="d-1", account="*")
            assert wanted in arns, (one.action, wanted)


def test_what_a_tag_narrows_is_the_permission_set_and_nothing_else() -> None:
    # Accounts carry no tags that AWS would look at here: a condition on them would allow nothing.
    document = iam.role_policy(Reach(tag=("protem", "yes")))
    for one in allowing(document, "sso:CreateAccountAssignment"):
        about_sets = [":permissionSet/" in arn for arn in one["Resource"]]
        assert about_sets == [True] if "Condition" in one else not any(about_sets)


def test_nothing_narrows_an_ending_but_the_management_account() -> None:
    reach = Reach(tag=("protem", "yes"), accounts=("111122223333",), management_account=MANAGEMENT)
    (ending,) = allowing(iam.role_policy(reach), "sso:DeleteAccountAssignment")
    assert "Condition" not in ending
    assert "arn:aws:sso:::account/*" in ending["Resource"]


def test_beginning_is_narrowed_to_the_accounts_that_are_named() -> None:
    document = iam.role_policy(Reach(accounts=("111122223333", "444455556666")))
    (beginning,) = allowing(document, "sso:CreateAccountAssignment")
    accounts = [arn for arn in beginning["Resource"] if ":account/" in arn]
    assert accounts == ["arn:aws:sso:::account/111122223333", "arn:aws:sso:::account/444455556666"]


def test_nothing_is_ever_assigned_in_the_management_account() -> None:
    (denied,) = statements(iam.role_policy(Reach(management_account=MANAGEMENT)), "Deny")
    assert denied["Resource"] == [f"arn:aws:sso:::account/{MANAGEMENT}"]
    assert set(denied["Action"]) == {one.action for one in PERMISSIONS if one.use is not Use.READ}


def test_other_partitions_have_arns_of_their_own() -> None:
    document = json.dumps(iam.role_policy(Reach(partition="aws-us-gov")))
    assert "arn:aws:" not in document
    assert "arn:aws-us-gov:sso:::account/*" in document


def test_the_role_cannot_make_or_change_what_it_gives_out() -> None:
    actions = {action for one in statements(iam.role_policy(Reach())) for action in one["Action"]}
    writes = {action for action in actions if not re.match(r"\w+:(List|Describe|Get)", action)}
    assert writes == {"sso:CreateAccountAssignment", "sso:DeleteAccountAssignment"}


def test_every_statement_has_a_name_of_its_own_and_the_whole_fits_into_one_policy() -> None:
    accounts = tuple(f"{number:012}" for number in range(60))
    document = iam.role_policy(Reach(tag=("protem", "yes"), accounts=accounts, management_account=MANAGEMENT))
    names = [one["Sid"] for one in document["Statement"]]
    assert len(names) == len(set(names))
    assert len(json.dumps(document, separators=(",", ":"))) < 6144


def test_the_guard_rail_denies_to_sessions_of_the_prefix_in_every_region() -> None:
    (one,) = iam.guard_rail(prefix="protem-")["Statement"]
    assert one["Effect"] == "Deny"
    pattern = one["Condition"]["ArnLike"]["aws:PrincipalArn"].replace("*", ".*")
    role = (
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/{}AWSReservedSSO_{}_0123456789abcdef"
    )
    assert re.fullmatch(pattern, role.format("", "protem-admin"))
    assert re.fullmatch(pattern, role.format("eu-central-1/", "protem-admin"))
    assert not re.fullmatch(pattern, role.format("", "admin"))
