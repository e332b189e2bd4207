"""A served task's clip is ready to be made before it is asked for."""

import sys
from pathlib import Path

import pytest

from simulator.dialects.ark import TASKS
from simulator.server.app import WORLD
from simulator.server.warming import Warmer
from tests.serving import serve

ORDER = {
    "model": "doubao-seedance-2-0-260128",
    "content": [{"type": "text", "text": "A paper boat"}],
    "resolution": "480p",
}


async def test_parts_are_made_once_for_each_size(tmp_path: Path) -> None:
    async with serve(cache_dir=str(tmp_path)) as server:
        world = server.app[WORLD]
        warmer = Warmer(world.engine, world.studio, pause=0)
        world.engine.on_change.append(warmer.changed)
        for _ in range(3):
            async with server.client.post(f"{server.base}/ark{TASKS}", json=ORDER) as answer:
                assert answer.status == 200
        assert warmer._work is not None
        await warmer._work
        assert files(tmp_path)
        await warmer.close()


async def test_the_polls_behind_an_order_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendering = "simulator.http.rendering"
    monkeypatch.delitem(sys.modules, rendering, raising=False)
    async with serve(cache_dir=str(tmp_path)) as server:
        world = server.app[WORLD]
        warmer = Warmer(world.engine, world.studio, pause=3600)
        world.engine.on_change.append(warmer.changed)
        async with server.client.post(f"{server.base}/ark{TASKS}", json=ORDER) as answer:
            task = (await answer.json())["id"]
        for _ in range(20):
            async with server.client.get(f"{server.base}/ark{TASKS}/{task}") as answer:
                assert answer.status == 200
        assert not files(tmp_path)
        assert rendering not in sys.modules, "the loop loaded it before the first poll"
        await warmer.close()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_without_ffmpeg_nobody_notices(tmp_path: Path) -> None:
    async with serve(ffmpeg=str(tmp_path / "missing")) as server:
        world = server.app[WORLD]
        warmer = Warmer(world.engine, world.studio, pause=0)
        world.engine.on_change.append(warmer.changed)
        async with server.client.post(f"{server.base}/ark{TASKS}", json=ORDER) as answer:
            assert answer.status == 200
        assert warmer._work is not None
        await warmer._work
        await warmer.close()
