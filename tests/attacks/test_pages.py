"""Pages and exports show hostile names as text: nothing in them is a tag, a script or a second line."""

import json
from itertools import cycle

from protem.db.models import Group, Principal
from protem.domain import names
from tests.api.applications import asking
from tests.attacks.ground import Ground
from tests.attacks.strings import HOSTILE, INJECTIONS
from tests.broker.worlds import group_id, person_id

PAGES = ("/", "/login", "/login/callback", "/docs", "/problems", "/problems/not-found")
ELSEWHERE = (
    *("//198.51.100.1", "/\\198.51.100.1", "https://198.51.100.1", "javascript:alert(1)", "/\t/198.51.100.1"),
    *("///198.51.100.1", "/%2f198.51.100.1", "/x\r\nSet-Cookie:a=b", "\\\\198.51.100.1", "/login", " //x"),
)


def tags(page: str) -> int:
    return page.count("<")


def test_the_page_of_who_is_logged_in_shows_names_as_text(small_ground: Ground) -> None:
    browser = small_ground.cast.client("logged-in approver")
    plain = tags(browser.http.get("/", headers=dict(browser.headers)).text)
    for text in INJECTIONS.values():
        with small_ground.world.store.writing() as session:
            person = session.get_one(Principal, person_id("carol"))
            person.display_name, person.user_name = text[:60], text[:60]
            group = session.get_one(Group, group_id("leads"))
            group.name, group.name_key = text[:60], names.key(text[:60])
        page = browser.http.get("/", headers=dict(browser.headers))
        assert (page.status_code, tags(page.text)) == (200, plain), text
        assert "script-src" not in page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_no_page_repeats_what_its_address_holds(small_ground: Ground) -> None:
    for path, text in zip(cycle(PAGES), [*HOSTILE.values()] * 2, strict=False):
        sent = text.encode(errors="surrogatepass").decode("latin-1")[:500]
        parameters = dict.fromkeys(("error", "error_description", "state", "code", "return_to"), sent)
        page = small_ground.api.http.get(path, params=parameters, follow_redirects=False)
        assert page.status_code < 500
        assert "<script>alert" not in page.text
        assert "onerror" not in page.text


def test_a_login_leads_nowhere_but_to_pages_of_ours(small_ground: Ground) -> None:
    for address in ELSEWHERE:
        page = small_ground.api.http.get("/login", params={"return_to": address}, follow_redirects=False)
        assert "198.51.100.1" not in page.headers.get("Location", "")
        assert "Set-Cookie:a" not in str(page.headers)


def test_an_export_is_one_line_for_each_event_and_opens_as_text(small_ground: Ground) -> None:
    alice = small_ground.cast.client("beneficiary")
    for text in HOSTILE.values():
        body = json.dumps(asking(entitlement="admin", justification=f"because {text}")).encode()
        alice.send("POST", "/v1/requests", content=body, headers={"Content-Type": "application/json"})
    export = small_ground.cast.client("auditor").get("/v1/audit-events/export")
    assert export.status_code == 200, export.text
    lines = export.content.split(b"\n")
    assert lines.pop() == b""
    assert all(isinstance(json.loads(line), dict) for line in lines)
    assert all(line.startswith(b"{") for line in lines)
    assert "attachment" in export.headers["Content-Disposition"]
