"""What is found out once for all orders that are alike holds for each of them."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from simulator.core.likeness import LONGEST_WORDS, MOST_KNOWN, Known, likeness
from simulator.core.problems import Problem
from simulator.core.rules import Body
from simulator.core.table import Table
from simulator.dialects import NAMES, faithful

WORDS = st.text(min_size=1, max_size=LONGEST_WORDS)
SERVED = {
    (name, observed): faithful(name, observed) for name in NAMES for observed in (False, True)
}
CREATES = [which for which, dialect in SERVED.items() if not dialect.route("create").form]


def worded(body: Mapping[str, Any], words: Any) -> dict[str, Any]:
    """An order with other words."""
    if body.get("prompt") is not None:
        return {**body, "prompt": words}
    return {**body, "content": [{"type": "text", "text": words}]}


def problems(table: Table, body: Body) -> list[Problem | None]:
    """What each row says, also those after the first that is broken."""
    found: list[Problem | None] = []
    for silent, rows in table.asked(body):
        quiet = silent is not None and silent(body)
        found += [None if quiet else row.problem(body) for row in rows]
    return found


@pytest.mark.parametrize(("name", "observed"), CREATES)
@given(first=WORDS, second=WORDS, data=st.data())
def test_no_row_looks_at_words_that_are_alike(
    name: str, observed: bool, first: str, second: str, data: st.DataObject
) -> None:
    dialect = SERVED[name, observed]
    order = data.draw(st.sampled_from([dialect.example, *dialect.examples.values()]))
    order = {field: value for field, value in order.items() if not isinstance(value, list)}
    one, other = worded(order, first), worded(order, second)
    assume(likeness(one) is not None and likeness(other) is not None)
    assert likeness(one) == likeness(other)
    table = dialect.route("create").rules_of(observed)
    assert isinstance(table, Table)
    assert problems(table, one) == problems(table, other)
    fields = dialect.fields
    assert fields.ignored(one, observed=observed) == fields.ignored(other, observed=observed)


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": ""},
        {"prompt": " \n"},
        {"prompt": "A boat --rs 480p"},
        {"prompt": "a" * (LONGEST_WORDS + 1)},
        {"prompt": 7},
        {"prompt": ["A boat"]},
        {"model": "m"},
        {"prompt": "A boat", "images": ["https://example.com/1.png"]},
        {"prompt": "A boat", "metadata": []},
        {"prompt": "A boat", "metadata": {"references": []}},
        {"prompt": "A boat", "callback_url": "https://example.com/" + "a" * 200},
        {"content": []},
        {"content": "A boat"},
        {"content": ["A boat"]},
        {"content": [{"type": "text"}]},
        {"content": [{"type": "image_url", "text": "A boat"}]},
        {"content": [{"type": "text", "text": "A boat", "role": "r"}]},
        {"content": [{"type": "text", "text": "A boat"}] * 2},
    ],
)
def test_what_has_more_than_words_and_plain_fields_is_like_nothing(body: Body) -> None:
    assert likeness(body) is None


def test_values_that_only_python_takes_for_equal_are_not_alike() -> None:
    orders: list[Body] = [
        {"prompt": "A boat", "watermark": value} for value in (0, False, 0.0, None, "0")
    ]
    orders += [{"prompt": "A boat", "metadata": {"watermark": value}} for value in (0, False)]
    orders += [{"prompt": "A boat", "metadata": {}}, {"prompt": "A boat"}]
    assert len({likeness(order) for order in orders}) == len(orders)


def test_a_prompt_and_a_content_are_not_alike() -> None:
    assert likeness(worded({"prompt": ""}, "A boat")) != likeness(worded({}, "A boat"))


def test_no_more_is_known_than_a_bounded_number() -> None:
    known: Known[int] = Known()
    for number in range(2 * MOST_KNOWN):
        assert known.keep(number, number) == number
    assert len(known) <= MOST_KNOWN
