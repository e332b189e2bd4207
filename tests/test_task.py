"""Tasks are facts: phases follow from the time alone, and money from the phases."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from simulator.core.ledger import entries, sums
from simulator.core.task import Charge, Order, Phase, Plan, Task, accept

RANK = {Phase.QUEUED: 0, Phase.RUNNING: 1}

plans = st.builds(
    Plan,
    queue=st.integers(0, 10_000),
    run=st.integers(0, 10_000),
    end=st.sampled_from([Phase.SUCCEEDED, Phase.FAILED, Phase.EXPIRED, Phase.CANCELLED, None]),
)


def task(plan: Plan, expires_after: int | None = None, free_at: int = 0) -> Task:
    order = Order(
        "m", "p", "t2v", "720p", "16:9", 1280, 720, 5, 120, 1, expires_after=expires_after
    )
    charge = Charge("tokens", Decimal(50), Decimal(70))
    return accept("id", "ark", "key", order, plan, charge, 1000, free_at)


@given(
    plans,
    st.none() | st.integers(0, 20_000),
    st.integers(0, 30_000),
    st.lists(st.integers(0, 60_000)),
)
def test_phases_only_go_forward(
    plan: Plan, expires_after: int | None, free_at: int, times: list[int]
) -> None:
    made = task(plan, expires_after, free_at)
    ranks = [RANK.get(made.phase(now), 2) for now in sorted(times)]
    assert ranks == sorted(ranks)
    percents = [made.progress(now) for now in sorted(times)]
    assert percents == sorted(percents)


@given(plans, st.none() | st.integers(0, 20_000), st.integers(1000, 60_000))
def test_money_is_reserved_then_settled_or_refunded_once(
    plan: Plan, expires_after: int | None, now: int
) -> None:
    made = task(plan, expires_after)
    found = entries(made, now)
    kinds = [entry.kind for entry in found]
    total = sums(found)["tokens"]
    match made.phase(now):
        case Phase.QUEUED | Phase.RUNNING:
            assert (kinds, total) == (["reserved"], Decimal(-50))
        case Phase.SUCCEEDED:
            assert (kinds, total) == (["reserved", "settled"], Decimal(-70))
        case _:
            assert (kinds, total) == (["reserved", "refunded"], Decimal(0))


def test_a_task_that_takes_too_long_expires() -> None:
    made = task(Plan(0, 10_000), expires_after=5_000)
    assert made.phase(5_999) is Phase.RUNNING
    assert made.phase(6_000) is Phase.EXPIRED
    assert task(Plan(0, 0, end=None), expires_after=5_000).phase(6_000) is Phase.EXPIRED


def test_a_task_that_fits_exactly_does_not_expire() -> None:
    assert task(Plan(0, 5_000), expires_after=5_000).phase(6_000) is Phase.SUCCEEDED


def test_a_stuck_task_runs_for_ever() -> None:
    assert task(Plan(0, 0, end=None)).phase(2**50) is Phase.RUNNING


def test_instant_is_terminal_at_once() -> None:
    assert task(Plan(0, 0)).phase(1000) is Phase.SUCCEEDED


def test_updated_at_moves_at_the_end_only() -> None:
    made = task(Plan(1000, 3000))
    assert [made.updated_at(t) for t in (1000, 4999, 5000, 99_999)] == [1000, 1000, 5000, 5000]


def test_progress_follows_the_plan() -> None:
    made = task(Plan(1000, 4000, progress=((1000, 30), (2000, 80))))
    assert [made.progress(t) for t in (1000, 2000, 3000, 4500, 6000)] == [0, 0, 30, 80, 100]


def test_the_same_order_has_the_same_digest() -> None:
    assert task(Plan(0, 0)).digest == task(Plan(9, 9)).digest
