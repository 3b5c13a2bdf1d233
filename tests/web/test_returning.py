"""Nobody is sent to another site after logging in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protem.web.returning import local


@pytest.mark.parametrize("path", ["/", "/docs", "/requests/1?wait=1#x", "/a//b", "/%2f%2fevil.example"])
def test_a_path_of_ours_is_kept(path: str) -> None:
    assert local(path) == path


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        "",
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/\u2044evil.example",
        "/login?return_to=/login",
        "/logout",
        "/" + "a" * 2000,
        "/\x00",
        "/a\r\nSet-Cookie: x=y",
    ],
)
def test_anything_else_leads_to_the_start_page(wanted: str | None) -> None:
    assert local(wanted) == "/"


@given(st.text(alphabet="/\\.:@?#%\t\r\n e", max_size=12))
def test_what_is_kept_is_a_path_however_it_is_read(wanted: str) -> None:
    kept = local(wanted)
    assert kept.startswith("/")
    assert kept[1:2] not in ("/", "\\")
    assert kept.isprintable()
