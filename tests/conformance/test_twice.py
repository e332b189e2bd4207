"""What is to happen once happens once: a callback for an end, an order for a key."""

from pathlib import Path

import pytest

from conformance.judge.callbacks import unlike
from tests.conformance.meeting import NOTICED, judged, recorded, serving
from tests.conformance.swapping import swapping

LINK = "https://store.example.com/a.mp4"


async def test_calls_for_other_phases_than_the_end_are_noticed(tmp_path: Path) -> None:
    row = "octopusx.callback.once"
    async with serving(fidelity="observed") as base:
        told = judged(await recorded(base, "octopusx", [row], tmp_path))[row]
    assert (told.result, told.message) == ("warn", "3 callbacks came, not 1")


@pytest.mark.parametrize(
    ("fault", "row"),
    [
        ("callback-duplicate", "octopusx.callback.once"),
        ("callback-duplicate", "evolink.callback.only"),
        ("callback-retried", "evolink.callback.only"),
    ],
)
async def test_a_call_too_many_is_noticed(fault: str, row: str, tmp_path: Path) -> None:
    async with serving(defect=(fault,)) as base:
        told = judged(await recorded(base, row.partition(".")[0], [row], tmp_path))[row]
    assert told.result in NOTICED, told.message


@pytest.mark.parametrize(
    ("told", "asked", "wrong"),
    [
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, None),
        ({"url": f"{LINK}?X-Tos-Date=1"}, {"url": f"{LINK}?X-Tos-Date=2"}, None),
        ({"url": f"{LINK}/b"}, {"url": LINK}, f'/url is "{LINK}/b", and the query has "{LINK}"'),
        ({"a": 1}, {"a": 1, "b": 2}, "it lacks /b"),
        ({"a": {"b": 1}}, {"a": {}}, "it has /a/b"),
        ({"a": 1}, {"a": True}, "/a is 1, and the query has true"),
        ({"a": [1]}, {"a": [1, 2]}, "/a is [1], and the query has [1,2]"),
        ({"a": 1, "x": 2}, {"a": 1, "y": {"z": 3}}, None),
        (None, {}, "the body is null, and the query has {}"),
    ],
)
def test_a_callback_is_what_a_query_answers(told: object, asked: object, wrong: str | None) -> None:
    assert next(unlike(told, asked, {"a", "b", "url"}), None) == wrong


async def test_one_key_is_one_order(tmp_path: Path) -> None:
    for folder in ("kept", "lost"):
        (tmp_path / folder).mkdir()
    rows = "evolink.idempotency.replay", "evolink.idempotency.conflict"
    async with serving() as base, swapping(base, without="idempotency-key") as gateway:
        kept = judged(await recorded(base, "evolink", rows, tmp_path / "kept"))
        lost = judged(await recorded(gateway, "evolink", rows, tmp_path / "lost"))
    assert [kept[row].message.partition(". ")[2][:5] for row in rows] == ["it is", "it is"]
    assert "the order sent again is another task" in lost[rows[0]].message
    assert "another order under the same key is taken" in lost[rows[1]].message


async def test_an_order_sent_again_is_no_second_task(tmp_path: Path) -> None:
    rows = "evolink.idempotency.replay", "evolink.id.unique", "evolink.create.created.unit"
    async with serving() as base:
        told = judged(await recorded(base, "evolink", rows, tmp_path))
    assert {each.result for each in told.values()} == {"pass"}
