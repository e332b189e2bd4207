"""Faults of downloads, as a client of the store sees them."""

import io
import time
from collections.abc import Callable
from typing import Any

import av
import pytest
from aiohttp import ClientError

from simulator.core.pointers import get, there
from simulator.dialects import ALL
from simulator.faults import files
from tests.faults.pair import Answer, Pair, fitting, pair, read
from tests.ordering import asking, has

DIALECTS = ("ark", "nbility")


async def link(run: Pair, side: int) -> str:
    """The clip's link, as the last answer has it; the path of its bytes where it has none."""
    if not run.dialect.reader.link:
        task = (run.plain, run.faulty)[side].task
        return run.dialect.route("download").target(id=task)
    body = run.seen[-1][side].body
    return str(get(body, there(body, run.dialect.reader.link)[0]))


async def ended(run: Pair) -> tuple[str, str]:
    await run.both("create")
    await run.polls("4s")
    return await link(run, 0), await link(run, 1)


async def fetch(run: Pair, urls: tuple[str, str], **also: Any) -> tuple[Answer, Answer]:
    return (
        await run.plain.send("GET", urls[0], **also),
        await run.faulty.send("GET", urls[1], **also),
    )


def facts(data: bytes) -> tuple[float, int, int, float]:
    """Seconds, width, height and rate of a clip."""
    with av.open(io.BytesIO(data)) as clip:
        video = clip.streams.video[0]
        seconds = float(video.frames / (video.average_rate or 1))
        return seconds, video.width, video.height, float(video.average_rate or 0)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("name", "code"), [("url-expired", "Request has expired."), ("url-403", "Access Denied")]
)
async def test_links_that_are_refused(name: str, code: str, dialect: str) -> None:
    async with pair(dialect, name) as run:
        urls = await ended(run)
        plain, faulty = await fetch(run, urls)
        assert (plain.status, faulty.status) == (200, 403)
        assert faulty.body["Message"] == code
        assert run.seen[-1][0].status == run.seen[-1][1].status == 200


async def test_a_link_that_does_not_hold_is_refused_for_what_it_is() -> None:
    async with pair("ark", "url-expired") as run:
        urls = await ended(run)
        answer = await run.faulty.send("GET", urls[1].replace("Signature=", "Signature=0"))
        assert answer.body["Code"] == "SignatureDoesNotMatch"
        assert await run.faulty.fired() == 0


async def test_a_key_that_is_sent_along_is_noticed() -> None:
    async with pair("ark", "url-rejects-authorization") as run:
        urls = await ended(run)
        assert (await fetch(run, urls))[1].status == 200
        assert await run.faulty.fired() == 0
        answer = await run.faulty.send("GET", urls[1], headers={"Authorization": "Bearer x"})
        assert (answer.status, answer.body["Code"]) == (400, "InvalidArgument")
        assert await run.faulty.fired() == 1


async def test_a_link_that_holds_for_a_minute() -> None:
    async with pair("ark", "link-expires-early") as run:
        urls = await ended(run)
        await run.both("advance", "59999ms")
        assert (await fetch(run, urls))[1].status == 200
        await run.both("advance", "1ms")
        plain, faulty = await fetch(run, urls)
        assert (plain.status, faulty.status) == (200, 403)


async def test_a_link_that_expires_during_the_download() -> None:
    async with pair("ark", "link-expires-during") as run:
        urls = await ended(run)
        with pytest.raises(ClientError):
            await fetch(run, urls)
        answer = await run.faulty.send("GET", urls[1], headers={"Range": "bytes=1000-"})
        assert (answer.status, answer.body["Message"]) == (403, "Request has expired.")


