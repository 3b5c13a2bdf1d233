"""The record from a terminal: read, copied over HTTP, and verified without asking anybody."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from protem.broker.record import sealing
from protem.broker.record.signing import PublicKey
from tests.broker.record import copies
from tests.broker.record.test_verifying import checkpoint
from tests.cli.conftest import Invoke, Served


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A copy of the record that is in order."""
    path = tmp_path / "record.jsonl"
    path.write_bytes(b"".join(copies.export()))
    return path


@pytest.fixture
def public(tmp_path: Path) -> str:
    path = tmp_path / "public.pem"
    path.write_text(copies.KEY.public.pem)
    return str(path)


def seal(served: Served) -> None:
    store = served.world.runtime.store
    with store.writing() as session:
        sealing.seal(session)


def test_what_was_exported_verifies(invoke: Invoke, served: Served, tmp_path: Path) -> None:
    seal(served)
    made = invoke("audit", "export", env=served.environment("AUDITOR"))
    assert made.exit_code == 0, made.output
    key = PublicKey.read(served.world.public_key.read_bytes())
    assert made.stderr.endswith(f"Signed with the key {key.id}.\n")
    path = tmp_path / "record.jsonl"
    path.write_bytes(made.stdout_bytes)
    found = invoke("audit", "verify", str(path), "--key", str(served.world.public_key))
    assert found.exit_code == 0, found.output
    assert found.stdout.startswith("In order: ")
    assert "written it all anew" in found.stdout


def test_a_copy_of_a_part_goes_on_where_the_last_one_ended(invoke: Invoke, served: Served) -> None:
    seal(served)
    made = invoke("audit", "export", "--after", "2", env=served.environment("AUDITOR"))
    header, first = (json.loads(line) for line in made.stdout.splitlines()[:2])
    assert (header["first_sequence"], first["sequence"]) == (3, 3)
    nothing = invoke("audit", "export", "--since", "2999-01-01T00:00:00Z", env=served.environment("AUDITOR"))
    assert nothing.stderr.startswith("No events; the next one has the number ")


def test_those_who_may_not_have_a_copy_are_told_so(invoke: Invoke, served: Served) -> None:
    refused = invoke("audit", "export", env=served.environment("ALICE"))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith("forbidden: ")


def test_what_happened_is_listed_and_narrowed(invoke: Invoke, served: Served) -> None:
    made = invoke("audit", "events", "--type", "token.created", env=served.environment("AUDITOR"))
    assert made.stdout.splitlines()[0].split() == ["AT", "WHAT", "CALLER", "FOR", "ACCOUNT", "ABOUT"]
    assert {line.split()[2] for line in made.stdout.splitlines()[1:]} == {"token.created"}
    listed = ["audit", "events", "--oldest-first", "--limit", "1", "--json"]
    (first,) = json.loads(invoke(*listed, env=served.environment("AUDITOR")).stdout)
    assert first["caller"] == "protem"


def test_a_good_copy_leaves_with_zero_and_says_what_it_does_not_prove(
    invoke: Invoke, whole: Path, public: str
) -> None:
    found = invoke("audit", "verify", str(whole), "--key", public)
    assert found.exit_code == 0
    assert f"6 events, 1 to 6, of log {copies.LOG}" in found.stdout
    proved, _, not_proved = found.stdout.partition("Not proved:")
    assert copies.KEY.public.id in proved
    assert "--checkpoint" in not_proved
    assert "after event 6" in not_proved


def test_it_is_read_from_standard_input_too(invoke: Invoke, whole: Path, public: str) -> None:
    text = whole.read_text()
    assert invoke("audit", "verify", "-", "--key", public, answers=text).exit_code == 0


def test_a_bad_copy_leaves_with_one_and_names_the_first_damage(
    invoke: Invoke, whole: Path, public: str
) -> None:
    lines = whole.read_bytes().splitlines(keepends=True)
    whole.write_bytes(b"".join([*lines[:3], *lines[4:]]))
    found = invoke("audit", "verify", str(whole), "--key", public)
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == "missing: line 4, event 3: event 3 is missing\n"
    as_json = invoke("audit", "verify", str(whole), "--key", public, "--json")
    assert json.loads(as_json.stderr)["code"] == "missing"


