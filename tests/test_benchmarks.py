"""Benchmarks run; how fast is for people to read, and no test."""

import re

import pytest

from benchmarks import audit, policy
from benchmarks.organization import Organization


def test_the_benchmark_of_entitlements_prints_its_tables(capsys: pytest.CaptureFixture[str]) -> None:
    policy.main(["--tiny"])
    printed = capsys.readouterr().out
    assert re.findall(r"^[A-Z][^,(]+", printed, re.MULTILINE) == [
        "Pure evaluation",
        "Pure evaluation",
        "All that one person may ask for ",
        "Through the broker",
    ]
    sizes = [[f"{size}" for size in policy.TINY.entitlements], [f"{size}" for size in policy.TINY.accounts]]
    rows = re.findall(r"^ +(\w+) +(?:[\d,]+ +)?[\d.]+ ms", printed, re.MULTILINE)
    assert rows == [*sizes[0], *sizes[1], "cold", "warm", *sizes[0]]


def test_what_is_measured_is_neither_all_allowed_nor_all_refused() -> None:
    organization = Organization(policy.TINY.size)
    rules = policy.in_force(organization, policy.TINY.entitlements[-1])
    answers = [
        any(decision.allowed for decision in policy.decide(rules, policy.fresh(ask)))
        for ask in policy.asks(organization, rules, 40)
    ]
    assert {True, False} == set(answers)


def test_the_benchmark_of_the_record_searches_in_every_way(capsys: pytest.CaptureFixture[str]) -> None:
    audit.main(["--rows", "2000", "--on", "sqlite"])
    printed = capsys.readouterr().out
    searches = re.findall(r"^ +(\S.*?)  +[\d.]+ ms × ", printed, re.MULTILINE)
    assert searches == list(audit.searches(2_000))
