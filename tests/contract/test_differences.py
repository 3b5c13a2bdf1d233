"""The table of differences is held to the tests that it names."""

import re
from pathlib import Path

from tests.contract.differences import DIFFERENCES


def test_every_difference_names_a_test() -> None:
    sources = [path.read_text() for path in Path(__file__).parent.glob("test_*.py")]
    names = {name for source in sources for name in re.findall(r"^def (test_\w+)", source, re.MULTILINE)}
    assert DIFFERENCES.keys() <= names
