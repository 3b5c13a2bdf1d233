"""Inputs are held against the service model, patterns and enumerations included."""

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from protem.sandbox.handlers import HANDLERS
from protem.sandbox.wire.patterns import compiled
from protem.sandbox.wire.services import service_model
from protem.sandbox.wire.validation import violations
from tests.sandbox.scene import Scene

OPERATIONS = [(service, name) for service, handlers in HANDLERS.items() for name in handlers]


def refusal(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Message"]


def test_a_broken_pattern_is_named_with_its_place(scene: Scene) -> None:
    with pytest.raises(ClientError, match="ValidationException") as error:
        scene.sso.create_account_assignment(**scene.triple() | {"PermissionSetArn": "arn:aws:sso:::nothing"})
    assert refusal(error).startswith(
        "1 validation error detected: Value 'arn:aws:sso:::nothing' at 'permissionSetArn' failed to "
        "satisfy constraint: Member must satisfy regular expression pattern: arn:aws"
    )


def test_all_that_is_wrong_is_said_at_once(scene: Scene) -> None:
    wrong = {"PrincipalType": "ROBOT", "TargetId": "1234567890123"}
    with pytest.raises(ClientError) as error:
        scene.sso.create_account_assignment(**scene.triple() | wrong)
    message = refusal(error)
    assert message.startswith("3 validation errors detected: ")
    assert "'principalType' failed to satisfy constraint: Member must satisfy enum value set: [" in message
    assert (
        "Value '1234567890123' at 'targetId' failed to satisfy constraint: Member must have length" in message
    )


def test_nested_members_have_a_path(scene: Scene) -> None:
    with pytest.raises(ClientError) as error:
        scene.identity_store.list_users(
            IdentityStoreId=scene.store, Filters=[{"AttributePath": "1", "AttributeValue": "x"}]
        )
    assert "at 'filters.1.member.attributePath'" in refusal(error)


def test_organizations_words_it_differently(scene: Scene) -> None:
    with pytest.raises(ClientError, match="InvalidInputException") as error:
        scene.organizations.list_parents(ChildId="nobody")
    assert error.value.response["Reason"] == "INVALID_PATTERN"  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ({}, "Value at 'instanceArn' failed to satisfy constraint: Member must not be null"),
        ({"InstanceArn": "short"}, "length greater than or equal to 10"),
        ({"MaxResults": 0}, "value greater than or equal to 1"),
        ({"MaxResults": 101}, "value less than or equal to 100"),
        ({"NextToken": "not base64!"}, "regular expression pattern"),
    ],
)
def test_each_kind_of_constraint_is_checked(value: dict[str, Any], complaint: str) -> None:
    shape = service_model("sso-admin").operation_model("ListPermissionSets").input_shape
    assert complaint in "; ".join(map(str, violations(shape, value)))


def test_what_is_allowed_passes(scene: Scene) -> None:
    shape = service_model("sso-admin").operation_model("CreateAccountAssignment").input_shape
    assert list(violations(shape, scene.triple())) == []


def every_pattern(shape: Any, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    if shape is None or shape.name in seen:
        return
    if pattern := shape.metadata.get("pattern"):
        yield pattern
    members = [*getattr(shape, "members", {}).values()]
    if shape.type_name == "list":
        members.append(shape.member)
    for member in members:
        yield from every_pattern(member, seen | {shape.name})


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_every_pattern_of_the_model_can_be_read(service: str, operation: str) -> None:
    model = service_model(service).operation_model(operation)
    with warnings.catch_warnings(action="error"):
        for shape in (model.input_shape, model.output_shape):
            for pattern in every_pattern(shape):
                compiled(pattern)


@settings(deadline=None)  # the first example pays for reading the whole of Unicode
@given(st.characters(categories=["L"]))
def test_a_category_in_a_pattern_means_all_its_characters(letter: str) -> None:
    assert compiled(r"\p{L}").fullmatch(letter)
    assert compiled(r"[\p{L}_]+").fullmatch(f"{letter}_")
    assert not compiled(r"[\p{N}\p{Z}]").fullmatch(letter)


def test_digits_are_the_ten_that_aws_means() -> None:
    assert compiled(r"\d{12}").fullmatch("111122223333")
    assert not compiled(r"\d").fullmatch("٣")
