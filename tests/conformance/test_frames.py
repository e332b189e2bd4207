"""The first and the last picture of an order are recognised in its clip by their colours."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from conformance.catalogue import documents
from conformance.collect import clip
from conformance.collect.transcript import Transcript
from conformance.judge.verdicts import UNSEEN
from conformance.plan import frames, kinds
from conformance.plan.probes import World
from tests.conformance.meeting import judged, recorded, serving

ROW = "octopusx.frames.shown"
RED, GREEN, BLUE = (200, 40, 40), (40, 200, 40), (40, 40, 200)


async def met(folder: Path, *select: str, **settings: Any) -> Transcript:
    async with serving(**settings) as base:
        return await recorded(base, "octopusx", select, folder)


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Transcript:
    modes = "octopusx.mode.first-*"
    return asyncio.run(met(tmp_path_factory.mktemp("healthy"), ROW, modes))


def test_a_clip_that_begins_and_ends_with_its_pictures_keeps_the_row(healthy: Transcript) -> None:
    result = judged(healthy, [ROW])[ROW]
    assert result.result == "pass"
    assert "the first and the last picture in its place" in result.message


def test_a_mode_whose_pictures_were_seen_is_not_only_accepted(healthy: Transcript) -> None:
    names = ["octopusx.mode.first-frame", "octopusx.mode.first-and-last-frame"]
    for result in judged(healthy, names).values():
        assert (result.result, result.unseen) == ("pass", False)
        assert not result.message.startswith(UNSEEN)


async def test_alone_it_says_that_nothing_of_it_was_seen(tmp_path: Path) -> None:
    name = "octopusx.mode.first-frame"
    result = judged(await met(tmp_path, name), [name])[name]
    assert result.message.startswith(UNSEEN)


@pytest.mark.parametrize(
    ("defect", "told"),
    [
        # Which of the two orders is told of is chance: a clip of one picture ends with a scene of
        # a colour of its own, which may be near enough to the picture.
        ("frames-swapped", "first frame is not the first picture|ends with the first"),
        pytest.param("picture-ignored", "the first frame is not the", marks=pytest.mark.slow),
    ],
)
async def test_pictures_that_are_not_in_their_places_are_noticed(
    defect: str, told: str, tmp_path: Path
) -> None:
    result = judged(await met(tmp_path, ROW, defect=(defect,)), [ROW])[ROW]
    assert result.result == "warn"
    assert re.search(told, result.message)


def facts(first: Any, last: Any, *pictures: Any) -> list[Mapping[str, Any]]:
    """What is written down of a clip and of the pictures of its order, each of one colour."""
    ends = zip(("first", "last"), pictures, strict=False)
    found: list[Mapping[str, Any]] = [
        {"kind": "picture", "end": end, "cut": [each] * 16} for end, each in ends
    ]
    return [{"kind": "clip", "first": [first] * 16, "last": [last] * 16}, *found]


def said(healthy: Transcript, told: list[Mapping[str, Any]]) -> tuple[str, str]:
    """Result and message, where all that is known of every clip is this."""
    clips = [each for each in healthy.facts if each["kind"] == "clip"]
    rest = [each for each in healthy.facts if each["kind"] not in ("clip", "picture")]
    made = [{**clips[0], "of": one["of"], **each} for one in clips for each in told]
    result = judged(replace(healthy, facts=(*rest, *made)), [ROW])[ROW]
    return result.result, result.message


@pytest.mark.parametrize(
    ("told", "result", "words"),
    [
        (facts(RED, BLUE, RED, BLUE), "pass", "the first and the last picture"),
        (facts(BLUE, RED, RED, BLUE), "warn", "begins with the last picture and ends with"),
        (facts(GREEN, BLUE, RED, BLUE), "warn", "the first frame is not the first picture (first"),
        (facts(RED, GREEN, RED, BLUE), "warn", "the last frame is not the last picture (first"),
        (facts((170, 60, 60), (60, 60, 170), RED, BLUE), "pass", "in its place"),
        (facts(RED, GREEN, RED), "pass", "the first picture"),
        (facts(GREEN, RED, RED), "warn", "ordered #c82828"),
        (facts(GREEN, GREEN, RED, (190, 50, 40)), "not-run", ""),
        (facts(RED, BLUE), "not-run", ""),
        (facts(None, BLUE, RED, BLUE), "not-run", ""),
    ],
)
def test_only_what_is_far_off_is_held_against_a_clip(
    healthy: Transcript, told: list[Mapping[str, Any]], result: str, words: str
) -> None:
    found = said(healthy, told)
    assert found[0] == result, found
    assert words in found[1]


def test_the_colours_of_the_ends_are_those_of_the_first_and_the_last_picture(
    tmp_path: Path,
) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w", format="mp4") as box:
        stream: Any = box.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        makers: Any = av.VideoFrame
        for colour in (RED, *[GREEN] * 30, BLUE):
            picture = makers.from_image(Image.new("RGB", (64, 64), colour))
            box.mux(stream.encode(picture))
        box.mux(stream.encode(None))
    with clip.opened(path) as raw:
        found = clip.facts(raw, ends=True)
    for end, wanted in (("first", RED), ("last", BLUE)):
        assert len(found[end]) == 16
        assert all(abs(a - b) < 12 for a, b in zip(found[end][5], wanted, strict=True)), found[end]


@pytest.mark.parametrize(
    ("codec", "rate", "count", "options"),
    [
        ("libx264", 24, 90, {"bf": "8", "g": "300"}),
        ("libx264", 24, 90, {"bf": "8", "g": "300", "x264-params": "b-pyramid=2:b-adapt=0"}),
        ("libx265", 24, 90, {"x265-params": "log-level=none:temporal-layers=3"}),
        ("libx264", 24, 2, {}),
        ("libx264", "1/4", 5, {}),
    ],
    ids=["out of order", "referred to", "H.265", "shorter than a second", "none in the last"],
)
def test_the_last_picture_is_the_same_without_all_before_it(
    codec: str, rate: Any, count: int, options: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "clip.mp4"
    with av.open(path, "w") as box:
        stream: Any = box.add_stream(codec, rate=Fraction(rate), options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        makers: Any = av.VideoFrame
        for number in range(count):
            shown = Image.new("RGB", (64, 64), BLUE if number + 1 == count else (number, 200, 40))
            box.mux(stream.encode(makers.from_image(shown)))
        box.mux(stream.encode(None))
    with clip.opened(path) as raw:
        found = clip.facts(raw, ends=True)
    assert found["frames"] == count
    assert all(abs(a - b) < 12 for a, b in zip(found["last"][5], BLUE, strict=True))


def test_a_picture_may_come_into_a_clip_in_three_ways(tmp_path: Path) -> None:
    wide = Image.new("RGB", (300, 100), RED)
    wide.paste(BLUE, (100, 0, 200, 100))
    wide.save(tmp_path / "wide.png")
    with clip.opened(tmp_path / "wide.png") as raw:
        found = clip.picture(raw, 64, 64)
    assert found["cut"] == [BLUE] * 16
    assert found["stretched"][0] == RED
    assert found["padded"][0] == (0, 0, 0)
    (tmp_path / "odd.png").write_bytes(b"no picture")
    with clip.opened(tmp_path / "odd.png") as raw:
        assert clip.picture(raw, 64, 64) == {"problem": "it is no picture that can be read"}


def test_bars_at_the_sides_are_no_other_picture(healthy: Transcript) -> None:
    black = [(0, 0, 0)]
    barred = (black + [RED] * 2 + black) * 4
    told = [{"kind": "clip", "first": barred, "last": barred}]
    ways = {"cut": [RED] * 16, "stretched": [RED] * 16, "padded": barred}
    assert said(healthy, [*told, {"kind": "picture", "end": "first", **ways}])[0] == "pass"
    ways = {way: [BLUE if each == RED else each for each in ways[way]] for way in ways}
    assert said(healthy, [*told, {"kind": "picture", "end": "first", **ways}])[0] == "warn"


@pytest.mark.parametrize("dialect", documents.dialects())
def test_every_row_of_this_kind_names_pictures_that_can_be_told_from_each_other(
    dialect: str,
) -> None:
    world = World(documents.catalogue(dialect), media=True)
    for row in world.catalogue.testable:
        for probe in kinds.drawn(row, world) if row.kind == "frames" else ():
            found = frames.pictures(world, probe.body)
            assert "first" in found
            assert len(set(found.values())) == len(found)
