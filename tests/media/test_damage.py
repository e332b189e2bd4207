"""Damaged files are measured or refused: nothing else happens, and it happens quickly."""

import random
import time

import pytest

from simulator.core.media import Facts
from simulator.media.formats import FORMATS
from simulator.media.probe import Unreadable, probe

MUTANTS = 20_000
MOST_SECONDS = 0.05
HEADER_BYTES = 2_500
TELLING = (0, 1, 0x7F, 0x80, 0xFE, 0xFF)


def outcome(data: bytes | memoryview) -> Facts | str:
    try:
        return probe(data)
    except Unreadable as refusal:
        return refusal.reason


def mutant(data: bytes, chance: random.Random) -> bytes:
    """A few bytes changed near the start, now and then a piece cut, doubled, or zeroed."""
    copy = bytearray(data)
    reach = min(len(copy), HEADER_BYTES)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(reach)
        copy[at] = chance.choice(TELLING) if chance.random() < 0.5 else chance.randrange(256)
    start = chance.randrange(len(copy))
    piece = slice(start, start + chance.choice((1, 4, 8, 64)))
    change = chance.randrange(8)
    if change == 0:
        del copy[piece]
    elif change == 1:
        copy[start:start] = copy[piece]
    elif change == 2:
        copy[piece] = b"\xff" * len(copy[piece])
    return bytes(copy)


@pytest.mark.parametrize("name", FORMATS)
def test_mutants_are_measured_or_refused_quickly(name: str, goods: dict[str, bytes]) -> None:
    chance = random.Random(name)
    slowest = (0.0, b"")
    for _ in range(MUTANTS // len(FORMATS)):
        data = mutant(goods[name], chance)
        begin = time.thread_time()
        facts = outcome(data)
        slowest = max(slowest, (time.thread_time() - begin, data))
        if isinstance(facts, Facts):
            assert facts.size == len(data)
    # Once more: the collector of garbage takes its time of whoever runs just then.
    begin = time.thread_time()
    outcome(slowest[1])
    again = time.thread_time() - begin
    assert min(slowest[0], again) < MOST_SECONDS, slowest[1][:HEADER_BYTES].hex()


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_cut_anywhere_is_measured_or_refused(name: str, goods: dict[str, bytes]) -> None:
    data = goods[name]
    whole = probe(data)
    for length in range(min(len(data), 2 * HEADER_BYTES)):
        facts = outcome(data[:length])
        if isinstance(facts, Facts):
            assert (facts.kind, facts.format) == (whole.kind, whole.format)
            assert (facts.width, facts.height) == (whole.width, whole.height)
            assert facts.ms <= whole.ms


@pytest.mark.parametrize("name", FORMATS)
def test_a_good_file_takes_a_fraction_of_a_millisecond(name: str, goods: dict[str, bytes]) -> None:
    taken = []
    for _ in range(50):
        begin = time.thread_time()
        probe(goods[name])
        taken.append(time.thread_time() - begin)
    assert min(taken) < 0.001
