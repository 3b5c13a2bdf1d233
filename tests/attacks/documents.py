"""Entitlement documents that went wrong: text that knows the grammar, bytes that know nothing."""

from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from random import Random

DEMO = (files("protem.cli.demo") / "entitlements.yaml").read_text(encoding="utf-8")
PLAIN = """entitlements:
  - name: read
    requesters: {groups: [engineers]}
    permission_sets: {names: [ReadOnlyAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT4H}
"""

_SCALARS = (
    *("~", "null", "''", '""', "true", "No", "0", "-1", "1e999", ".inf", ".nan", "0o17", "0x1F", "1_000"),
    *("2026-01-05", "2026-01-05T09:00:00Z", "12:30:45", "=", "<<", "*a", "&a x", "!!str x", "!x y"),
    *("PT0S", "PT999999999999H", "P1Y", "-PT1H", "PT1H1H", "PT" + "9" * 5_000 + "S", "P9999W", "pt1h"),
    *('"\\x00"', '"\\u2028"', '"\\ud800"', '"\\e[2J"', "'\u202e'", "\ufb00", "x" * 70_000, "\uff11\uff12"),
    *("[]", "{}", "[[]]", "'(a+)+$'", "'" + "(" * 500 + ")" * 500 + "'", r"'\p{Greek}{9999}'"),
    *("'((((a{1000}){1000}){1000}){1000})'", "../../etc/passwd", "'*'", "all", "{{7*7}}", "'%s'"),
    *("engineers", "arn:aws:sso:::permissionSet/x", "| \n      x"),
)
_KEYS = (
    "<<",
    "? [a]\n    :",
    "name",
    "Name",
    "__class__",
    "requesters",
    "'': x\n    ",
    "~",
    "!!python/name:os",
)
_TAGS = (
    "!!python/object/apply:os.system ['true']",
    "!!python/object/new:type []",
    "!!binary aGk=",
    "!!set {a, b}",
    "!!timestamp 2026-01-05",
    "!include /etc/passwd",
    "!<tag:yaml.org,2002:map> {}",
)

LARGE = 1_000_000


