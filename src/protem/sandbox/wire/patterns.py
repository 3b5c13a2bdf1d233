"""AWS's patterns are Java's: translated for `re`, which knows no Unicode categories."""

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import groupby

TOKEN = re.compile(r"\\p\{(?P<bare>\w)\}|\\.|\[(?P<inside>(?:\\.|[^\]\\])*)\]")
CATEGORY = re.compile(r"\\p\{(\w)\}")


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Return the pattern for `fullmatch`; as in Java, digits and word characters are ASCII."""
    return re.compile(TOKEN.sub(_translated, pattern), re.ASCII)


def _translated(token: re.Match[str]) -> str:
    if token["bare"]:
        return f"[{_ranges(token['bare'])}]"
    if token["inside"]:
        return f"[{CATEGORY.sub(lambda found: _ranges(found[1]), token['inside'])}]"
    return token[0]


@cache
def _ranges(category: str) -> str:
    """Return the inside of a character class with every character of one category."""
    return "".join(rf"\U{first:08x}-\U{last:08x}" for letter, first, last in _runs() if letter == category)


@cache
def _runs() -> list[tuple[str, int, int]]:
    return list(_each_run())


def _each_run() -> Iterator[tuple[str, int, int]]:
    everything = range(sys.maxunicode + 1)
    for letter, run in groupby(everything, key=lambda code: unicodedata.category(chr(code))[0]):
        codes = list(run)
        yield letter, codes[0], codes[-1]
