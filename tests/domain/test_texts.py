"""What others write can be kept by every database."""

import pytest

from protem.domain.texts import readable
from protem.identity_center.errors import CallRejected


@pytest.mark.parametrize(
    ("text", "kept"), [("plain ünï 🦉", "plain ünï 🦉"), ("a\x00b", "a\ufffdb"), ("half \ud83d", "half ?")]
)
def test_only_what_cannot_be_kept_is_replaced(text: str, kept: str) -> None:
    assert readable(text) == kept


def test_what_aws_says_can_always_go_on_record() -> None:
    rejected = CallRejected("create", "Odd\x00Code", "half \ud83d")
    assert (rejected.code, rejected.message) == ("Odd\ufffdCode", "half ?")
    str(rejected).encode()
