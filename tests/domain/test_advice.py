"""Every error has a cause, every cause a sentence, and what nobody knows is quoted safely."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protem.domain.advice import SIGNS, advise, cause_of, known, quoted
from protem.domain.causes import ADVICE, Cause
from protem.identity_center.aws.failures import THROTTLING

GONE_USER = "Received a 404 status error: the USER assignee 1234 was not found in directory d-1"
GONE_ENTRY = "Received a 404 status error: EntitlementItem doesn't exist with the given entitlement key: x"
SUSPENDED = "Obtaining permissions to manage your AWS account 111122223333 takes longer than usual"
DENIED = "User: arn:aws:sts::1:assumed-role/p/i is not authorized to perform: sso:DeleteAccountAssignment"


@pytest.mark.parametrize(
    ("act", "code", "reason", "cause"),
    [
        ("delete", "FAILED", GONE_USER, Cause.USER_GONE),
        ("delete", "FAILED", GONE_ENTRY, Cause.ASSIGNMENT_GONE),
        ("delete", "FAILED", SUSPENDED, Cause.ACCOUNT_SUSPENDED),
        ("create", "FAILED", "Received a 403 status error: Access denied", Cause.MISSING_IAM_RIGHTS),
        ("create", "FAILED", "Received a 404 status error: policy/x not found", Cause.POLICY_MISSING),
        ("delete", "FAILED", "An internal error occurred", Cause.AWS_FAULT),
        ("delete", "FAILED", "AWS gave no reason", Cause.OTHER),
        ("delete", "AccessDeniedException", DENIED, Cause.ACCESS_DENIED),
        ("look", "AccessDeniedException", DENIED, Cause.CANNOT_LIST),
        (
            "create",
            "AccessDeniedException",
            "a delegated administrator cannot assign in the management account",
            Cause.MANAGEMENT_ACCOUNT,
        ),
        ("delete", "ConflictException", "another operation is in progress", Cause.CONFLICT),
        ("delete", "ServiceQuotaExceededException", "", Cause.QUOTA),
        ("poll", "operation_in_progress", "AWS has not finished", Cause.UNFINISHED),
        ("poll", "ResourceNotFoundException", "no such request", Cause.OPERATION_UNKNOWN),
        ("look", "ResourceNotFoundException", "PermissionSet not found", Cause.PERMISSION_SET_GONE),
        ("look", "ResourceNotFoundException", "Account not found", Cause.ACCOUNT_GONE),
        ("look", "ResourceNotFoundException", "Instance ssoins-1 not found", Cause.WRONG_INSTANCE),
        ("delete", "ValidationException", "bad principal", Cause.INVALID),
        ("look", "no_credentials", "", Cause.CREDENTIALS),
        ("look", "ExpiredTokenException", "The security token is expired", Cause.CREDENTIALS),
        ("look", "InvalidSignatureException", "Signature expired: 2026 is now earlier", Cause.CLOCK),
        ("look", "InternalServerException", "", Cause.AWS_FAULT),
        ("delete", "no_answer", "Read timeout", Cause.UNREACHABLE),
        ("look", "sandbox_refused", "", Cause.SANDBOX),
        ("look", "internal_error", "ValueError", Cause.INTERNAL),
        ("delete", "NeverHeardOfException", "?", Cause.OTHER),
    ],
)
def test_errors_are_told_apart(act: str, code: str, reason: str, cause: Cause) -> None:
    assert cause_of(act, code, reason) is cause


@pytest.mark.parametrize("code", sorted(THROTTLING))
def test_whatever_throttles_is_known_as_such(code: str) -> None:
    assert cause_of("delete", code, "Rate exceeded") is Cause.THROTTLED


def test_every_cause_has_its_signs_and_its_sentence() -> None:
    assert {sign.cause for sign in SIGNS} | {Cause.OTHER} == set(Cause)
    assert set(ADVICE) == set(Cause)
    assert [text for text in ADVICE.values() if not text.endswith(".") or "  " in text] == []


@given(st.text(), st.text(), st.text())
def test_there_is_advice_for_whatever_comes_and_nothing_in_it_that_cannot_be_seen(
    act: str, code: str, reason: str
) -> None:
    said = advise(cause_of(act, code, reason), code=code, reason=reason)
    assert said.isprintable()
    assert len(said) < 1_000


def test_what_is_unknown_is_quoted_with_what_was_said() -> None:
    said = advise(Cause.OTHER, code="Odd", reason="look\n“here”\x1b[31m: " + "x" * 1_000)
    assert said.endswith("x…”")
    assert 'It was “Odd”: “look "here" [31m: x' in said
    assert quoted("") == "“”"


def test_a_cause_of_another_version_is_told_anew() -> None:
    assert known("user_gone", code="", reason="") is Cause.USER_GONE
    assert known("a_later_one", code="ConflictException", reason="") is Cause.CONFLICT
    assert known(None, code="FAILED", reason=GONE_USER) is Cause.USER_GONE
