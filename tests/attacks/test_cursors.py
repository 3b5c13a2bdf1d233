"""A cursor says where a page begins, and whatever is done to one, never what may be seen."""

from collections.abc import Iterable
from urllib.parse import quote

from tests.attacks import cursors
from tests.attacks.ground import Ground
from tests.attacks.probing import Answer, Probe

OWNERS = ("admin", "beneficiary", "stranger", "service")


def ids(answer: Answer) -> set[str]:
    return {str(sorted(item.items(), key=str)) for item in answer.json()["items"]}


def attack(probe: Probe, *, every: int, kinds: Iterable[str] = OWNERS) -> None:
    """Change each cursor in every way, and give it to every list and to others than its owner."""
    ground = probe.ground
    owned = {kind: cursors.given(ground, kind) for kind in ("admin", "beneficiary", "auditor")}
    for kind in kinds:
        headers = list(ground.cast.headers(kind).items())
        for path in cursors.lists(ground):
            everything = probe.send("GET", f"{path}?limit=200", headers)
            if everything.status_code != 200:
                continue
            foreign = [cursor for mine in owned.values() for cursor in mine.values()]
            own = owned["admin"].get(path)
            for cursor in [
                *foreign[:: max(every // 100, 1)],
                *list(cursors.changed(own) if own else ())[::every],
            ]:
                written = quote(cursor.encode(errors="replace"))
                page = probe.send("GET", f"{path}?limit=200&cursor={written}", headers)
                _judge(probe, path, page, ids(everything))


def _judge(probe: Probe, path: str, page: Answer, everything: set[str]) -> None:
    if page.status_code == 200 and not ids(page) <= everything:
        probe.failures.append(f"{path}: a cursor shows what nothing else does")
    elif page.status_code != 200 and (page.status_code, page.code) != (422, "invalid-input"):
        probe.failures.append(f"{path}: {page.status_code} {page.code}")
    elif page.status_code != 200 and page.json()["errors"][0]["field"] != "cursor":
        probe.failures.append(f"{path}: blames {page.json()['errors'][0]['field']}")


def test_no_cursor_shows_more_than_the_list(ground: Ground) -> None:
    probe = Probe(ground)
    attack(probe, every=499, kinds=("admin", "stranger"))
    assert not probe.failures, "\n".join(probe.failures)
    assert probe.statuses[200] > 20
    assert probe.statuses[422] > 20
