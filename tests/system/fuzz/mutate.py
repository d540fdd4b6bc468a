"""Makes new inputs from given ones by random changes. The same seed gives the same inputs."""

import random
import re
from collections.abc import Iterator, Sequence

_NUMBERS = (
    b"0",
    b"-1",
    b"1e999",
    b"nan",
    b"-0.0",
    b"9" * 30,
    b"4294967296",
    b"65535",
    b"0x10",
    b"null",
    b"true",
    b'""',
    b"{}",
    b"[]",
)
_WORDS = (
    b"\x00",
    b"\xff",
    b"\xff\xd8",
    b"\xff\xd9",
    b"{",
    b"}",
    b"[" * 50,
    b"(" * 3000,
    b"- " * 200,
    b'"',
    b"'",
    b"\n",
    b": ",
    b"&a ",
    b"*a",
    b"<<: ",
    b"!!python/object:os.system ",
    b"\xc3\x28",
    b"\\u0000",
    b"..",
    b"/",
)
_LONGEST = 1 << 20


def inputs(seeds: Sequence[bytes], seed: int) -> Iterator[bytes]:
    """Yield the seeds themselves, then an endless series of changed ones."""
    yield from seeds
    rng = random.Random(seed)
    while True:
        data = bytearray(rng.choice(seeds))
        for _ in range(1 << rng.randrange(5)):
            rng.choice(_STEPS)(data, rng, seeds)
        yield bytes(data[:_LONGEST])


def _place(data: bytearray, rng: random.Random) -> tuple[int, int]:
    begin = rng.randrange(len(data) + 1)
    return begin, min(len(data), begin + (1 << rng.randrange(8)))


def _flip(data: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _set(data: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    if data:
        data[rng.randrange(len(data))] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))


def _cut(data: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    begin, end = _place(data, rng)
    del data[begin:end]


def _end(data: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    del data[rng.randrange(len(data) + 1) :]


def _double(data: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    begin, end = _place(data, rng)
    data[begin:begin] = data[begin:end]


def _insert(data: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    begin, _ = _place(data, rng)
    data[begin:begin] = rng.choice(_WORDS)


def _renumber(data: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    found = list(re.finditer(rb"-?\d+\.?\d*|\"[^\"\n]{0,40}\"|'[^'\n]{0,40}'", data))
    if found:
        begin, end = rng.choice(found).span()
        data[begin:end] = rng.choice(_NUMBERS)


def _splice(data: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    other = rng.choice(seeds)
    begin, end = _place(data, rng)
    start = rng.randrange(len(other) + 1)
    data[begin:end] = other[start : start + (1 << rng.randrange(10))]


_STEPS = (_flip, _set, _cut, _end, _double, _insert, _renumber, _renumber, _splice)
