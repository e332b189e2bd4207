"""References: what a link, a data: URL or bytes are taken for."""

import base64
from typing import Any

import pytest

from simulator.core.config import Config
from simulator.core.media import Facts
from simulator.core.problems import Kind, Refusal
from simulator.core.task import Reference
from simulator.engine import Engine
from simulator.engine.references import (
    adaptive_ratio,
    from_bytes,
    from_link,
    trusted_asset,
)
from simulator.media.samples import render

PNG = render(Facts("image", "png", 0, 400, 300), "")
WAV = render(Facts("audio", "wav", 0, ms=2000, channels=1), "")


async def link(url: str, kind: Any = "image", **also: Any) -> Reference:
    engine = Engine(Config(seed=1))
    return await from_link(engine, kind, "role", url, "field", **also)


async def refused(url: str, kind: Any = "image", **also: Any) -> tuple[Kind, str]:
    with pytest.raises(Refusal) as caught:
        await link(url, kind, **also)
    return caught.value.problem.kind, caught.value.problem.aspect


async def test_any_web_link_is_taken_on_faith() -> None:
    found = await link("https://example.com/some/model%20x.png?a=b")
    assert (found.name, found.facts, found.digest) == ("model x.png", None, "")


async def test_sample_links_state_their_facts() -> None:
    found = await link("http://any.host/_sim/media/image?width=300&height=600")
    assert found.facts is not None
    assert (found.facts.width, found.facts.height) == (300, 600)


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://h/x", "http://", "http://[", "javascript:1", "file:///etc/passwd", "//h"],
)
async def test_what_is_no_link(url: str) -> None:
    assert await refused(url) == (Kind.MEDIA, "link")


async def test_a_host_that_cannot_exist_is_a_dead_link() -> None:
    assert await refused("https://media.invalid/a.png") == (Kind.MEDIA, "dead")


@pytest.mark.parametrize(
    "url", ["https://h/a/face.png", "http://h/_sim/media/image?face=1", "asset://sim-face"]
)
async def test_a_real_face_is_refused(url: str) -> None:
    assert (await refused(url, assets=trusted_asset))[0] is Kind.FACE


async def test_kinds_must_agree() -> None:
    assert await refused("http://h/_sim/media/video") == (Kind.MEDIA, "format")


async def test_assets_on_trust() -> None:
    assert (await link("asset://a-1", assets=trusted_asset)).name == "a-1"
    for url in ("asset://sim-missing", "asset://"):
        assert (await refused(url, assets=trusted_asset))[0] is Kind.ASSET
    assert await refused("asset://a-1") == (Kind.MEDIA, "link")


async def test_inline_images_are_measured_and_kept() -> None:
    url = "data:image/png;base64," + base64.b64encode(PNG).decode()
    found = await link(url, data_urls=True)
    assert found.facts is not None
    assert (found.facts.width, found.facts.height, found.facts.size) == (400, 300, len(PNG))
    assert await refused(url) == (Kind.MEDIA, "data")
    for bad in ("data:image/png;base64,x", "data:image/png;base64,", "data:,", "data:image/png,x"):
        assert (await refused(bad, data_urls=True))[0] is Kind.MEDIA


async def test_bytes_are_judged_by_their_content() -> None:
    engine = Engine(Config(seed=1))
    found = await from_bytes(engine, "image", "r", PNG, "liar.mp4", "image_1")
    assert await engine.store.blob(found.digest) == PNG
    with pytest.raises(Refusal):
        await from_bytes(engine, "image", "r", WAV, "x.png", "image_1")
    with pytest.raises(Refusal):
        await from_bytes(engine, "image", "r", b"", "x.png", "image_1")


def test_adaptive_ratio_prefers_video_then_image() -> None:
    def of(kind: Any, width: int, height: int) -> Reference:
        return Reference(kind, "r", facts=Facts(kind, "x", 1, width, height))

    assert adaptive_ratio(()) == "16:9"
    assert adaptive_ratio((Reference("image", "r"),)) == "16:9"
    assert adaptive_ratio((of("image", 300, 400),)) == "3:4"
    assert adaptive_ratio((of("image", 300, 400), of("video", 2100, 900))) == "21:9"
