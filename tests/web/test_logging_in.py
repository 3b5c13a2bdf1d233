"""Logging in and out with a browser, by a real identity provider."""

import socket
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from protem import identifying
from protem.broker import locking
from protem.broker.callers import CONSOLE
from protem.db.models import Login, Principal
from protem.domain.locks import LockKind
from tests.broker.worlds import World, group_id, person_id
from tests.web.conftest import COOKIE, FLOW_COOKIE, SAME_ORIGIN, Site, settings


def me(site: Site) -> httpx2.Response:
    return site.browser.get("/v1/me")


def cookie(answer: httpx2.Response, name: str) -> SimpleCookie:
    (found,) = [text for text in answer.headers.get_list("set-cookie") if text.startswith(f"{name}=")]
    return SimpleCookie(found)


def logins(world: World) -> list[Login]:
    with world.store.reading() as session:
        return list(session.query(Login).order_by(Login.id))


def test_somebody_logs_in_and_is_known(site: Site) -> None:
    answer = site.log_in(path="/login?return_to=/docs%3Fx%3D1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/docs?x=1")
    known = me(site).json()
    assert known["person"]["id"] == person_id("alice")
    (login,) = logins(site.world)
    assert (login.issuer, login.subject) == (site.provider.issuer, "alice")
    assert site.world.events()[-1] == "login.started"


def test_the_browser_is_sent_with_a_challenge_a_state_and_a_nonce(site: Site) -> None:
    sent = parse_qs(urlsplit(site.begin()).query)
    assert sent["response_type"] == ["code"]
    assert sent["code_challenge_method"] == ["S256"]
    assert sent["redirect_uri"] == ["https://protem.example.com/login/callback"]
    assert sent["scope"] == ["openid email profile"]
    assert len({*sent["state"], *sent["nonce"], *sent["code_challenge"]}) == 3
    again = parse_qs(urlsplit(site.begin()).query)
    assert not {*sent["state"], *sent["nonce"], *sent["code_challenge"]} & {
        *again["state"],
        *again["nonce"],
        *again["code_challenge"],
    }


def test_the_cookies_are_for_this_host_alone_and_out_of_reach_of_scripts(site: Site) -> None:
    begun = site.browser.get("/login")
    back = site.come_back(site.provider.answer(begun.headers["Location"], "alice"))
    for answer, name, seconds in ((begun, FLOW_COOKIE, "600"), (back, COOKIE, "43200")):
        morsel = cookie(answer, name)[name]
        assert (morsel["secure"], morsel["httponly"], morsel["path"], morsel["domain"]) == (
            True,
            True,
            "/",
            "",
        )
        assert (morsel["samesite"], morsel["max-age"]) == ("lax", seconds)
    assert cookie(back, FLOW_COOKIE)[FLOW_COOKIE]["max-age"] == "0"


def test_only_a_hash_of_the_cookie_is_kept(site: Site) -> None:
    site.log_in()
    assert site.browser.cookies[COOKIE] not in repr(site.world.contents())


def test_the_same_callback_again_is_refused(site: Site) -> None:
    back = site.provider.answer(site.begin(), "alice")
    held = site.browser.cookies[FLOW_COOKIE]
    assert site.come_back(back).status_code == 303
    assert site.come_back(back).status_code == 400
    site.browser.cookies.set(FLOW_COOKIE, held, domain="protem.example.com")
    replayed = site.come_back(back)
    assert replayed.status_code == 400
    assert "does not take the code" in replayed.text
    assert len(logins(site.world)) == 1


def test_nobody_is_logged_in_as_somebody_else_by_a_link(site: Site) -> None:
    theirs = site.another_browser()
    link = site.provider.answer(theirs.begin(), "bob")
    assert site.come_back(link).status_code == 400
    site.begin()
    assert site.come_back(link).status_code == 400
    assert COOKIE not in site.browser.cookies
    assert theirs.come_back(link).status_code == 303


def test_a_login_that_took_longer_than_ten_minutes_is_refused(site: Site) -> None:
    back = site.provider.answer(site.begin(), "alice")
    site.world.clock.advance(601)
    assert site.come_back(back).status_code == 400


def test_a_code_without_what_its_challenge_was_made_from_is_worth_nothing(site: Site) -> None:
    stolen = parse_qs(urlsplit(site.provider.answer(site.begin(), "alice")).query)["code"][0]
    mine = urlsplit(site.provider.answer(site.begin(), "bob")).query
    state = parse_qs(mine)["state"][0]
    answer = site.browser.get("/login/callback", params={"code": stolen, "state": state})
    assert answer.status_code == 400
    assert logins(site.world) == []


def test_each_login_has_a_new_secret_and_ends_the_one_before(site: Site) -> None:
    site.log_in()
    before = site.browser.cookies[COOKIE]
    site.log_in("bob")
    assert me(site).json()["person"]["id"] == person_id("bob")
    assert site.browser.cookies[COOKIE] != before
    old = site.another_browser()
    old.browser.cookies.set(COOKIE, before, domain="protem.example.com")
    assert me(old).status_code == 401


def test_a_cookie_that_somebody_has_planted_is_never_made_good(site: Site) -> None:
    site.browser.cookies.set(COOKIE, "planted", domain="protem.example.com")
    site.log_in()
    planted = site.another_browser()
    planted.browser.cookies.set(COOKIE, "planted", domain="protem.example.com")
    assert me(planted).status_code == 401


