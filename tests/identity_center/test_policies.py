"""The digest of what a permission set allows."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from protem.identity_center.aws.policies import Policies

PLAIN = Policies(
    managed_arns=frozenset({"arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"}),
    customer_managed=frozenset({("a", "/"), ("b", "/team/")}),
    inline='{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*"}]}',
    boundary=None,
    session_duration=timedelta(hours=1),
)


def inline(policy: str) -> str:
    return replace(PLAIN, inline=policy).digest()


def test_white_space_and_the_order_of_keys_do_not_count() -> None:
    other = '{"Statement":[{"Action":"*",\n"Effect":"Allow"}],"Version":"2012-10-17"}'
    assert inline(other) == PLAIN.digest()


@pytest.mark.parametrize(
    "change",
    [
        {"managed_arns": frozenset({"arn:aws:iam::aws:policy/A"})},
        {"customer_managed": frozenset({("a", "/"), ("b", "/")})},
        {"inline": ""},
        {"inline": '{"Version": "2012-10-17", "Statement": []}'},
        {"boundary": "arn:aws:iam::aws:policy/A"},
        {"boundary": ("arn:aws:iam::aws:policy/A", "/")},
        {"session_duration": timedelta(hours=2)},
    ],
)
def test_any_change_of_what_is_allowed_counts(change: dict[str, Any]) -> None:
    assert replace(PLAIN, **change).digest() != PLAIN.digest()


def test_text_that_is_not_json_counts_as_it_stands() -> None:
    assert inline("not json") != inline("not  json")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"Action": "a", "Action": "b"}', '{"Action": "b"}'),
        ('{"n": 1.0}', '{"n": 1}'),
        ('{"n": NaN}', '{"n": null}'),
        ('"text"', "text"),
    ],
)
def test_policies_that_might_be_read_differently_are_different(one: str, other: str) -> None:
    assert inline(one) != inline(other)
