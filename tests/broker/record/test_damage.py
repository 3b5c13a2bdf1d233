"""Whatever is done to an export is found, and named for what it is."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protem.broker.record.signing import SigningKey
from tests.broker.record import copies
from tests.broker.record.copies import Case, checked, damage, export, flipped

WHOLE = export()
SIZE = len(b"".join(WHOLE))


@pytest.mark.parametrize("kind", copies.LINE_LEVEL, ids=lambda kind: kind.__name__)
def test_what_is_done_to_a_line_is_named_with_its_place(kind: Callable[..., Iterator[Case]]) -> None:
    for case in kind(WHOLE):
        fault = checked(case.raw).fault
        assert fault is not None, case.name
        assert (fault.damage, fault.line, fault.sequence) == case[2:], case.name


def test_one_changed_bit_in_any_byte_is_found() -> None:
    for byte in range(SIZE):
        assert damage(flipped(WHOLE, byte, byte % 8)) is not None, byte


def test_every_changed_bit_of_a_line_of_a_small_export_is_found_in_that_line() -> None:
    whole = export(1)
    begin = len(whole[0])
    for byte in range(begin, begin + len(whole[1]) - 1):
        for bit in range(8):
            fault = checked(flipped(whole, byte, bit)).fault
            assert fault is not None, (byte, bit)
            assert fault.line == 2, (byte, bit)


@st.composite
def mutations(draw: st.DrawFn) -> list[bytes]:
    """Do up to three things to an export: to its lines, or to its bytes."""
    raw = draw(st.integers(0, 8).map(export))
    whole = [*raw]
    for _ in range(draw(st.integers(1, 3))):
        place, other = draw(st.integers(0, len(raw) - 1)), draw(st.integers(0, len(raw) - 1))
        match draw(st.sampled_from(["delete", "repeat", "swap", "byte", "foreign"])):
            case "delete" if len(raw) > 1:
                del raw[place]
            case "repeat":
                raw.insert(other, raw[place])
            case "swap":
                raw[place], raw[other] = raw[other], raw[place]
            case "foreign":
                raw[place] = draw(st.sampled_from(FOREIGN))
            case _:
                raw = flipped(raw, draw(st.integers(0, len(b"".join(raw)) - 1)), draw(st.integers(0, 7)))
    return raw if b"".join(raw) != b"".join(whole) else []


FOREIGN = [*export(2, first=3, previous="a" * 64), *export(8)[3:5]]


@settings(max_examples=200)
@given(mutations())
def test_no_mixture_of_damages_passes(raw: list[bytes]) -> None:
    # What happens to be another whole export again was signed as such.
    if checked(raw).fault is None:
        assert b"".join(raw) in {b"".join(export(count)) for count in range(9)}


EVENTS = st.lists(
    st.dictionaries(st.text(max_size=5), st.text(max_size=8) | st.floats(-1e9, 1e9) | st.integers(-99, 99)),
    max_size=6,
)


@settings(max_examples=50)
@given(EVENTS)
def test_every_whole_export_is_found_in_order(events: list[dict[str, Any]]) -> None:
    above = [copies.head(), *map(copies.written, copies.chained(events))]
    report = checked([*above, copies.trailer(above)])
    assert (report.fault, report.events, report.last) == (None, len(events), len(events))


def test_an_export_of_nothing_is_in_order_and_says_so() -> None:
    report = checked(export(0, first=41, previous="b" * 64))
    assert (report.fault, report.events, report.first, report.last) == (None, 0, 41, 40)


def test_an_empty_file_is_no_export() -> None:
    assert damage([]) == "truncated"


def test_a_signature_of_somebody_else_is_refused() -> None:
    other = SigningKey.make()
    assert damage(WHOLE, keys=[other]) == "unknown-key"
    assert damage(WHOLE, keys=[]) == "unknown-key"
    assert damage(WHOLE, keys=[other, copies.KEY]) is None
    forged = [*WHOLE[:-1], WHOLE[-1].replace(copies.KEY.public.id.encode(), other.public.id.encode())]
    assert damage(forged, keys=[other]) == "bad-signature"


def test_a_trailer_with_another_claim_is_named_for_it() -> None:
    above = WHOLE[:-1]
    wanted: dict[str, tuple[Any, str]] = {
        "first_sequence": (2, "wrong-range"),
        "last_sequence": (7, "missing"),
        "count": (5, "missing"),
        "hash": ("0" * 64, "rewritten"),
        "header_hash": ("0" * 64, "altered-header"),
        "content_hash": ("0" * 64, "rewritten"),
        "kind": ("protem-checkpoint", "garbled"),
    }
    for member, (claim, kind) in wanted.items():
        assert damage([*above, copies.trailer(above, **{member: claim})]) == kind, member


def test_header_and_trailer_of_two_logs_are_named_as_such() -> None:
    foreign = WHOLE[0].replace(b"6f1b7c3e", b"00000000")
    assert damage([foreign, *WHOLE[1:]]) == "foreign-log"


def test_a_damaged_header_does_not_have_the_lines_below_take_the_blame() -> None:
    later = WHOLE[0].replace(b'"first_sequence":1', b'"first_sequence":2')
    fault = checked([later, *WHOLE[1:]]).fault
    assert fault is not None
    assert (fault.damage, fault.line) == ("altered-header", 1)
