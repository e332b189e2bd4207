"""Recordings: what is in them, what is not, and what is made of one that was cut off."""

import asyncio
import errno
import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError

from conformance.collect import transcript
from conformance.collect.opening import plan_of
from simulator.core.config import BadSetting, Config
from simulator.dialects import load as load_dialect
from simulator.engine import Engine
from simulator.server.app import create_app
from simulator.upstream.lines import load
from simulator.upstream.recording import Recorder
from tests.driving import KEY
from tests.serving import serve
from tests.upstream.test_passing import Pair, pair, saying


async def lived(here: Pair) -> tuple[dict[str, Any], bytes]:
    """A task from its order to its clip."""
    _, made = await here.order()
    await here.poll(made["id"])
    await here.behind.advance("1h")
    task = await here.poll(made["id"])
    async with here.front.anonymous.get(task["content"]["video_url"]) as answer:
        return task, await answer.read()


async def test_a_life_is_recorded_as_a_transcript_that_the_suite_reads(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    async with pair(record=str(file)) as here:
        task, clip = await lived(here)
    found = transcript.load(file)
    assert found.whole
    assert plan_of(found.meta).probes  # what judging begins with
    create, first, last, download = found.exchanges
    assert [one.call for one in found.exchanges] == ["create", "query", "query", "download"]
    assert create.json == {"id": task["id"]}
    assert create.sent == dict(here.dialect.example)
    assert {one.of for one in (first, last, download)} == {create.probe}
    assert (first.json["status"], last.json["status"]) != (last.json["status"],) * 2
    assert last.json["content"]["video_url"].startswith(f"{here.behind.base}/tos/")
    (fact,) = found.facts_of("file", create.probe)
    assert fact["sha256"] == hashlib.sha256(clip).hexdigest()
    assert (tmp_path / "run.jsonl.files" / fact["name"]).read_bytes() == clip
    text = file.read_text("utf-8")
    assert KEY not in text
    assert "X-Tos-Date=" in text
    signature = task["content"]["video_url"].partition("X-Tos-Signature=")[2].partition("&")[0]
    assert len(signature) == 64
    assert signature not in text


async def test_facts_alone_leave_no_files(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    async with pair(record=str(file), facts_only=True) as here:
        _, clip = await lived(here)
    (fact,) = [line for line in load(file) if line["kind"] == "file"]
    assert (fact["size"], fact["name"]) == (len(clip), "")
    assert os.listdir(tmp_path) == ["run.jsonl"]


class Full(io.FileIO):
    """A file on a disk that has no room."""

    def write(self, data: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


async def test_a_full_disk_is_no_harm_to_clips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, part = tmp_path / "run.jsonl", tmp_path / "part"
    monkeypatch.setattr(Recorder, "_copy", lambda self: Full(part, "wb"))
    async with pair(record=str(file)) as here:
        _, clip = await lived(here)
    (fact,) = [line for line in load(file) if line["kind"] == "file"]
    assert (fact["size"], fact["name"]) == (len(clip), "")
    assert not part.exists()


async def test_a_file_that_broke_off_says_by_whom(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
    server = await asyncio.start_server(saying(raw), "127.0.0.1", 0)
    upstream = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, serve(dialect="openai", upstream=upstream, record=str(file)) as front:
        with pytest.raises(ClientError):
            async with front.client.get(f"{front.base}/v1/videos/video_1/content") as answer:
                await answer.read()
    (line,) = [line for line in load(file) if line["kind"] == "exchange"]
    assert (line["status"], line["size"]) == (200, 4)
    assert "not enough data" in line["fault"].lower(), line["fault"]


class FullText(io.StringIO):
    """The same as text."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_ends_a_recording_and_not_the_server(tmp_path: Path) -> None:
    where, engine = str(tmp_path / "run.jsonl"), Engine(Config())
    recorder = Recorder.opened(where, load_dialect("ark"), "http://up.example", engine, False)
    assert recorder._file is not None
    recorder._file.close()
    recorder._file = full = FullText()
    recorder.close()
    assert full.closed


async def test_a_recording_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    async with pair(record=str(file)) as here:
        await here.order()
    whole = file.read_text("utf-8").splitlines()
    cut = [*whole[:2], whole[1][:40]]
    line = json.loads(whole[0])
    async with pair() as other:
        line["base_url"] = f"{other.behind.base}/ark"
        file.write_text("\n".join([json.dumps(line), *cut[1:]]), "utf-8")
        async with serve(dialect="ark", upstream=line["base_url"], record=str(file)) as front:
            again = Pair(front, other.behind, other.dialect)
            await again.order()
    numbers = [line["number"] for line in load(file) if line["kind"] == "exchange"]
    assert numbers == [1, 2]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("hello\n", "line 1"),
        ("hello", "no recording"),
        ('{"kind":"meta","version":2}\n', "version 2"),
        ('{"kind":"meta","version":1,"dialect":"uniall","base_url":"http://a"}\n', "http://a"),
        (
            '{"kind":"meta","version":1,"dialect":"ark","base_url":"http://up.example"}\n'
            '{"kind":"exchange","number":"x"}\n',
            "line 2 has a number that cannot be read",
        ),
    ],
)
async def test_what_is_no_recording_is_never_written_to(
    tmp_path: Path, text: str, part: str
) -> None:
    file = tmp_path / "run.jsonl"
    file.write_text(text, "utf-8")
    with pytest.raises(BadSetting, match=part):
        create_app(Config(dialect="ark", upstream="http://up.example", record=str(file)))
    assert file.read_text("utf-8") == text
