"""Changes of things that are right, most of which must not be."""

import uuid
from collections.abc import Iterator

_DIGITS = "０٣੪²"
"""Digits that are none in ASCII."""


def near(text: str, *, others: str = "A0_\x00") -> Iterator[str]:
    """Yield everything that is one character away from ``text``, in a few ways, and its parts."""
    for place, character in enumerate(text):
        for other in (*others, character.swapcase()):
            if other != character:
                yield text[:place] + other + text[place + 1 :]
        yield text[:place] + text[place + 1 :]
    yield from (text[:length] for length in range(len(text)))
    yield from (text + more for more in (text, " ", "\x00", "\n", "=", "A", "A" * 5_000))
    yield from (f" {text}", text.upper(), text.lower(), text[::-1], text.replace("_", "-"))


def near_in_unicode(text: str) -> Iterator[str]:
    """Yield ``text`` with characters that look or count like those of ASCII."""
    wide = {character: chr(ord(character) + 0xFEE0) for character in text if "!" <= character <= "~"}
    for place, character in enumerate(text):
        yield text[:place] + wide.get(character, "\u3000") + text[place + 1 :]
    yield from (digit.join((text[:9], text[10:])) for digit in _DIGITS)


def forms(id_: str) -> Iterator[str]:
    """Yield other ways to write an id."""
    plain = uuid.UUID(id_)
    yield from (id_.upper(), f"{{{id_}}}", plain.hex, plain.urn, f"{id_}/", f"%7B{id_}%7D", f"{id_}%00")
    yield from (str(uuid.UUID(int=plain.int ^ 1)), str(uuid.UUID(int=0)), str(uuid.UUID(int=2**128 - 1)))
    yield from ("0", "-1", "null", "..", "%2e%2e", "*", "1" * 4_000, "\uff19" * 36)
