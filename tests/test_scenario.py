"""The file of `--scenario`: applied at the start and when it changes, and written by a command."""

import asyncio
import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.cli.scenario_command import scenario
from simulator.control.scenario import Mistake, read
from simulator.core.config import Config
from simulator.server.staging import Director
from simulator.server.world import create_world
from simulator.store import Broken
from tests.test_cli import CREATE, ORDER, Running, mistake, run, serving

TEXT = """
pace = "instant"
[clock]
freeze = true
rate = 60
[[key]]
key = "sk-a"
[[plan]]
match = { prompt = "boat" }
times = "always"
plan = { end = "failed", code = "InternalServiceError" }
[[fault]]
fault = "502-html"
match = { dialect = "ark", call = "query" }
times = 1
[[fault]]
fault = { status = 418, headers = { X-Odd = "1" }, body = { teapot = true }, delay = "1ms" }
match = { dialect = "uniall", call = "create" }
"""
WRONG = '[[plan]]\nplan = { end = "failed" }\n[[plan]]\nplan = { end = 7 }\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sim.toml"
    path.write_text(TEXT, "utf-8")
    return path


def until(seen: Callable[[], Any], wanted: Any) -> None:
    """The server looks at its file now and then, in real time."""
    end = time.monotonic() + 10
    while (found := seen()) != wanted:
        assert time.monotonic() < end, found
        time.sleep(0.02)


def plans(server: Running) -> list[Any]:
    items: list[Any] = server.call("/_sim/plans")[1]["items"]
    return items


def test_what_it_says_stands_and_other_keys_are_unknown(file: Path) -> None:
    with serving("--scenario", str(file)) as server:
        assert server.call("/_sim/clock")[1]["frozen"]
        assert server.call("/_sim/clock")[1]["rate"] == 60
        task = server.call(CREATE, ORDER)[1]["id"]
        with pytest.raises(ValueError, match="Expecting value"):  # a page in HTML
            server.call(f"{CREATE}/{task}")
        told = server.call(f"{CREATE}/{task}")[1]
        assert (told["status"], told["error"]["code"]) == ("failed", "InternalServiceError")
        assert server.call(CREATE, ORDER, {"Authorization": "Bearer sk-b"})[0] == 401
        assert server.call("/uniall/v1/video/generations", {})[0] == 418


def test_a_reset_brings_it_back(file: Path) -> None:
    with serving("--scenario", str(file)) as server:
        server.call("/_sim/plans", {"plan": {"end": "expired"}})
        assert [one["times"] for one in plans(server)] == [None, 1]
        server.call("/_sim/reset", {})
        assert [one["times"] for one in plans(server)] == [None]
        assert server.call("/_sim/faults")[1]["total"] == 2


