"""Signatures by the installation's key (Ed25519), over the canonical form of what they are about.

Everything that is signed is an object whose ``kind`` says what it is for, so that nothing that was
signed for one purpose can be taken for another. Signatures and keys are written in small hex letters,
which leave no second way to write the same.
"""

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from protem.broker.record import canonical
from protem.broker.record.canonical import Unwritable

_OTHERS = stat.S_IRWXO | stat.S_IWGRP | stat.S_IXGRP
"""What nobody but the owner may do; a group may read, as where secrets are mounted for one."""
_LARGEST = 10_000
"""Bytes; a key has some hundred."""


class KeyUnusable(Exception):
    """A file that holds no key of the right kind, or that too many can read; says so in a sentence."""


class SignatureRefused(Exception):
    """What carries a signature is not what was signed, or none of the known keys signed it."""


class UnknownKey(SignatureRefused):
    """The signature names a key that nobody has vouched for."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What checks signatures; ``id`` is how they name it."""

    id: str
    _key: Ed25519PublicKey = field(repr=False)

    @classmethod
    def of(cls, key: Ed25519PublicKey) -> Self:
        return cls(hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16], key)

    @classmethod
    def read(cls, pem: bytes) -> Self:
        """Read a public key in PEM; raises ``KeyUnusable``."""
        try:
            key = load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm):
            raise KeyUnusable("this is no public key in PEM, as `protem audit key` prints it") from None
        if not isinstance(key, Ed25519PublicKey):
            raise KeyUnusable("this is a public key of another kind; signatures here are Ed25519")
        return cls.of(key)

    @property
    def pem(self) -> str:
        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def signed(self, message: bytes, signature: str) -> bool:
        """Tell whether a signature in hex is this key's, for exactly these bytes."""
        try:
            raw = bytes.fromhex(signature)
            if raw.hex() != signature:
                return False
            self._key.verify(raw, message)
        except (ValueError, InvalidSignature):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private key of an installation."""

    public: PublicKey
    _key: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def make(cls) -> Self:
        """Return a key that nobody had before."""
        key = Ed25519PrivateKey.generate()
        return cls(PublicKey.of(key.public_key()), key)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the key of a file that others cannot read; raises ``KeyUnusable`` with a sentence."""
        try:
            key = load_pem_private_key(_private(path), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise KeyUnusable(f"{path} holds no private key in PEM without a password") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyUnusable(f"{path} holds a key of another kind; `protem audit keygen` makes Ed25519 keys")
        return cls(PublicKey.of(key.public_key()), key)

    def save(self, path: Path) -> None:
        """Write the key to a new file that only its owner can read; ``FileExistsError`` if it is there."""
        pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())

    def sign(self, statement: Mapping[str, Any]) -> dict[str, Any]:
        """Return the statement with ``key_id`` and ``signature``, which covers all the rest.

        Its ``kind`` has to say what it is for, beginning with ``protem-``.
        """
        if not str(statement.get("kind")).startswith("protem-"):
            raise ValueError("what is signed has to say what it is")
        whole = {**statement, "key_id": self.public.id}
        return {**whole, "signature": self._key.sign(canonical.text(whole)).hex()}


Keys = Mapping[str, PublicKey]


def known(keys: Iterable[PublicKey]) -> Keys:
    """Return the keys by their ids, as ``verify`` wants them."""
    return {key.id: key for key in keys}


def verify(signed: Mapping[str, Any], *, kind: str, keys: Keys) -> None:
    """Check that one of ``keys`` signed this, as a statement of this ``kind``.

    Raises ``UnknownKey`` or ``SignatureRefused``. What the statement says is the caller's to judge.
    """
    statement = {name: value for name, value in signed.items() if name != "signature"}
    if statement.get("kind") != kind:
        raise SignatureRefused(f"this is no {kind}")
    key, signature = keys.get(str(statement.get("key_id"))), signed.get("signature")
    if key is None:
        raise UnknownKey(
            f"it was signed with the key {statement.get('key_id')}, which is none of those given"
        )
    try:
        good = isinstance(signature, str) and key.signed(canonical.text(statement), signature)
    except Unwritable:
        good = False
    if not good:
        raise SignatureRefused(f"the signature is not the one of key {key.id} for this")


def _private(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise KeyUnusable(f"{path} is no file")
            if mode & _OTHERS:
                raise KeyUnusable(f"others can get at {path}: it signs in your name; chmod 600 {path}")
            return file.read(_LARGEST)
    except FileNotFoundError:
        raise KeyUnusable(f"there is no {path}; `protem audit keygen {path}` makes a key") from None
    except OSError as error:
        raise KeyUnusable(f"{path} cannot be read: {error.strerror}") from None
