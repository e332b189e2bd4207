"""A sample that many orders speak of is drawn once."""

from simulator.core.media import Facts
from simulator.http.rendering import _sample

FACTS = Facts(kind="image", format="png", size=0, width=320, height=200)


def test_a_sample_of_many_orders_is_drawn_once() -> None:
    first = _sample(FACTS, "1")
    assert first
    assert _sample(FACTS, "1") is first


def test_another_name_is_another_picture() -> None:
    assert _sample(FACTS, "1") != _sample(FACTS, "2")