async def test_a_mistake_leaves_what_stood(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    world = create_world(Config())
    director = Director(world, str(file))
    await director.begin()
    before = await world.engine.plans.waiting()
    await asyncio.to_thread(file.write_text, WRONG, "utf-8")
    await director.look()
    assert await world.engine.plans.waiting() == before
    await asyncio.to_thread(file.unlink)
    await director.look()
    assert await world.engine.plans.waiting() == before
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert "[[plan]] 2: plan.end must be one of" in told[0]
    assert "cannot be read: No such file or directory; what stood before goes on" in told[1]
    await world.close()


ONCE = """
[clock]
freeze = true
advance = "1h"
[[plan]]
plan = { end = "failed" }
[[fault]]
fault = "502-html"
times = 2
"""


async def test_servers_of_one_store_apply_it_once(tmp_path: Path) -> None:
    """However they begin, change and end; what was used up stays used up."""
    path, config = tmp_path / "sim.toml", Config(store=f"sqlite:{tmp_path / 'sim.db'}", workers=2)

    async def stands() -> tuple[int, list[str | None], int]:
        plans = [plan.wish.end for plan in await worlds[0].engine.plans.waiting()]
        faults = len(await worlds[0].plane.faults.standing())
        return await worlds[0].engine.clocks.now("sk-a"), plans, faults

    await asyncio.to_thread(path.write_text, ONCE, "utf-8")
    worlds = [create_world(config) for _ in range(3)]
    before = (await stands())[0]
    directors = [Director(world, str(path)) for world in worlds]
    await asyncio.gather(*[world.begin() for world in worlds])
    await asyncio.gather(*[one.begin() for one in directors[:2]])
    begun = await stands()
    assert 3_600_000 <= begun[0] - before < 3_700_000
    assert begun[1:] == (["failed"], 1)
    await worlds[0].engine.plans.drop()
    await directors[2].begin()
    assert await stands() == (begun[0], [], 1)
    text = ONCE.replace("failed", "expired").replace('advance = "1h"', "")
    await asyncio.to_thread(path.write_text, text, "utf-8")
    await asyncio.gather(*[one.look() for one in directors])
    assert await stands() == (begun[0], ["expired"], 1)
    await worlds[1].engine.reset()
    for again in worlds[1].plane.after_reset:
        await again()
    assert (await stands())[1:] == (["expired"], 1)
    for world in worlds:
        await world.close()


async def test_a_store_that_is_away_is_waited_for(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> Any:
        raise Broken("nobody is there")

    world = create_world(Config())
    director = Director(world, str(file))
    await director.begin()
    await asyncio.to_thread(file.write_text, '[[plan]]\nplan = { end = "expired" }\n', "utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(world.engine.plans, "waiting", away)
        await director.look()
    await director.look()
    assert [plan.wish.end for plan in await world.engine.plans.waiting()] == ["expired"]
    await world.close()


def test_a_change_is_applied_while_what_others_asked_for_stays(file: Path) -> None:
    with serving("--scenario", str(file)) as server:
        other = server.call("/_sim/plans", {"plan": {"queue": "9s"}})[1]["id"]
        file.write_text('[[plan]]\nplan = { end = "expired" }\n', "utf-8")
        until(lambda: [one["plan"]["end"] for one in plans(server)], [None, "expired"])
        assert plans(server)[0]["id"] == other
        assert server.call("/_sim/faults")[1]["total"] == 0
        assert server.call(CREATE, ORDER, {"Authorization": "Bearer sk-b"})[0] == 200
        assert server.end()[0] == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = [", "is not TOML"),
        ("plans = 1", "'plans' is unknown: did you mean plan?"),
        ("plan = 1", "plan has to be [[plan]]"),
        ('pace = "slow"', "pace must be one of fast, instant, realistic"),
        ('clock = { advance = "soon" }', "clock: advance is not a duration"),
        ("clock = { back = 1 }", "clock: back: there is no such field"),
        ("[[plan]]\n", "[[plan]] 1: plan"),
        ('[[plan]]\nplan = { end = "stuck" }\n[[plan]]\nplan = { end = "x" }', "[[plan]] 2: "),
        ('[[fault]]\nfault = "502-htm"', "[[fault]] 1: there is no fault '502-htm'"),
        ('[[key]]\nkey = "a b"', "[[key]]: entry 1: key: must have"),
        ("[[plan]]\nplan = { queue = 2020-01-01 }", "[[plan]] 1: plan.queue"),
    ],
)
async def test_a_mistake_names_its_place(text: str, words: str) -> None:
    world = create_world(Config())
    with pytest.raises(Mistake) as mistake:
        read(text, world.plane)
    assert words in str(mistake.value)
    assert "\n" not in str(mistake.value)
    await world.close()


def test_at_the_start_a_mistake_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "sim.toml"
    path.write_text('pace = "slow"', "utf-8")
    # In a process of its own: a server that begins sets up the log of all.
    said = mistake(run("serve", "--port", "0", "--scenario", str(path)))
    assert said == f"--scenario: {path}: pace: pace must be one of fast, instant, realistic"


def test_what_stands_is_written_as_a_scenario_that_brings_it_back(file: Path) -> None:
    kept = ("match", "times", "plan", "fault", "when", "share", "own")
    with serving("--scenario", str(file)) as server:
        plan = {"plan": {"queue": "2s", "progress": [["1s", 30]], "then": {"end": "failed"}}}
        server.call("/_sim/plans", {**plan, "match": {"order": {"seconds": 5}}})
        text = io.StringIO()
        assert scenario(server.base, out=text) == 0
        before = [server.call(f"/_sim/{name}")[1]["items"] for name in ("plans", "faults")]
    file.write_text(text.getvalue(), "utf-8")
    with serving("--scenario", str(file)) as server:
        after = [server.call(f"/_sim/{name}")[1]["items"] for name in ("plans", "faults")]
        assert server.call("/_sim/clock")[1]["frozen"]
    for first, second in zip(before, after, strict=True):
        assert [[one.get(name) for name in kept] for one in first] == [
            [one.get(name) for name in kept] for one in second
        ]


def test_whose_key_it_is_has_to_be_written_in(capsys: pytest.CaptureFixture[str]) -> None:
    with serving() as server:
        plan = {"match": {"key": "sk-of-somebody"}, "plan": {"end": "failed"}}
        server.call("/_sim/plans", plan)
        text = io.StringIO()
        assert scenario(server.base, out=text) == 0
    assert "sk-of-somebody" not in text.getvalue()
    assert "plan-1 is for a key" in capsys.readouterr().err


def test_a_server_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert scenario("http://127.0.0.1:1", out=io.StringIO()) == 3
    assert capsys.readouterr().err.count("\n") == 1
