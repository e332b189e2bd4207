"""Equal facts are kept once, and only what is equal in JSON too."""

from decimal import Decimal

from simulator.core.sharing import shared
from simulator.core.task import Charge


def test_equal_facts_are_one_value() -> None:
    assert shared({"a": 1, "b": "x"}) is shared({"a": 1, "b": "x"})
    assert shared({"a": 1, "b": "x"}) == {"a": 1, "b": "x"}


def test_what_json_tells_apart_is_kept_apart() -> None:
    for known, other in ((0, False), (1, 1.0), (None, False)):
        one, two = shared({"a": known}), shared({"a": other})
        assert (type(one["a"]), type(two["a"])) == (type(known), type(other))
    assert list(shared({"a": 1, "b": 2})) != list(shared({"b": 2, "a": 1}))


def test_what_is_long_or_can_change_stays_with_its_task() -> None:
    for value in ("x" * 201, [1], {"a": 1}):
        assert shared({"a": value}) is not shared({"a": value})


def test_charges_of_one_price_are_one_value() -> None:
    assert Charge.flat("tokens", 5) is Charge.flat("tokens", 5)
    assert Charge.flat("tokens", Decimal("5.0")).reserved.as_tuple().exponent == -1
    assert Charge.flat("tokens", 5).reserved.as_tuple().exponent == 0
