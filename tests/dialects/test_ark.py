"""The ark dialect, walked through in process."""

from simulator.dialects.ark import DIALECT, TASKS
from tests.driving import world

ORDER = {
    "model": "doubao-seedance-2-0-260128",
    "content": [{"type": "text", "text": "A paper boat sails down a rainy street"}],
}


async def test_task_walks_through_every_phase() -> None:
    here = world(DIALECT)
    status, created = await here.json("POST", TASKS, ORDER)
    assert status == 200
    assert list(created) == ["id"]
    seen = []
    for span in ("0s", "1s", "3s"):
        here.advance(span)
        status, body = await here.json("GET", f"{TASKS}/{created['id']}")
        seen.append(body["status"])
    assert seen == ["queued", "running", "succeeded"]
    assert body["usage"] == {"completion_tokens": 108000, "total_tokens": 108000}
