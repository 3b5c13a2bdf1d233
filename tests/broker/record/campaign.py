"""Everything that can be done to a small export, counted: `make audit-campaign`.

Every single bit is turned over, every byte is taken for the end, every line is left out, repeated, put
elsewhere, replaced and rewritten; then come as many mixtures of such damages as `MIXTURES` asks for. What is
not found, or is named for something else, is printed, and makes this fail.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator

from tests.broker.record import copies
from tests.broker.record.copies import checked, export, flipped

EVENTS = 6


def bits(whole: list[bytes]) -> Iterator[list[bytes]]:
    for byte in range(len(b"".join(whole))):
        for bit in range(8):
            yield flipped(whole, byte, bit)


def mixtures(whole: list[bytes], *, count: int) -> Iterator[list[bytes]]:
    """Yield exports with two to four damages, each time the same ones."""
    chance = random.Random(4)
    while count:
        raw = [*whole]
        for _ in range(chance.randint(2, 4)):
            raw = _damaged(raw, chance)
        if raw != whole:
            count -= 1
            yield raw


def _damaged(raw: list[bytes], chance: random.Random) -> list[bytes]:
    place, other = chance.randrange(len(raw)), chance.randrange(len(raw))
    match chance.randrange(4):
        case 0 if len(raw) > 1:
            return [*raw[:place], *raw[place + 1 :]]
        case 1:
            return [*raw[:other], raw[place], *raw[other:]]
        case 2:
            changed = [*raw]
            changed[place], changed[other] = changed[other], changed[place]
            return changed
        case _:
            return flipped(raw, chance.randrange(len(b"".join(raw))), chance.randrange(8))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mixtures", type=int, default=5_000)
    asked = parser.parse_args()
    whole = export(EVENTS)
    if checked(whole).fault is not None:
        sys.exit("the export itself does not verify")
    missed = _lines(whole)
    missed += _found("bits turned over", bits(whole))
    missed += _found("mixtures", mixtures(whole, count=asked.mixtures))
    sys.exit(f"{missed} were not found, or named for something else" if missed else 0)


def _lines(whole: list[bytes]) -> int:
    missed = 0
    for kind in copies.LINE_LEVEL:
        wrong, total = 0, 0
        for case in kind(whole):
            total += 1
            fault = checked(case.raw).fault
            if fault is None or (fault.damage, fault.line, fault.sequence) != case[2:]:
                wrong += 1
                _say(f"  {case.name}: {fault}")
        _say(f"{kind.__name__:20} {total:7,}  found and named: {total - wrong:7,}")
        missed += wrong
    return missed


def _found(name: str, damaged: Iterator[list[bytes]]) -> int:
    kinds: Counter[str] = Counter()
    for raw in damaged:
        fault = checked(raw).fault
        kinds["nothing" if fault is None else fault.damage.value] += 1
    total = sum(kinds.values())
    _say(f"{name:20} {total:7,}  found:           {total - kinds['nothing']:7,}")
    _say("  " + ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common()))
    return kinds["nothing"]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
