"""Clocks run, jump, stand still, and never go back."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.clock import BEIJING, DAY, Clock, duration, moment


def test_rate_counts_from_the_moment_it_is_set() -> None:
    clock = Clock(1000, since=0).run_at(60, real=500)
    assert clock.now(600) == 1000 + 500 + 100 * 60


def test_frozen_clock_moves_only_when_told() -> None:
    clock = Clock(0, since=0, frozen=True)
    assert clock.now(9_999) == 0
    clock = clock.advanced(DAY, 9_999)
    assert clock.now(9_999) == DAY
    clock = clock.freeze(False, 9_999)
    assert clock.now(10_004) == DAY + 5


def test_everybody_reads_the_same_from_the_same_facts() -> None:
    clock = Clock(7, since=0, rate=3)
    copy = msgspec.json.decode(msgspec.json.encode(clock), type=Clock)
    assert (clock.now(100), copy.now(100)) == (307, 307)


def test_a_machine_that_is_behind_does_not_turn_a_clock_back() -> None:
    assert Clock(1000, since=500).now(400) == 1000


def test_real_until() -> None:
    clock = Clock(0, since=0, rate=10)
    assert clock.real_until(5_000, 0) == 0.5
    assert clock.real_until(-1, 0) == 0
    assert clock.freeze(True, 0).real_until(1, 0) is None


@given(st.lists(st.one_of(st.integers(0, DAY), st.floats(0.1, 1000), st.booleans())))
def test_never_backwards(moves: list[object]) -> None:
    clock, seen, real = Clock(0, since=0), 0, 0
    for move in moves:
        real += 13
        if isinstance(move, bool):
            clock = clock.freeze(move, real)
        elif isinstance(move, int):
            clock = clock.advanced(move, real)
        else:
            clock = clock.run_at(float(str(move)), real)
        assert clock.now(real) >= seen
        seen = clock.now(real)


@pytest.mark.parametrize(
    ("given_", "ms"),
    [
        ("500ms", 500),
        ("1.5s", 1500),
        ("24h", DAY),
        ("7d", 7 * DAY),
        ("2m", 120_000),
        (0, 0),
        (42, 42),
    ],
)
def test_durations(given_: object, ms: int) -> None:
    assert duration(given_) == ms


@pytest.mark.parametrize(
    "given_",
    ["", "5", "-1s", "1e9d", "s", "1 s", "9" * 15 + "d", -1, True, 1.5, None, "\u0661s", []],
)
def test_what_is_no_duration(given_: object) -> None:
    with pytest.raises(ValueError, match="is not"):
        duration(given_)


def test_moment_keeps_milliseconds() -> None:
    assert f"{moment(1_780_732_857_042, BEIJING):%Y%m%d%H%M%S.%f}" == "20260606160057.042000"
