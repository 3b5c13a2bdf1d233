"""Keys and signatures: whose, over what, and from which files."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from protem.broker.record import signing
from protem.broker.record.signing import KeyUnusable, PublicKey, SignatureRefused, SigningKey, UnknownKey

KEY = SigningKey.make()
KEYS = signing.known([KEY.public])
STATEMENT = {"kind": "protem-test", "version": 1, "text": "ünï"}


def test_what_was_signed_verifies() -> None:
    signed = KEY.sign(STATEMENT)
    signing.verify(signed, kind="protem-test", keys=KEYS)
    assert signed["key_id"] == KEY.public.id
    assert len(KEY.public.id) == 16


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "another"},
        {"more": 1},
        {"version": 2},
        {"signature": "00" * 64},
        {"signature": ""},
        {"signature": None},
        {"signature": "zz" * 64},
        {"text": float("nan")},
    ],
    ids=str,
)
def test_what_was_changed_does_not(changes: dict[str, object]) -> None:
    with pytest.raises(SignatureRefused):
        signing.verify(KEY.sign(STATEMENT) | changes, kind="protem-test", keys=KEYS)


def test_a_signature_has_one_spelling() -> None:
    signed = KEY.sign(STATEMENT)
    for spelling in (signed["signature"].upper(), f" {signed['signature']}", f"{signed['signature']}\n"):
        with pytest.raises(SignatureRefused):
            signing.verify(signed | {"signature": spelling}, kind="protem-test", keys=KEYS)


def test_what_was_signed_for_one_purpose_serves_no_other() -> None:
    signed = KEY.sign(STATEMENT)
    with pytest.raises(SignatureRefused, match="no protem-checkpoint"):
        signing.verify(signed, kind="protem-checkpoint", keys=KEYS)
    for kind in ({}, {"kind": "anything"}, {"kind": None}):
        with pytest.raises(ValueError, match="has to say what it is"):
            KEY.sign(kind)


def test_a_key_that_nobody_vouched_for_is_named() -> None:
    other = SigningKey.make()
    with pytest.raises(UnknownKey, match=other.public.id):
        signing.verify(other.sign(STATEMENT), kind="protem-test", keys=KEYS)


def test_a_key_outlives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    KEY.save(path)
    assert SigningKey.load(path).public.id == KEY.public.id
    with pytest.raises(FileExistsError):
        SigningKey.make().save(path)
    assert PublicKey.read(KEY.public.pem.encode()).id == KEY.public.id


def test_neither_shows_itself() -> None:
    assert "key=" not in repr(KEY)


@pytest.mark.parametrize("mode", [0o640, 0o600, 0o400, 0o440])
def test_a_file_for_the_owner_and_perhaps_a_group_is_read(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key.pem"
    KEY.save(path)
    path.chmod(mode)
    assert SigningKey.load(path).public.id == KEY.public.id


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o660, 0o666, 0o777])
def test_a_file_that_others_can_get_at_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key.pem"
    KEY.save(path)
    path.chmod(mode)
    with pytest.raises(KeyUnusable, match=r"others can get at .* chmod 600"):
        SigningKey.load(path)


def written(
    path: Path, key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey, password: str = ""
) -> Path:
    protection: KeySerializationEncryption = NoEncryption()
    if password:
        protection = BestAvailableEncryption(password.encode())
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection))
    path.chmod(0o600)
    return path


def test_a_file_without_a_key_of_the_right_kind_is_refused(tmp_path: Path) -> None:
    elliptic = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(KeyUnusable, match="another kind"):
        SigningKey.load(written(tmp_path / "elliptic", elliptic))
    locked = written(tmp_path / "locked", ed25519.Ed25519PrivateKey.generate(), password="secret")
    with pytest.raises(KeyUnusable, match="without a password"):
        SigningKey.load(locked)
    garbage = tmp_path / "garbage"
    garbage.write_bytes(os.urandom(100))
    garbage.chmod(0o600)
    with pytest.raises(KeyUnusable, match="no private key"):
        SigningKey.load(garbage)
    with pytest.raises(KeyUnusable, match="audit keygen"):
        SigningKey.load(tmp_path / "nowhere")
    with pytest.raises(KeyUnusable, match="cannot be read"):
        SigningKey.load(tmp_path)
    public = elliptic.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(KeyUnusable, match="another kind"):
        PublicKey.read(public)
    with pytest.raises(KeyUnusable, match="no public key"):
        PublicKey.read(b"nothing")
