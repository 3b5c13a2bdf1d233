"""Patterns for tickets: whole, exact, and in linear time."""

from time import perf_counter

import pytest

from protem.broker.patterns import LONGEST, LinearPattern, PatternError


@pytest.mark.parametrize(
    ("pattern", "ticket", "fits"),
    [
        (r"^[A-Z]+-\d+$", "OPS-1", True),
        (r"[A-Z]+-\d+", "OPS-1", True),
        (r"[A-Z]+-\d+", "OPS-1; drop table", False),
        (r"[A-Z]+-\d+", "see OPS-1", False),
        (r"[A-Z]+-\d+", "ops-1", False),
        (r"(?i)[A-Z]+-\d+", "ops-1", True),
        (r"^[A-Z]+-\d+$", "OPS-1\n", False),
        (r"(?m)^[A-Z]+-\d+$", "OPS-1\nOPS-2", False),
        (r"[^x]*", "OPS\n1", False),
        (r"(?s).*", "OPS\x001", False),
        (r"OPS|OPS-1", "OPS-1", True),
        (r"OPS-1|OPS-1|x", "x", True),
        (r"\d+", "١٢", False),
        (r".+", "\udc80", False),
        (r".+", "Größe-1", True),
    ],
)
def test_a_pattern_is_for_the_whole_ticket(pattern: str, ticket: str, fits: bool) -> None:  # noqa: FBT001
    assert LinearPattern(pattern).fits(ticket) is fits


def test_patterns_with_the_same_text_are_the_same() -> None:
    assert LinearPattern("a+") == LinearPattern("a+")
    assert len({LinearPattern("a+"), LinearPattern("a+"), LinearPattern("b")}) == 2


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", r"missing \): \("),
        ("(?=a)", r"invalid perl operator: \(\?="),
        (r"(a)\1", "invalid escape sequence"),
        ("[[:foo:]]", "invalid character class range"),
        ("a{1001}", "invalid repetition size"),
        (r"(\pL{500}){2}", "repetition|too large"),
        ("(" * 1200, "longer than 500 characters"),
        ("x" * (LONGEST + 1), "longer than 500 characters"),
    ],
)
def test_what_is_no_pattern_is_refused_with_the_reason_and_in_silence(
    pattern: str, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(PatternError, match=reason):
        LinearPattern(pattern)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|aa)+$b", "(a*)*b", "(.*)(.*)(.*)(.*)(.*)b"])
def test_no_pattern_takes_exponential_time(pattern: str) -> None:
    began = perf_counter()
    assert not LinearPattern(pattern).fits("a" * 20_000)
    assert perf_counter() - began < 1