async def test_a_link_that_leads_elsewhere() -> None:
    async with pair("ark", "link-redirects") as run:
        urls = await ended(run)
        plain, faulty = await fetch(run, urls)
        assert faulty.status == 302
        found = await run.faulty.send("GET", faulty.headers["Location"])
        assert (found.status, found.raw) == (200, plain.raw)
        await run.both("advance", "24h")
        assert (await run.faulty.send("GET", faulty.headers["Location"])).status == 403


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_files_that_are_no_clip_once(dialect: str) -> None:
    async with pair(dialect) as run:
        urls = await ended(run)
        checks: tuple[tuple[str, Callable[[Answer, Answer], bool]], ...] = (
            ("download-html", lambda one, two: two.raw.startswith(b"<!DOCTYPE")),
            ("download-empty", lambda one, two: two.raw == b""),
            ("download-truncated", lambda one, two: two.raw == one.raw[: len(one.raw) // 2]),
        )
        for name, check in checks:
            await run.faulty.fault(name)
            plain, faulty = await fetch(run, urls)
            assert faulty.status == 200
            assert check(plain, faulty), name
            assert int(faulty.headers["Content-Length"]) == len(faulty.raw)
            plain, faulty = await fetch(run, urls)
            assert plain.raw == faulty.raw


async def test_a_length_that_is_wrong() -> None:
    async with pair("ark", "download-length-wrong") as run:
        urls = await ended(run)
        path = urls[1].removeprefix(run.faulty.server.base)
        host = run.faulty.server.base.removeprefix("http://")
        got = await read(run.faulty, f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        head, _, body = got.partition(b"\r\n\r\n")
        whole = (await run.plain.send("GET", urls[0])).raw
        assert f"Content-Length: {len(whole) // 2}".encode() in head
        assert body == whole


async def test_a_download_that_breaks_off() -> None:
    async with pair("ark", "download-cut") as run:
        urls = await ended(run)
        with pytest.raises(ClientError):
            await fetch(run, urls)
        plain, faulty = await fetch(run, urls)
        assert plain.raw == faulty.raw


async def test_a_download_that_trickles() -> None:
    async with pair("ark", "download-trickle") as run:
        urls = await ended(run)
        since = time.monotonic()
        plain, faulty = await fetch(run, urls)
        assert plain.raw == faulty.raw
        assert 0.8 < time.monotonic() - since < 10


async def test_clips_that_are_not_what_was_ordered() -> None:
    async with pair("ark") as run:
        urls = await ended(run)
        for name, expected in (
            ("clip-wrong-length", lambda s, w, h, r: (s - 1, w, h, r)),
            ("clip-wrong-size", lambda s, w, h, r: (s, w // 2, max(256, h // 2), r)),
            ("clip-wrong-rate", lambda s, w, h, r: (s / 1.25, w, h, 30.0)),
        ):
            await run.faulty.fault(name, times=1)
            plain, faulty = await fetch(run, urls)
            assert facts(faulty.raw) == expected(*facts(plain.raw)), name
            plain, faulty = await fetch(run, urls)
            assert plain.raw == faulty.raw


def ends(data: bytes) -> list[tuple[int, int, int]]:
    """The colour of a clip's first picture and of its last, each shrunk to one pixel."""
    with av.open(io.BytesIO(data), "r") as clip:
        decoded: list[Any] = list(clip.decode(video=0))
        small = [each.to_image().resize((1, 1)) for each in (decoded[0], decoded[-1])]
    return [tuple(picture.getpixel((0, 0))) for picture in small]


async def test_pictures_that_are_not_where_they_were_ordered() -> None:
    async with pair("uniall") as run:
        here = f"{run.plain.server.base}/_sim/media/image/"
        await run.both("create", {"image": f"{here}1.png", "last_image": f"{here}2.png"})
        await run.polls("4s")
        urls = await link(run, 0), await link(run, 1)
        await run.faulty.fault("frames-swapped", times=1)
        plain, faulty = await fetch(run, urls)
        assert ends(faulty.raw) == ends(plain.raw)[::-1]
        await run.faulty.fault("picture-ignored", times=1)
        _, faulty = await fetch(run, urls)
        assert not set(ends(faulty.raw)) & set(ends(plain.raw))
        assert facts(faulty.raw) == facts(plain.raw)
        assert (await fetch(run, urls))[1].raw == plain.raw


@pytest.mark.parametrize("dialect", fitting("clip-silent"))
async def test_a_clip_without_its_sound(dialect: str) -> None:
    async with pair(dialect, "clip-silent") as run:
        found = run.dialect
        sound = {"sound": True} if has(found, "sound") else {}  # elsewhere every clip has some
        await run.both("create", asking(found, **sound))
        await run.polls("4s")
        answers = await fetch(run, (await link(run, 0), await link(run, 1)))
        sounds = []
        for answer in answers:
            with av.open(io.BytesIO(answer.raw)) as clip:
                sounds.append(len(clip.streams.audio))
        assert sounds == [1, 0]
        assert facts(answers[0].raw) == facts(answers[1].raw)
        assert await run.faulty.fired() == 1


NOT_ASCII = 'expiry-date="Sun, 07 Jun 2026 08:01:01 GMT", rule-id="24h文件自动删除"'


@pytest.mark.parametrize("dialect", fitting("x-tos-expiration"))
async def test_a_download_has_a_header_that_is_not_ascii(dialect: str) -> None:
    async with pair(dialect, "x-tos-expiration") as run:
        urls = await ended(run)
        plain, faulty = await fetch(run, urls)
        assert "x-tos-expiration" not in plain.headers
        assert faulty.headers["x-tos-expiration"] == NOT_ASCII
        assert plain.raw == faulty.raw


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_live_downloads_have_it_as_raw_utf_8(dialect: str) -> None:
    async with pair(dialect, fidelity="observed") as run:
        urls = await ended(run)
        path = urls[1].removeprefix(run.faulty.server.base)
        host = run.faulty.server.base.removeprefix("http://")
        request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        head = (await read(run.faulty, request.encode())).partition(b"\r\n\r\n")[0]
        assert b'rule-id="24h\xe6\x96\x87\xe4\xbb\xb6' in head
        kept = await run.faulty.sim("GET", "/calls")
        assert kept["items"][-1]["kind"] == "download"


async def test_bad_bytes_of_the_content_call() -> None:
    async with pair("uniall", "download-truncated") as run:
        await run.both("create")
        await run.both("advance", "4s")
        plain, faulty = await run.both("call", "download")
        assert faulty.raw == plain.raw[: len(plain.raw) // 2]
        plain, faulty = await run.both("call", "download")
        assert faulty.raw == plain.raw


def test_every_fault_of_downloads_is_tested_here() -> None:
    here = {"url-expired", "url-403", "url-rejects-authorization", "link-expires-early"}
    here |= {"link-expires-during", "link-redirects", "download-html", "download-empty"}
    here |= {"download-truncated", "download-cut", "download-trickle", "download-length-wrong"}
    here |= {"clip-wrong-length", "clip-wrong-size", "clip-wrong-rate", "clip-silent"}
    here |= {"x-tos-expiration", "frames-swapped", "picture-ignored"}
    assert here == {fault.name for fault in files.FAULTS}
    assert all(len(fitting(name)) == len(ALL) for name in here)
