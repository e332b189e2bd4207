"""Requests as the documents print them, with our hosts, keys, files and prompts, end in a clip."""

import asyncio
import io
import json
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import pytest
import pytest_asyncio

from conformance.catalogue.documents import catalogue, dialects, examples, folder
from simulator.core.media import Facts
from simulator.dialects import ALL
from simulator.media.samples import render
from tests.driving import KEY
from tests.serving import Server, serve

# A dialect may be served before somebody has written its documents down.
SERVED = [dialect.name for dialect in ALL if dialect.name in dialects()]
SCRIPTS = [
    (dialect, name)
    for dialect in SERVED
    for name in sorted(examples(dialect))
    if name.startswith("create") and name.endswith(".sh")
]
CREATED = [
    pytest.param(dialect, name, marks=pytest.mark.slow if number > 1 else ())
    for dialect in ("evolink", "octopusx", "ark", "openai")
    if dialect in SERVED
    for number, name in enumerate(
        name
        for name in sorted(examples(dialect))
        if name.startswith("create.") and name.endswith(".json")
    )
]
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with serve() as running:
        yield running


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the printed commands upload: 10 s of video and 30 s of audio among them."""
    place = tmp_path_factory.mktemp("files")
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    for name, facts in {
        "image1.png": Facts("image", "png", 0, 640, 480),
        "image2.jpg": Facts("image", "jpeg", 0, 640, 480),
        "image3.jpg": Facts("image", "jpeg", 0, 480, 640),
        "video1.mp4": Facts("video", "mp4", 0, 640, 480, 10_000, 24),
        "audio1.mp3": Facts("audio", "mp3", 0, ms=30_000, channels=1),
    }.items():
        (place / name).write_bytes(render(facts, ffmpeg))
    return place


@needs_curl
@pytest.mark.parametrize(("dialect", "name"), SCRIPTS)
async def test_printed_command(dialect: str, name: str, server: Server, files: Path) -> None:
    environment = {**os.environ, "BASE_URL": f"{server.base}/{dialect}", "API_KEY": KEY}
    process = await asyncio.create_subprocess_exec(
        "sh",
        str(folder() / dialect / "examples" / name),
        cwd=files,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 30)
    await follow(server, dialect, json.loads(output))


@pytest.mark.parametrize(("dialect", "name"), CREATED)
async def test_request_of_the_field_list(dialect: str, name: str, server: Server) -> None:
    if "asset" in name or "draft" in name:
        pytest.skip("needs an asset or a draft first: tests/dialects does these")
    order = json.loads(examples(dialect)[name])
    order.pop("callback_url", None)
    order.get("metadata", {}).pop("callback_url", None)
    call = catalogue(dialect).dialect.create
    async with server.client.post(f"{server.base}/{dialect}{call.path}", json=order) as answer:
        created = await answer.json()
        assert answer.status == 200, created
    await follow(server, dialect, created)


async def follow(server: Server, dialect: str, created: dict[str, Any]) -> None:
    """Poll the task to its end and see its clip: the first picture, and how many there are."""
    document = catalogue(dialect).dialect
    task_id = found(created, document.id["create"])
    await server.advance("4s")
    path = document.query.path.replace("{id}", str(task_id))
    async with server.client.get(f"{server.base}/{dialect}{path}") as answer:
        task = await answer.json()
    assert found(task, document.answer["status"]) in document.words["succeeded"], task
    if document.download:
        path = document.download.path.replace("{id}", str(task_id))
        fetched = server.client.get(f"{server.base}/{dialect}{path}")
    else:
        fetched = server.anonymous.get(str(found(task, document.answer["clip"])))
    async with fetched as answer:
        assert answer.status == 200
        clip = await answer.read()
    with av.open(io.BytesIO(clip), "r") as playing:
        assert sum(1 for packet in playing.demux(video=0) if packet.size) >= 29
        playing.seek(0)
        next(playing.decode(video=0))


def found(body: Any, pointers: tuple[str, ...]) -> Any:
    """What the first JSON pointer that leads somewhere points at."""
    for pointer in pointers:
        at = body
        for step in pointer.split("/")[1:]:
            at = at[int(step)] if isinstance(at, list) else at.get(step)
            if at is None:
                break
        if at is not None:
            return at
    raise AssertionError(f"none of {pointers} in {body}")
