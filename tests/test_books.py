"""The books of an account close each task once its money has moved for the last time."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from simulator.core.ledger import entries, sums
from simulator.core.task import Charge, Order, Phase, Plan, Task
from simulator.core.wallet import Books

MINUTE = 60_000
TASK = Task(
    id="a",
    dialect="",
    account="",
    order=Order("", "", "", "", "", 0, 0, 0, 0, 0),
    plan=Plan(1000, 3000),
    charge=Charge("tokens", Decimal(2), Decimal(1)),
    created=0,
    starts=1000,
    ends=4000,
    end=Phase.SUCCEEDED,
)


@pytest.mark.parametrize("refunds", [0, 1, 2])
@pytest.mark.parametrize("settles_after", [None, 0, MINUTE])
@pytest.mark.parametrize("end", [Phase.SUCCEEDED, Phase.FAILED])
def test_what_is_over_is_closed(end: Phase, settles_after: int | None, refunds: int) -> None:
    charge = replace(TASK.charge, settles_after=settles_after, refunds=refunds)
    task = replace(TASK, end=end, charge=charge)
    books, tasks = Books(), {task.id: task}
    books.enter(task)
    books.close(tasks, 3999)
    assert list(books.live(tasks)) == [task]
    over = 4000 + (settles_after or 0)
    books.close(tasks, over)
    assert list(books.live(tasks)) == []
    assert books.spent(tasks, over) == sums(entries(task, over))
