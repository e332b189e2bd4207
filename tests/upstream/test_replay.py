"""Replay: what was recorded is said again, without a network and on the account's clock."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from simulator.core.config import BadSetting, Config
from simulator.dialects import faithful, load
from simulator.dialects.openai.litellm.objects import public_id
from simulator.server.app import create_app
from simulator.upstream.claims import shown_as
from tests.driving import KEY, START
from tests.ordering import NAMES
from tests.serving import serve
from tests.test_cli import mistake, run
from tests.upstream.recorded import edited, life
from tests.upstream.test_passing import TASKS, Pair, pair

QUICK = ("ark", "openai", "nbility")
OTHERS = [pytest.param(name, marks=pytest.mark.slow) for name in NAMES if name not in QUICK]


@asynccontextmanager
async def replaying(name: str, file: Path, **settings: Any) -> AsyncIterator[Pair]:
    async with serve(dialect=name, replay=str(file), **settings) as front:
        yield Pair(front, front, load(name))


def unsigned(text: str, *bases: str) -> str:
    """A text wherever it was said: links are signed by each server itself."""
    for base in bases:
        text = text.replace(base, "…").replace(base.replace("://", "/"), "…")
    return re.sub(r"/passed/[0-9a-f]{32}|Credential=[^&\\]+|Signature=[^&\\]+", "…", text)


@pytest.mark.parametrize("name", [*QUICK, *OTHERS])
async def test_a_life_is_said_again_byte_for_byte(name: str, tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    async with pair(name, record=str(file)) as here:
        first = await life(here, here.behind, here.front)
    async with replaying(name, file) as there:
        again = await life(there, there.front)
        bases = (here.front.base, here.behind.base, there.front.base)
        assert unsigned(repr(again), *bases) == unsigned(repr(first), *bases)
        ledger = await there.control("GET", f"/ledger?key={KEY}")
        assert (ledger["bill"]["tasks"], ledger["bill"]["under_way"]) == (1, 0)
        (task,) = (await there.control("GET", f"/tasks?key={KEY}"))["items"]
        assert task["phase"] == "succeeded"


async def _asked(here: Pair, method: str, path: str, **options: Any) -> tuple[int, Any]:
    async with here.front.client.request(method, here.url + path, **options) as answer:
        return answer.status, await answer.json()


async def test_at_another_time_moments_and_links_are_of_that_time(file: Path) -> None:
    later = 90 * 86_400_000 + 61_500
    async with replaying("ark", file, start=START + later) as there:
        said = await life(there, there.front)
        told = json.loads(said[-2][1])
        born = (START + later) // 1000
        assert told["created_at"] == born
        assert born < told["updated_at"] < born + 3600
        assert said[-1][1][4:8] == b"ftyp"
        link = told["content"]["video_url"]
        minted = parse_qs(urlsplit(link).query)["X-Tos-Date"][0]
        stamp = datetime.strptime(minted, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
        assert born < stamp < born + 3600
        await there.front.advance("25h")
        async with there.front.anonymous.get(link) as answer:
            assert (answer.status, (await answer.json())["Code"]) == (403, "AccessDenied")


async def test_equal_orders_get_ids_of_their_own_and_the_same_life(
    file: Path, original: Any
) -> None:
    first = original[1][0][1]["id"]
    async with replaying("ark", file) as there:
        made = await asyncio.gather(*(there.order() for _ in range(3)))
        ids = [one[1]["id"] for one in made]
        other = {"Authorization": "Bearer sk-somebody-else"}
        body = dict(there.dialect.example)
        _, theirs = await _asked(there, "POST", TASKS, json=body, headers=other)
        assert first in ids
        assert len({*ids, theirs["id"]}) == 4
        assert {len(one) for one in ids} == {len(first)}
        assert (await there.poll(ids[1]))["status"] == "queued"
        await there.front.advance("1h")
        for one in ids:
            told = await there.poll(one)
            assert (told["id"], told["status"]) == (one, "succeeded")
            assert one in told["content"]["video_url"]
            async with there.front.anonymous.get(told["content"]["video_url"]) as answer:
                assert (await answer.read())[4:8] == b"ftyp"
        status, _ = await _asked(there, "GET", f"{TASKS}/{theirs['id']}")
        assert status == 404  # of another account, in the dialect's own words


async def test_what_nothing_recorded_answers_is_said_or_simulated(file: Path) -> None:
    async with replaying("ark", file) as there:
        other = {**there.dialect.example, "duration": 11}
        status, said = await _asked(there, "POST", TASKS, json=other)
        assert (status, said["error"]["code"]) == (501, "not_recorded")
        assert said["error"]["field"] == "/duration"
        assert "exchange 1" in said["error"]["message"]
        status, said = await _asked(there, "POST", TASKS, json=[])
        assert (status, said["error"]["code"]) == (501, "not_recorded")
        status, said = await _asked(there, "GET", f"{TASKS}/cgt-nobody")
        assert (status, said["error"]["code"]) == (501, "not_recorded")
        status, _ = await _asked(there, "GET", "/api/v3/nothing")
        assert status == 404
        assert (await there.control("GET", f"/tasks?key={KEY}"))["items"] == []
    async with replaying("ark", file, otherwise="simulate") as there:
        status, said = await _asked(there, "POST", TASKS, json=other)
        assert status == 200
        await there.front.advance("1h")
        told = await there.poll(said["id"])
        assert (told["status"], told["duration"]) == ("succeeded", 11)
        assert told["content"]["video_url"].startswith(f"{there.front.base}/tos/")
        assert (await there.order())[0] == 200


async def test_faults_stand_in_front_of_a_recording(file: Path) -> None:
    async with replaying("ark", file) as there:
        for call in ("create", "query"):
            match = {"call": call, "key": KEY}
            fault = {"fault": {"status": 429}, "times": 1, "match": match}
            await there.control("POST", "/faults", fault)
        async with there.front.client.post(there.url + TASKS, json={}) as answer:
            assert answer.status == 429
        _, made = await there.order()
        assert (await there.get(f"{TASKS}/{made['id']}"))[0] == 429
        assert (await there.poll(made["id"]))["status"] == "queued"
        verdict = await there.control("GET", f"/verdict?key={KEY}")
        assert verdict["verdict"] == "pass"


def refused(text: str) -> str:
    """A recording in which the second poll was tried again, a moment later."""
    lines = [json.loads(line) for line in text.splitlines()]
    error = {"status": 503, "json": {"error": {"code": "x", "message": "y"}}}
    lines.insert(4, {**lines[3], **error, "at": lines[3]["at"] + 100, "number": 77})
    return "".join(json.dumps(line) + "\n" for line in lines)


async def _up_to_the_refusal(there: Pair) -> str:
    _, made = await there.order()
    await there.poll(made["id"])
    await there.front.advance("1s")
    assert (await there.poll(made["id"]))["status"] == "running"
    await there.front.advance("500ms")
    status, _ = await _asked(there, "GET", f"{TASKS}/{made['id']}")
    assert status == 503
    return str(made["id"])


async def test_a_refusal_for_the_moment_is_said_once(file: Path) -> None:
    edited(file, refused)
    async with replaying("ark", file) as there:
        task = await _up_to_the_refusal(there)
        assert (await there.poll(task))["status"] == "running"


@pytest.mark.parametrize("who", [{"key": KEY}, {}])
async def test_a_refusal_for_the_moment_is_said_again_after_a_reset(
    who: dict[str, str], file: Path
) -> None:
    edited(file, refused)
    async with replaying("ark", file) as there:
        task = await _up_to_the_refusal(there)
        await there.control("POST", "/reset", who)
        assert await _up_to_the_refusal(there) == task
        assert (await there.poll(task))["status"] == "running"


async def test_a_refusal_for_the_moment_is_not_said_again_after_a_restart(file: Path) -> None:
    edited(file, refused)
    store = f"sqlite:{file.with_name('sim.db')}"
    async with replaying("ark", file, store=store) as there:
        task = await _up_to_the_refusal(there)
    async with replaying("ark", file, store=store) as there:
        assert (await there.poll(task))["status"] == "running"


async def test_a_task_of_another_recording_is_told_of_as_such(file: Path) -> None:
    store = f"sqlite:{file.with_name('sim.db')}"
    async with replaying("ark", file, store=store) as there:
        task = (await there.order())[1]["id"]
        await there.front.advance("1h")
        link = (await there.poll(task))["content"]["video_url"]
        place = urlsplit(link)._replace(scheme="", netloc="").geturl()
    edited(file, lambda text: text.replace(task, "cgt-20261121125203-other"))
    async with replaying("ark", file, store=store) as there:
        status, said = await _asked(there, "GET", f"{TASKS}/{task}")
        assert (status, said["error"]["code"]) == (501, "not_recorded")
        assert "not in this recording" in said["error"]["message"]
        async with there.front.anonymous.get(there.front.base + place) as answer:
            assert answer.status == 500
            assert "not in this recording" in (await answer.json())["Message"]


@pytest.mark.parametrize("kept", ["facts", "files"])
async def test_a_clip_without_its_bytes_is_rendered(kept: str, file: Path) -> None:
    shutil.rmtree(file.with_name("run.jsonl.files"))
    if kept == "facts":
        edited(file, partial(re.sub, r'"name": "[0-9a-f]{64}"', '"name": ""'))
    async with replaying("ark", file) as there:
        said = await life(there, there.front)
        assert (said[-1][0], said[-1][1][4:8]) == (200, b"ftyp")


async def test_a_clip_that_is_not_the_recorded_one_is_not_given(file: Path) -> None:
    (clip,) = file.with_name("run.jsonl.files").iterdir()
    clip.write_bytes(b"forged")
    async with replaying("ark", file) as there:
        said = await life(there, there.front)
        assert said[-1][0] == 500
        assert b"another digest" in said[-1][1]


async def test_parts_of_a_recorded_clip_can_be_had(file: Path, original: Any) -> None:
    whole = original[1][-1][1]
    async with replaying("ark", file) as there:
        link = json.loads((await life(there, there.front))[-2][1])["content"]["video_url"]
        for asked, part in (("bytes=4-7", whole[4:8]), ("bytes=-9", whole[-9:])):
            async with there.front.anonymous.get(link, headers={"Range": asked}) as answer:
                assert (answer.status, await answer.read()) == (206, part)
        async with there.front.anonymous.get(link, headers={"Range": "bytes=99999999-"}) as answer:
            assert answer.status == 416
        async with there.front.anonymous.head(link) as answer:
            assert (answer.status, answer.content_length) == (200, len(whole))
            etag = answer.headers["ETag"]
        async with there.front.anonymous.get(link, headers={"If-None-Match": etag}) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
        for known, status in ((etag, 206), ('"old"', 200)):
            conditional = {"Range": "bytes=0-1", "If-Range": known}
            async with there.front.anonymous.get(link, headers=conditional) as answer:
                assert answer.status == status


async def test_lists_and_deletions_are_of_the_new_life(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    async with pair("ark", record=str(file)) as here:
        _, made = await here.order()
        one = f"{TASKS}/{made['id']}"
        before = await _asked(here, "GET", TASKS)
        gone = await _asked(here, "DELETE", one)
        after = await _asked(here, "GET", one)
    async with replaying("ark", file) as there:
        await there.order()
        _, made = await there.order()
        one = f"{TASKS}/{made['id']}"
        status, told = await _asked(there, "GET", TASKS)
        assert (status, told["total"]) == (200, before[1]["total"])
        assert told["items"][0]["id"] == made["id"]
        assert await _asked(there, "DELETE", one) == gone
        status, told = await _asked(there, "GET", one)
        assert (status, told["status"]) == (after[0], after[1]["status"])


META = '{"kind":"meta","version":1,"dialect":"ark","base_url":"http://a"}\n'
CREATE = '{"kind":"exchange","call":"create","status":200,"at":1}\n'
DIGEST = "0" * 64


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "empty"),
        ("hello\n", "line 1"),
        (META, "no exchange"),
        (META.replace("ark", "uniall"), "a recording of uniall, not of ark"),
        (META.replace("1", "2", 1), "version 2"),
        (META + CREATE.replace("1}", '"x"}'), "line 2 has a at"),
        (
            META + CREATE + f'{{"kind":"file","sha256":"{DIGEST}","name":"../x"}}\n',
            "line 3 names a file",
        ),
    ],
)
def test_what_cannot_be_replayed_is_one_line(text: str, part: str, tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    file.write_text(text, "utf-8")
    with pytest.raises(BadSetting, match=part):
        create_app(Config(dialect="ark", replay=str(file)))


async def test_a_recording_that_was_cut_off_is_replayed_without_its_last_line(file: Path) -> None:
    edited(file, lambda text: text[: text.index('"call": "download"') + 9])
    async with replaying("ark", file) as there:
        assert [status for status, _ in (await life(there, there.front))][-2:] == [200, 501]


@pytest.mark.parametrize(
    ("given", "part"),
    [
        (["--replay", "FILE"], "--replay: needs --dialect"),
        (["--dialect", "ark", "--else", "simulate"], "--else: needs --replay"),
        (["--dialect", "ark", "--replay", "FILE", "--upstream", "http://a"], "one of them"),
        (["--dialect", "ark", "--replay", "FILE", "--record", "x"], "--record: needs --upstream"),
        (["--dialect", "uniall", "--replay", "FILE"], "of ark, not of uniall"),
    ],
)
def test_settings_that_contradict_each_other_are_told_of(
    given: list[str], part: str, file: Path
) -> None:
    flags = [str(file) if flag == "FILE" else flag for flag in given]
    assert part in mistake(run("serve", "--port", "0", *flags))


def test_a_new_id_has_the_form_in_which_its_gateway_shows_ids() -> None:
    reader = faithful("openai", True).reader
    shown = public_id("cgt-20260606160057-9mdtp", "doubao-seedance-2-0-260128")
    made = shown_as(reader, shown, "cgt-20260607160057-other")
    assert made == public_id("cgt-20260607160057-other", "doubao-seedance-2-0-260128")
    assert shown_as(load("ark").reader, "cgt-1", "cgt-2") == "cgt-2"


async def test_a_replay_goes_on_where_a_stopped_server_left_it(file: Path) -> None:
    store = f"sqlite:{file.with_name('sim.db')}"
    async with replaying("ark", file, store=store) as there:
        ids = [(await there.order())[1]["id"] for _ in range(2)]
    async with replaying("ark", file, store=store) as there:
        await there.front.advance("1h")
        for one in ids:
            assert (await there.poll(one))["status"] == "succeeded"
        assert (await there.order())[1]["id"] not in ids
        await there.control("POST", "/reset", {"key": KEY})
        assert (await there.order())[1]["id"] == ids[0]
