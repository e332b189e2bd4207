"""Samples that are told apart by looking at them, in a file and in the clip made from them."""

import io

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from conformance.plan import samples as suite
from simulator.dialects.ark import TASKS
from simulator.media.formats import FORMATS
from simulator.media.link import facts_of_link, label
from simulator.media.samples import render
from tests.serving import Server, serve

IMAGES = [name for name, row in FORMATS.items() if row.kind == "image"]


def still(frame: av.VideoFrame) -> Image.Image:
    """A picture of a film, as Pillow has it."""
    shown: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
    return shown


def apart(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures are apart in colour, on average, of 255."""
    size = (64, 64)
    pair = (one.convert("RGB").resize(size), other.convert("RGB").resize(size))
    return sum(ImageStat.Stat(ImageChops.difference(*pair)).mean) / 3


async def sample(server: Server, path: str) -> Image.Image:
    async with server.client.get(f"{server.base}/_sim/media/{path}") as answer:
        assert answer.status == 200
        return Image.open(io.BytesIO(await answer.read()))


async def test_numbered_samples_differ_and_have_their_size() -> None:
    async with serve() as server:
        made = [
            await sample(server, f"image/{name}.png?width=320&height=200")
            for name in ("1", "2", "3", "first", "last")
        ]
    assert {picture.size for picture in made} == {(320, 200)}
    for place, one in enumerate(made):
        assert min(apart(one, other) for other in (*made[:place], *made[place + 1 :])) > 5
        assert len(one.convert("RGB").getcolors(1 << 16) or ()) > 8  # drawn, not flat


async def test_the_first_and_the_last_frame_are_seen_in_the_clip() -> None:
    async with serve(pace="instant") as server:
        links = [
            f"{server.base}/_sim/media/image/{number}.png?width=864&height=496" for number in (1, 2)
        ]
        frames = [
            {"type": "image_url", "image_url": {"url": url}, "role": f"{role}_frame"}
            for url, role in zip(links, ("first", "last"), strict=True)
        ]
        order = {
            "model": "doubao-seedance-2-0-260128",
            "content": [{"type": "text", "text": "A hill"}, *frames],
            "resolution": "480p",
            "ratio": "16:9",
            "duration": 4,
        }
        async with server.client.post(f"{server.base}/ark{TASKS}", json=order) as answer:
            assert answer.status == 200, await answer.text()
            task = (await answer.json())["id"]
        async with server.client.get(f"{server.base}/ark{TASKS}/{task}") as answer:
            link = (await answer.json())["content"]["video_url"]
        async with server.anonymous.get(link) as answer:
            assert answer.status == 200, await answer.text()
            clip = await answer.read()
        first, last = [await sample(server, url.partition("/_sim/media/")[2]) for url in links]
    with av.open(io.BytesIO(clip), mode="r", format="mp4") as box:
        shown = [still(frame) for frame in box.decode(video=0)]
    assert apart(shown[0], first) < 8 < apart(shown[0], last)
    assert apart(shown[-1], last) < 8 < apart(shown[-1], first)


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("side", [1, 14, 97, 300])
def test_a_small_drawing_fits_the_size_that_its_link_states(
    name: str, side: int, ffmpeg: str
) -> None:
    if name in ("heic", "heif") and side < 16:
        pytest.skip("the encoder makes none so small")
    facts = facts_of_link(f"http://h/_sim/media/image/12.{name}?width={side}&height={side}")
    assert facts is not None
    assert len(render(facts, ffmpeg, "12")) == facts.size


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/_sim/media/image/2.png", "2"),
        ("/_sim/media/video/walk.mp4", "walk"),
        ("/_sim/media/image", ""),
        ("/_sim/media/image.png", ""),
        ("/_sim/media/image/%3Cb%3E.png", ""),
        ("/_sim/media/image/a-name-that-is-much-too-long.png", ""),
        ("/_sim/media/image/\u732b.png", ""),
    ],
)
def test_a_short_plain_name_is_written_on_a_sample(path: str, written: str) -> None:
    assert label(path) == written


def test_the_suite_s_references_differ_by_their_number() -> None:
    raws = [suite.sample("image", number, "width=300&height=200")[0] for number in (1, 2, 3)]
    one, two, three = [Image.open(io.BytesIO(raw)) for raw in raws]
    assert one.size == (300, 200)
    assert min(apart(one, two), apart(two, three), apart(one, three)) > 20
    movies = [suite.sample("video", number, "seconds=2")[0] for number in (1, 2)]
    shown = []
    for raw in movies:
        with av.open(io.BytesIO(raw), mode="r", format="mp4") as box:
            shown.append(still(next(box.decode(video=0))))
    assert apart(*shown) > 20
