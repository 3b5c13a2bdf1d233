"""Receipts on the command line: had from the API, checked by anybody who has the public key."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from protem.broker.callers import CONSOLE
from protem.broker.record import exporting
from tests.cli.conftest import Invoke, Served
from tests.cli.test_asking import PLAYGROUND, ask, shown
from tests.reconciler.lives import Lives


@dataclass(frozen=True, slots=True)
class Files:
    """What an auditor was given: a receipt, the public key, and an export of the record."""

    receipt: Path
    key: Path
    export: Path


@pytest.fixture
def lives(sqlite_url: str) -> Iterator[Lives]:
    made = Lives(sqlite_url)
    yield made
    made.close()


@pytest.fixture
def files(lives: Lives, tmp_path: Path) -> Files:
    given = Files(tmp_path / "receipt.json", tmp_path / "key.pem", tmp_path / "export.jsonl")
    grant_id = lives.given(minutes=2)
    lives.run(200)
    given.receipt.write_bytes(lives.issued(grant_id))
    given.key.write_text(lives.key.public.pem)
    given.export.write_bytes(exported(lives))
    return given


def exported(lives: Lives, *, after: int | None = None) -> bytes:
    lives.seal()
    now = lives.clock.now()
    with lives.store.writing() as session:
        export = exporting.begin(session, CONSOLE, key=lives.key, after_sequence=after, now=now)
        content = export.header
        while not export.is_whole:
            content += export.page(session)
        return content + export.trailer()


def verify(invoke: Invoke, files: Files, *more: str) -> tuple[int, str]:
    result = invoke("audit", "verify-receipt", str(files.receipt), "--key", str(files.key), *more)
    return result.exit_code, result.stdout + result.stderr


def test_a_receipt_is_checked_by_itself_and_against_an_export(invoke: Invoke, files: Files) -> None:
    code, said = verify(invoke, files)
    assert (code, said.startswith("Good: signed with the key")) == (0, True)
    assert "user:alice@example.com: the pager went off" in said
    assert "elapsed, confirmed_absent" in said
    code, said = verify(invoke, files, "--export", str(files.export))
    assert (code, "the same events in the same places" in said) == (0, True)


def test_a_changed_receipt_is_refused_with_a_sentence(invoke: Invoke, files: Files) -> None:
    content = files.receipt.read_bytes()
    files.receipt.write_bytes(content.replace(b"user:bob@", b"user:eve@"))
    code, said = verify(invoke, files)
    assert (code, "signature" in said) == (1, True)
    files.receipt.write_text(json.dumps(json.loads(content), indent=2))
    assert "byte for byte" in verify(invoke, files)[1]


def test_an_export_that_does_not_hold_the_same_is_refused(invoke: Invoke, files: Files, lives: Lives) -> None:
    whole = files.export.read_bytes()
    files.export.write_bytes(whole.replace(b"user:bob@", b"user:eve@"))
    assert "protem audit verify" in verify(invoke, files, "--export", str(files.export))[1]
    files.export.write_bytes(exported(lives, after=8))
    assert "does not reach" in verify(invoke, files, "--export", str(files.export))[1]


def test_what_cannot_be_read_is_said(invoke: Invoke, files: Files, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    missing = invoke("audit", "verify-receipt", str(nothing), "--key", str(files.key))
    assert (missing.exit_code, "cannot be read" in missing.stderr) == (2, True)
    swapped = invoke("audit", "verify-receipt", str(files.receipt), "--key", str(files.receipt))
    assert "no public key" in swapped.stderr


def test_a_receipt_is_printed_to_the_byte_once_the_grant_is_over(
    invoke: Invoke, served: Served, tmp_path: Path
) -> None:
    alice = served.environment("ALICE")
    grant_id = shown(invoke, served, ask(invoke, served, *PLAYGROUND))["grants"][0]["id"]
    early = invoke("receipt", grant_id, env=alice)
    assert (early.exit_code, early.stderr.split(":")[0]) == (1, "receipt-not-ready")
    invoke("revoke", grant_id, env=alice)
    receipt = tmp_path / "receipt.json"
    receipt.write_bytes(had(invoke, grant_id, alice))
    checked = invoke("audit", "verify-receipt", str(receipt), "--key", str(served.world.public_key))
    assert checked.exit_code == 0, checked.stderr
    assert f"Grant       {grant_id}" in checked.stdout


def had(invoke: Invoke, grant_id: str, alice: dict[str, str]) -> bytes:
    """Return the receipt as soon as there is one."""
    with httpx2.Client(base_url=alice["PROTEM_URL"], timeout=60) as http:
        http.headers["Authorization"] = f"Bearer {alice['PROTEM_TOKEN']}"
        for _ in range(1_000):
            seen = http.get(f"/v1/grants/{grant_id}")
            if seen.json()["state"] == "ended" and not invoke("receipt", grant_id, env=alice).exit_code:
                return invoke("receipt", grant_id, env=alice).stdout_bytes
            http.get(f"/v1/grants/{grant_id}?wait=1", headers={"If-None-Match": seen.headers["ETag"]})
    raise AssertionError("there is still no receipt")
