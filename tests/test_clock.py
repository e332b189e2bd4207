"""Clocks run, jump, stand still, and never go back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.clock import BEIJING, DAY, Clock, duration, moment


class Wall:
    """Real milliseconds that the test moves."""

    def __init__(self) -> None:
        self.ms = 0

    def __call__(self) -> int:
        return self.ms


def test_rate_counts_from_the_moment_it_is_set() -> None:
    wall = Wall()
    clock = Clock(1000, real=wall)
    wall.ms = 500
    clock.run_at(60)
    wall.ms = 600
    assert clock.now() == 1000 + 500 + 100 * 60


def test_frozen_clock_moves_only_when_told() -> None:
    wall = Wall()
    clock = Clock(0, frozen=True, real=wall)
    wall.ms = 9_999
    assert clock.now() == 0
    clock.advance(DAY)
    assert clock.now() == DAY
    clock.freeze(False)
    wall.ms += 5
    assert clock.now() == DAY + 5


def test_twin_shows_the_same_time_and_is_moved_alone() -> None:
    clock = Clock(7, rate=3, real=Wall())
    twin = clock.twin()
    twin.advance(100)
    assert (clock.now(), twin.now(), twin.rate) == (7, 107, 3)


def test_real_until() -> None:
    clock = Clock(0, rate=10, real=Wall())
    assert clock.real_until(5_000) == 0.5
    assert clock.real_until(-1) == 0
    clock.freeze()
    assert clock.real_until(1) is None


@given(st.lists(st.one_of(st.integers(0, DAY), st.floats(0.1, 1000), st.booleans())))
def test_never_backwards(moves: list[object]) -> None:
    wall = Wall()
    clock = Clock(0, real=wall)
    seen = 0
    for move in moves:
        wall.ms += 13
        if isinstance(move, bool):
            clock.freeze(move)
        elif isinstance(move, int):
            clock.advance(move)
        else:
            clock.run_at(float(str(move)))
        assert clock.now() >= seen
        seen = clock.now()


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
