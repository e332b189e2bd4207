"""What can do nothing to orders that are made upstream is refused, with the reason."""

from pathlib import Path
from typing import Any

import pytest

from tests.driving import KEY
from tests.upstream.test_passing import TASKS, Pair, pair
from tests.upstream.test_replay import replaying

FAILED = {"plan": {"end": "failed"}}


async def _said(here: Pair, path: str, body: Any) -> tuple[int, str]:
    call = here.front.anonymous.post(f"{here.front.base}/_sim{path}", json=body)
    async with call as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/faults", {"fault": "reserved-not-settled"}),
        ("/faults", {"fault": "callback-duplicate"}),
        ("/faults", {"fault": "callback-reordered"}),
        ("/faults", {"fault": "callback-before-poll-terminal"}),
        ("/faults", {"fault": "status-stuck"}),
        ("/plans", FAILED),
    ],
)
async def test_what_the_upstream_decides_cannot_be_asked_for_here(path: str, body: Any) -> None:
    async with pair() as here:
        for match in ({}, {"dialect": "ark"}):
            status, said = await _said(here, path, {**body, "match": match})
            assert (status, "does nothing here" in said) == (400, True), said
        status, said = await _said(here, path, {**body, "match": {"dialect": "evolink"}})
        assert status < 300 or "makes no sense for evolink" in said, said


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/faults", {"fault": "reserved-not-settled"}),
        ("/faults", {"fault": "callback-reordered"}),
        ("/faults", {"fault": "callback-before-poll-terminal"}),
        ("/faults", {"fault": "status-regress"}),
        ("/plans", FAILED),
    ],
)
async def test_what_a_recording_decides_cannot_be_asked_for_either(
    path: str, body: Any, file: Path
) -> None:
    async with replaying("ark", file) as there:
        status, said = await _said(there, path, body)
        assert (status, "does nothing here" in said) == (400, True), said
        assert "recording" in said
        assert (await _said(there, "/faults", {"fault": "callback-duplicate"}))[0] == 200
    async with replaying("ark", file, otherwise="simulate") as there:
        status, said = await _said(there, path, body)  # the simulator takes orders too
        assert status == 200, said


async def test_a_fault_that_looks_back_is_counted_where_it_does_something(file: Path) -> None:
    """A replayed task is told of by its age; of a simulated one the fault tells as of before."""
    async with replaying("ark", file, otherwise="simulate") as there:
        assert (await _said(there, "/faults", {"fault": "status-stuck"}))[0] == 200
        _, replayed = await there.order()
        other = {**there.dialect.example, "duration": 11}
        async with there.front.client.post(f"{there.url}{TASKS}", json=other) as answer:
            simulated = (await answer.json())["id"]
        await there.front.advance("1h")
        for task, word, fired in ((replayed["id"], "succeeded", 0), (simulated, "running", 1)):
            for _ in range(2):
                assert (await there.poll(task))["status"] == word
            (fault,) = (await there.control("GET", "/faults"))["items"]
            assert fault["fired"] == 2 * fired


async def test_a_directive_is_left_to_the_upstream() -> None:
    async with pair() as here:
        text = {"type": "text", "text": "A paper boat [[sim: fail]]"}
        order = {**here.dialect.example, "content": [text]}
        async with here.front.client.post(f"{here.url}{TASKS}", json=order) as answer:
            task = (await answer.json())["id"]
        await here.behind.advance("1h")
        assert (await here.poll(task))["status"] == "failed"
        calls = await here.control("GET", f"/calls?key={KEY}")
        assert "left to the upstream" in str(calls["items"][0])


async def test_a_defect_that_can_do_nothing_is_told_of_at_the_start(
    caplog: pytest.LogCaptureFixture, file: Path
) -> None:
    caplog.set_level("INFO", "seedance")
    async with pair(defect=("status-stuck", "status-case")):
        told = [one.getMessage() for one in caplog.records if "--defect" in one.getMessage()]
    assert told == ["--defect status-stuck does nothing here"]
    caplog.clear()
    async with replaying("ark", file, defect=("status-stuck", "status-case")):
        told = [one.getMessage() for one in caplog.records if "--defect" in one.getMessage()]
    assert told == ["--defect status-stuck does nothing here"]
