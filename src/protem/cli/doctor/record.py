"""The key that signs the record."""

from collections.abc import Iterator

from protem.broker.record.signing import KeyUnusable, SigningKey
from protem.cli.doctor.findings import Finding, Part
from protem.settings import Settings

PART = Part("record")


def examine(settings: Settings) -> Iterator[Finding]:
    if settings.audit_key_file is None:
        yield PART.warning(
            "PROTEM_AUDIT_KEY_FILE is not set: the record is chained, and nobody outside can check it; "
            "`protem audit keygen` makes a key"
        )
        return
    try:
        key = SigningKey.load(settings.audit_key_file)
    except KeyUnusable as error:
        yield PART.bad(str(error))
    else:
        yield PART.good(f"checkpoints and receipts are signed with the key {key.public.id}")
