"""The key that signs the record, as commands meet it."""

from collections.abc import Iterator
from contextlib import contextmanager

from protem.broker.record.signing import KeyUnusable
from protem.cli.failures import Failure


@contextmanager
def usable_key() -> Iterator[None]:
    """Turn what can be wrong with a key's file into a failure with a sentence."""
    try:
        yield
    except KeyUnusable as error:
        raise Failure("signing-key-unusable", str(error)) from None