@pytest.mark.parametrize("kind", ["argument", "page", "lines"])
def test_a_checkpoint_is_taken_in_each_form_that_one_would_keep_it(
    invoke: Invoke, whole: Path, public: str, tmp_path: Path, kind: str
) -> None:
    kept: list[dict[str, Any]] = [checkpoint(4), checkpoint(2)]
    path = tmp_path / "checkpoints"
    match kind:
        case "argument":
            given = json.dumps(kept)
        case "page":
            path.write_text(json.dumps({"items": kept, "next_cursor": None}))
            given = str(path)
        case _:
            path.write_text("\n".join(map(json.dumps, kept)))
            given = str(path)
    found = invoke("audit", "verify", str(whole), "--key", public, "--checkpoint", given)
    assert found.exit_code == 0, found.output
    assert "up to event 4 it is the record that a checkpoint was signed for" in found.stdout
    assert "what follows event 4" in found.stdout


def test_checkpoints_that_say_nothing_about_the_copy_do_not_let_it_pass(
    invoke: Invoke, whole: Path, public: str
) -> None:
    later = json.dumps(checkpoint(8, signed_at="2027-01-01T00:00:00.000000Z"))
    found = invoke("audit", "verify", str(whole), "--key", public, "--checkpoint", later)
    assert (found.exit_code, found.stderr.partition(":")[0]) == (1, "not-covered")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.jsonl", "--key", "{public}"], "nowhere.jsonl cannot be read"),
        (["{whole}", "--key", "nowhere.pem"], "nowhere.pem cannot be read"),
        (["{whole}", "--key", "{whole}"], "no public key in PEM"),
        (["{whole}", "--key", "{public}", "--checkpoint", "nowhere"], "neither JSON nor a file"),
        (["{whole}", "--key", "{public}", "--checkpoint", "[]"], "holds no checkpoint"),
        (["{whole}", "--key", "{public}", "--checkpoint", "{public}"], "this is not JSON"),
        (["{whole}", "--key", "{public}", "--checkpoint", "[" * 100_000], "this is not JSON"),
        (["{whole}"], "--key"),
    ],
)
def test_what_cannot_work_is_told_in_words(
    invoke: Invoke, whole: Path, public: str, arguments: list[str], says: str
) -> None:
    given = [argument.replace("{whole}", str(whole)).replace("{public}", public) for argument in arguments]
    result = invoke("audit", "verify", *given)
    assert result.exit_code == 2
    assert says in " ".join(result.stderr.replace("│", " ").split())


def test_a_key_is_made_once_for_its_owner_alone(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "audit-key.pem"
    made = invoke("audit", "keygen", str(path))
    assert made.exit_code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PublicKey.read(made.stdout.encode()).id in made.stderr
    again = invoke("audit", "keygen", str(path))
    assert (again.exit_code, again.stderr.partition(":")[0]) == (1, "file-exists")
    shown = invoke("audit", "key", env={"PROTEM_AUDIT_KEY_FILE": str(path)})
    assert shown.stdout == made.stdout
    path.chmod(0o644)
    refused = invoke("audit", "key", env={"PROTEM_AUDIT_KEY_FILE": str(path)})
    assert (refused.exit_code, refused.stderr.partition(":")[0]) == (1, "signing-key-unusable")
    assert "PRIVATE" not in made.output + shown.output + refused.output


def test_without_a_key_that_is_said(invoke: Invoke) -> None:
    result = invoke("audit", "key")
    assert (result.exit_code, result.stderr.partition(":")[0]) == (1, "signing-key-missing")


def test_a_server_does_not_start_with_a_key_that_others_can_read(
    invoke: Invoke, tmp_path: Path, sqlite_url: str
) -> None:
    path = tmp_path / "audit-key.pem"
    copies.KEY.save(path)
    path.chmod(0o604)
    env = {"PROTEM_AUDIT_KEY_FILE": str(path), "PROTEM_DATABASE_URL": sqlite_url, "PROTEM_PORT": "0"}
    result = invoke("serve", "--no-reconciler", env=env)
    assert result.exit_code == 1
    assert result.stderr.startswith("signing-key-unusable: others can get at")


def test_garbage_is_no_copy(invoke: Invoke, tmp_path: Path, public: str) -> None:
    path = tmp_path / "garbage"
    path.write_bytes(bytes(range(256)) * 9)
    result = invoke("audit", "verify", str(path), "--key", public)
    assert result.exit_code == 1
    assert "Traceback" not in result.output
