"""Directives in prompts, and paces."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.chance import Chance
from simulator.core.plan import by_pace, directive
from simulator.core.task import Order
from simulator.dialects import load
from tests.driving import KEY, world
from tests.ordering import NAMES, encoded, saying

CHANCE = Chance.of("test")


def order(resolution: str = "720p", tier: str = "standard", draft: bool = False) -> Order:
    return Order("m", "p", "t2v", resolution, "16:9", 2, 2, 5, 120, 1, tier=tier, draft=draft)


@pytest.mark.parametrize(
    ("prompt", "clean", "asked"),
    [
        ("a boat", "a boat", {}),
        ("a boat [[sim: fail=Some.Code]]", "a boat", {"end": "failed", "code": "Some.Code"}),
        ("[[sim: fail]]a", "a", {"end": "failed"}),
        ("a [[sim: expire]] b", "a b", {"end": "expired"}),
        ("a [[sim:stuck run=1h]]", "a", {"end": "stuck", "run": 3_600_000}),
        ("[[sim: queue=2s run=10s seed=7]]", "", {"queue": 2000, "run": 10_000, "seed": 7}),
        ("[[sim: queue=1s]] x [[sim: queue=2s]]", " x", {"queue": 2000}),
    ],
)
def test_directives(prompt: str, clean: str, asked: dict[str, object]) -> None:
    found, wish, unknown = directive(prompt)
    assert (found, unknown) == (clean, ())
    for name in ("queue", "run", "end", "code", "seed"):
        assert getattr(wish, name) == asked.get(name)


@pytest.mark.parametrize(
    "words", ["nope", "queue", "queue=x", "run=-1s", "seed=x", "seed=4294967296", "expire=1"]
)
def test_words_nobody_understands_are_named_and_ignored(words: str) -> None:
    clean, wish, unknown = directive(f"a [[sim: {words} queue=1s]]")
    assert (clean, wish.queue, unknown) == ("a", 1000, (words,))


@given(st.text(max_size=200))
def test_any_prompt_passes(prompt: str) -> None:
    clean, _, _ = directive(prompt + " [[sim: fail]] " + prompt)
    assert "[[sim: fail]]" not in clean


@pytest.mark.parametrize("seed", range(20))
def test_paces(seed: int) -> None:
    chance = Chance.of("pace", seed)
    slow = by_pace("realistic", order(), chance)
    assert 120_000 <= slow.queue + slow.run <= 300_000
    for faster in (order("480p"), order(tier="fast"), order(tier="mini"), order(draft=True)):
        quick = by_pace("realistic", faster, chance)
        assert quick.run < slow.run
    assert by_pace("instant", order(), chance).run == 0
    assert (by_pace("fast", order(), chance).queue, by_pace("fast", order(), chance).run) == (
        1000,
        3000,
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("word", "key"), [("quota", "sk-sim-broke"), ("rate", "sk-sim-limited")])
async def test_an_order_may_be_refused_for_the_sake_of_its_account(
    name: str, word: str, key: str
) -> None:
    """By a directive it gets what it would get with a key of which that is so."""
    dialect = load(name)
    here, path = world(dialect), dialect.route("create").path

    async def ordered(prompt: str, **also: Any) -> tuple[int, Any]:
        raw, kind = encoded(dialect, saying(dialect, prompt))
        status, body = await here.json("POST", path, raw, headers={"Content-Type": kind}, **also)
        return status, _code(body)

    await ordered("A boat", key=key)
    assert await ordered(f"A boat [[sim: refuse={word}]]") == await ordered("A boat", key=key)
    assert not await here.engine.tasks(KEY)


def _code(body: Any) -> Any:
    """The code of a refusal, in the two envelopes that there are."""
    return body["error"].get("code") if "error" in body else body.get("code")
