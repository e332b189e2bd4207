"""The reasons why nobody notices that a rule is gone are true of the orders and the rules."""

import pytest

from conformance.catalogue import kills
from tests.conformance import behind, book

MADE = [
    name
    for name, why in kills.matrix().survivors.items()
    if "/rule.removed." in name and not book.by_hand(name, why)
]


def test_the_reason_of_each_rule_is_the_one_that_its_orders_give() -> None:
    assert MADE
    survivors = kills.matrix().survivors
    wrong = {
        name: (survivors[name], says)
        for name in MADE
        if (says := behind.found(name).reason) != survivors[name]
    }
    assert wrong == {}, "python -m tests.conformance.behind --write"


def test_no_rule_is_unnoticed_whose_orders_it_alone_refuses() -> None:
    assert [name for name in MADE if behind.found(name).alone] == []


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("openai/rule.removed.00.Required.model", {"KnownModel"}),
        ("octopusx/rule.removed.04.OfType.content", {"ContentItems"}),
    ],
)
def test_a_rule_that_refuses_the_same_orders_is_named(name: str, others: set[str]) -> None:
    assert behind.found(name).others == others


def test_a_rule_that_refuses_an_order_alone_is_known_by_its_rows() -> None:
    assert "ark.duration.range" in behind.found("ark/rule.removed.mini.31.PerModel.duration").alone