def bombs(size: int = LARGE) -> Mapping[str, bytes]:
    """Return documents of up to about ``size`` bytes that were made to hurt."""
    return {
        "laughs": _laughs(),
        "merged": b"entitlements:\n  - &a {name: x}\n" + b"  - &b {<<: [*a, *a, *a]}\n" * (size // 30),
        "itself": b"entitlements: &a [*a, *a]\n",
        "lists": b"entitlements: " + b"[" * (size // 3),
        "maps": b"{entitlements: " * (size // 15),
        "indents": b"".join(b" " * level + b"a:\n" for level in range(int((2 * size) ** 0.5))),
        "dashes": b"- " * (size // 2),
        "questions": b"? " * (size // 2),
        "anchors": b"".join(b"&a%d " % number for number in range(size // 9)),
        "scalar": b"entitlements: '" + b"x" * size + b"'",
        "key": b"x" * size + b": y",
        "keys": b"".join(b"k%d: v\n" % number for number in range(size // 11)),
        "twice": b"entitlements: []\n" * (size // 17),
        "documents": b"--- x\n" * (size // 6),
        "directives": b"%TAG ! tag:x\n" * (size // 13) + b"---\nx",
        "comments": b"#" * size,
        "lines": b"\n" * size,
        "unclosed": b'entitlements: "' + b"\\" * size,
        "beyond": b"x" * 1_100_000,
    }


def _laughs() -> bytes:
    levels = ((98 + level, b",".join([b"*%c" % (97 + level)] * 9)) for level in range(9))
    return b"a: &a [x,x,x,x]\n" + b"".join(b"%c: &%c [%s]\n" % (name, name, of) for name, of in levels)


ENCODED: Mapping[str, bytes] = {
    "tabs": b"entitlements:\n\t- name: x\n",
    "utf-16": PLAIN.encode("utf-16"),
    "utf-32": PLAIN.encode("utf-32"),
    "latin-1": PLAIN.replace("read", "l\xe9ad").encode("latin-1"),
    "bom": b"\xef\xbb\xbf" + PLAIN.encode(),
    "boms": b"\xef\xbb\xbf" * 3 + PLAIN.encode(),
    "bom inside": PLAIN.encode().replace(b"read", b"re\xef\xbb\xbfad"),
    "overlong": PLAIN.encode().replace(b"/", b"\xc0\xaf") + b"\xc0\x80",
    "surrogates": b"\xed\xa0\x80" + PLAIN.encode(),
    "nothing": b"",
    "nul": b"\x00",
}

Mutation = Callable[[str, Random], str]


def mutated(chance: Random, *, count: int, source: str = DEMO) -> Iterator[bytes]:
    """Yield ``count`` documents that were ``source`` before one to four things happened to them."""
    for _ in range(count):
        text = source
        for _ in range(chance.randint(1, 4)):
            text = chance.choice(_MUTATIONS)(text, chance)
        raw = text.encode(errors="surrogatepass")
        yield _noise(raw, chance) if chance.random() < 0.25 else raw


def _scalar(text: str, chance: Random) -> str:
    return _replaced(text, chance, after=(": ", "[", ", ", "{"), by=chance.choice(_SCALARS))


def _tag(text: str, chance: Random) -> str:
    return _replaced(text, chance, after=(": ", "- "), by=chance.choice(_TAGS))


def _key(text: str, chance: Random) -> str:
    lines = text.split("\n")
    place = chance.randrange(len(lines))
    indent, _, rest = lines[place].partition(":")
    bare = indent.lstrip(" -")
    lines[place] = indent.removesuffix(bare) + chance.choice(_KEYS) + ":" + rest
    return "\n".join(lines)


def _alias(text: str, chance: Random) -> str:
    return _replaced(_replaced(text, chance, after=(": ",), by="&a ["), chance, after=(": ", "- "), by="*a")


def _line(text: str, chance: Random) -> str:
    lines = text.split("\n")
    first, second = (chance.randrange(len(lines)) for _ in range(2))
    match chance.randrange(4):
        case 0:
            lines.insert(first, lines[second])
        case 1:
            del lines[first]
        case 2:
            lines[first], lines[second] = lines[second], lines[first]
        case _:
            lines[first] = " " * chance.randrange(12) + lines[first].lstrip()
    return "\n".join(lines)


def _block(text: str, chance: Random) -> str:
    start = chance.randrange(len(text))
    piece = text[start : start + chance.randrange(400)]
    return text[:start] + piece * chance.choice((0, 2, 3, 40)) + text[start + len(piece) :]


def _deep(text: str, chance: Random) -> str:
    depth = chance.choice((3, 17, 300))
    return _replaced(text, chance, after=(": ",), by="[" * depth + "x" + "]" * depth)


_MUTATIONS: tuple[Mutation, ...] = (
    _scalar,
    _scalar,
    _scalar,
    _tag,
    _key,
    _alias,
    _line,
    _line,
    _block,
    _deep,
)


def _replaced(text: str, chance: Random, *, after: tuple[str, ...], by: str) -> str:
    """Put something in place of one of the values that stand after one of these."""
    mark = chance.choice(after)
    starts = [place + len(mark) for place in range(len(text)) if text.startswith(mark, place)]
    if not starts:
        return text
    start = chance.choice(starts)
    ends = [end for end in (text.find(stop, start) for stop in (",", "]", "}", "\n")) if end >= 0]
    return text[:start] + by + text[min(ends, default=len(text)) :]


def _noise(raw: bytes, chance: Random) -> bytes:
    spoiled = bytearray(raw)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(spoiled) or 1)
        spoiled[place : place + chance.randrange(2)] = bytes([chance.randrange(256)])
    return bytes(spoiled)