def test_logging_out_ends_the_login(site: Site) -> None:
    site.log_in()
    held = site.browser.cookies[COOKIE]
    answer = site.browser.post("/logout", headers=SAME_ORIGIN)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert COOKIE not in site.browser.cookies
    site.browser.cookies.set(COOKIE, held, domain="protem.example.com")
    assert site.world.events()[-1] == "login.ended"
    assert me(site).status_code == 401
    assert site.browser.post("/logout", headers=SAME_ORIGIN).status_code == 303


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}]
)
def test_nobody_is_logged_out_by_another_site(site: Site, headers: dict[str, str]) -> None:
    site.log_in()
    answer = site.browser.post("/logout", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert me(site).status_code == 200


def test_a_login_is_over_when_nobody_uses_it(site: Site) -> None:
    site.log_in()
    for _ in range(3):
        site.world.clock.advance(3_000)
        assert me(site).status_code == 200
    site.world.clock.advance(3_600)
    assert me(site).status_code == 401
    assert "Your login is over" in site.browser.get("/").text


def test_a_login_is_over_after_its_lifetime_however_much_it_is_used(site: Site) -> None:
    site.log_in()
    for _ in range(23):
        site.world.clock.advance(1_800)
        assert me(site).status_code == 200
    site.world.clock.advance(1_800)
    assert me(site).status_code == 401


def test_a_login_ends_with_its_person_in_identity_center(site: Site) -> None:
    site.log_in()
    site.world.remove(Principal, person_id("alice"))
    assert me(site).status_code == 401


def test_whoever_is_locked_may_still_log_in_and_look(site: Site) -> None:
    with site.world.store.writing() as session:
        locking.create(
            session,
            CONSOLE,
            kind=LockKind.PRINCIPAL,
            subject="alice@example.com",
            reason="a drill",
            duration=None,
            now=site.world.clock.now(),
        )
    site.log_in()
    assert me(site).json()["person"]["groups"][0]["id"] == group_id("engineers")


def test_the_start_page_says_who_is_logged_in(site: Site) -> None:
    assert 'href="/login"' in site.browser.get("/").text
    site.log_in()
    page = site.browser.get("/")
    assert "alice@example.com" in page.text
    assert "engineers" in page.text
    assert "script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]


def test_somebody_unknown_is_told_so_and_not_logged_in(site: Site) -> None:
    site.provider.knows("mallory", email="mallory@example.com", email_verified=True)
    answer = site.log_in("mallory")
    assert answer.status_code == 403
    assert "no user of Identity Center" in answer.text
    assert COOKIE not in site.browser.cookies


def test_an_address_that_is_not_verified_logs_nobody_in(site: Site) -> None:
    site.provider.knows("mallory", email="alice@example.com", email_verified=False)
    assert site.log_in("mallory").status_code == 403
    site.provider.knows("mallory", email="alice@example.com")
    assert site.log_in("mallory").status_code == 403
    assert logins(site.world) == []


def test_deciding_against_it_is_no_failure(site: Site) -> None:
    address = site.begin()
    state = parse_qs(urlsplit(address).query)["state"][0]
    assert "error=access_denied" in site.provider.answer(address, None)
    answer = site.browser.get("/login/callback", params={"error": "access_denied", "state": state})
    assert answer.status_code == 403
    assert FLOW_COOKIE not in site.browser.cookies


def test_nothing_that_came_along_is_repeated_in_a_page(site: Site) -> None:
    state = parse_qs(urlsplit(site.begin()).query)["state"][0]
    marked = "<script>marked</script>"
    sent = {"state": state, "error": marked, "error_description": marked, "iss": marked, "return_to": marked}
    for answer in (
        site.browser.get("/login/callback", params=sent),
        site.browser.get("/login/callback", params={**sent, "state": marked}),
    ):
        assert answer.status_code == 400
        assert "marked" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/login/callback",
        "/login/callback?code=x",
        "/login/callback?state=&code=x",
        "/login/callback?state=x&state=x",
    ],
)
def test_a_callback_that_nobody_began_is_a_calm_page(site: Site, path: str) -> None:
    answer = site.browser.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize("held", ["", "x", "e30=", "bnVsbA==", "WzFd", "é", "eyJzdGF0ZSI6IFwidWQ4MDAiFQ=="])
def test_a_cookie_that_was_not_packed_here_is_as_good_as_none(site: Site, held: str) -> None:
    headers = [(b"cookie", f"{FLOW_COOKIE}={held}".encode("latin-1"))]
    assert site.browser.get("/login/callback?state=x&code=x", headers=headers).status_code == 400


def test_a_program_calls_with_the_token_that_the_provider_gave_it(site: Site) -> None:
    bearer = {"Authorization": f"Bearer {site.provider.token('alice')}"}
    assert site.browser.get("/v1/me", headers=bearer).json()["person"]["id"] == person_id("alice")
    other = {"Authorization": f"Bearer {site.provider.token('alice', client='wiki')}"}
    assert site.browser.get("/v1/me", headers=other).status_code == 401


def test_a_provider_that_is_down_is_said_to_be(site: Site) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        nowhere = settings(oidc_issuer=f"http://127.0.0.1:{taken.getsockname()[1]}")
        site.parts.identity_provider = identifying.provider(nowhere, clock=site.world.clock)
        answer = site.browser.get("/login")
    assert (answer.status_code, "cannot be read now" in answer.text) == (503, True)


def test_without_a_provider_the_start_page_says_what_to_do(site: Site) -> None:
    site.parts.identity_provider = None
    assert "PROTEM_OIDC_" in site.browser.get("/").text
    assert site.browser.get("/login").headers["Location"] == "/"
    assert site.browser.get("/login/callback?code=x&state=x").status_code == 400
