"""A recording of one life, made once, and a copy of it for each test to replay, judge or spoil."""

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.upstream.recorded import life
from tests.upstream.test_passing import pair


async def _recorded(file: Path) -> list[Any]:
    async with pair("ark", record=str(file)) as here:
        return await life(here, here.behind, here.front)


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    """The recording of a life, and what its client was told."""
    file = tmp_path_factory.mktemp("recorded") / "run.jsonl"
    with ThreadPoolExecutor(1) as apart:  # from the loop of the tests
        return file, apart.submit(asyncio.run, _recorded(file)).result()


@pytest.fixture
def file(original: tuple[Path, list[Any]], tmp_path: Path) -> Path:
    """A copy of it, to be replayed or spoiled."""
    shutil.copytree(original[0].parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / "run.jsonl"
