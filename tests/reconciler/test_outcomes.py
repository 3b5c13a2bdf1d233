"""What AWS's errors mean: the table, and retry for whatever is not in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protem.db.models import Act
from protem.reconciler.outcomes import FAILED, TABLE, Verdict, judge

GONE_ENTRY = "Received a 404 status error: EntitlementItem doesn't exist with the given entitlement key: x"
GONE_USER = "Received a 404 status error: the USER assignee 1234 was not found in directory d-1"
SUSPENDED = "Obtaining permissions to manage your AWS account 111122223333 takes longer than usual"


@pytest.mark.parametrize(
    ("act", "code", "message", "verdict"),
    [
        (Act.CREATE, "ConflictException", "", Verdict.RETRY),
        (Act.CREATE, "ThrottlingException", "", Verdict.RETRY),
        (Act.CREATE, "ServiceQuotaExceededException", "", Verdict.RETRY),
        (Act.CREATE, "AccessDeniedException", "", Verdict.RETRY),
        (Act.CREATE, "ResourceNotFoundException", "", Verdict.TERMINAL),
        (Act.CREATE, FAILED, GONE_USER, Verdict.TERMINAL),
        (Act.CREATE, FAILED, SUSPENDED, Verdict.TERMINAL),
        (Act.CREATE, FAILED, "Received a 403 status error: Access denied", Verdict.RETRY),
        (Act.DELETE, "ConflictException", "", Verdict.RETRY),
        (Act.DELETE, "AccessDeniedException", "", Verdict.RETRY),
        (Act.DELETE, "ResourceNotFoundException", "", Verdict.ABSENT),
        (Act.DELETE, FAILED, GONE_ENTRY, Verdict.ABSENT),
        (Act.DELETE, FAILED, GONE_USER, Verdict.BLOCKED),
        (Act.DELETE, FAILED, SUSPENDED, Verdict.BLOCKED),
        (Act.DELETE, FAILED, "Received a 403 status error: Access denied", Verdict.RETRY),
        (Act.LOOK, "ResourceNotFoundException", "PermissionSet not found", Verdict.ABSENT),
        (Act.LOOK, "ResourceNotFoundException", "Account not found", Verdict.BLOCKED),
        (Act.LOOK, "ThrottlingException", "", Verdict.RETRY),
    ],
)
def test_the_table_says_what_an_error_means(act: Act, code: str, message: str, verdict: Verdict) -> None:
    assert judge(act, code, message) is verdict


@given(st.sampled_from(Act), st.text(), st.text())
def test_what_is_not_in_the_table_means_retry(act: Act, code: str, message: str) -> None:
    if not any(rule.code == code for rule in TABLE):
        assert judge(act, code, message) is Verdict.RETRY


def test_nothing_but_a_beginning_is_ever_given_up() -> None:
    assert {rule.act for rule in TABLE if rule.verdict is Verdict.TERMINAL} == {Act.CREATE}
