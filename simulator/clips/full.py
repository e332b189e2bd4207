"""The renderer that leaves every picture to ffmpeg, x264 and x265, with real motion."""

import asyncio
import tempfile
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from simulator.clips import card, fonts, hevc, mp4, photo, scene, templates
from simulator.clips.fast import corners, style
from simulator.clips.geometry import BLOCK, Geometry, geometry
from simulator.clips.h264 import Unit, kind, nal_units
from simulator.clips.palette import palette
from simulator.clips.pictures import Raw
from simulator.clips.process import Ffmpeg
from simulator.clips.sheet import Sheet
from simulator.clips.spec import FPS, ClipSpec
from simulator.clips.track import Video, seconds
from simulator.clips.user_image import PAUSE, applies

DELIMITER = 9
CODER = "aud=1:bframes=0:keyint=48:threads=2:sliced-threads=0"
# x265 tells its version in each stream unless it is told not to, and may begin with a CRA.
NEWER_CODER = (
    "aud=1:bframes=0:keyint=48:open-gop=0:info=0:log-level=none:pools=2:frame-threads=1"
    ":colorprim=bt709:transfer=bt709:colormatrix=bt709:range=limited"
)
CODING: dict[str, Any] = {
    "f": "h264",
    "pix_fmt": "yuv420p",
    "vcodec": "libx264",
    "preset": "ultrafast",
    "profile": "main",
    "crf": 21,
    "x264-params": CODER,
}
# A MOV has a colour for each pixel ("Create a video generation task", Ark documentation
# 82379/1520757, read autumn 2026: H.264 of yuv444p).
MOV_CODING = CODING | {"pix_fmt": "yuv444p", "profile": "high444"}
NEWER_CODING: dict[str, Any] = {
    "f": "hevc",
    "pix_fmt": "yuv420p10le",
    "vcodec": "libx265",
    "preset": "ultrafast",
    "profile": "main10",
    "crf": 24,
    "x265-params": NEWER_CODER,
}
# A picture of x265 takes some three times as long, and those of 4k are the most there are.
PATIENCE = 4


@dataclass(frozen=True, slots=True)
class Set:
    """What a clip is filmed from: files with still pictures, and where things stand."""

    spec: ClipSpec
    place: Geometry
    view: Any
    paper: Any
    end: Any | None


async def render(spec: ClipSpec, tool: Ffmpeg) -> bytes:
    """The coded pictures, as a stream of NAL units behind start codes."""
    with tempfile.TemporaryDirectory(prefix="seedance-sim-") as folder:
        made = await asyncio.to_thread(staged, spec, Path(folder))
        return await tool.run(graph(made), patience=PATIENCE if hevc.applies(spec) else 1)


def staged(spec: ClipSpec, folder: Path) -> Set:
    """The inputs of a run of ffmpeg, as files in a folder."""
    place, number = geometry(spec.width, spec.height, applies(spec)), style(spec).number
    landscape = Raw(scene.WIDTH, scene.HEIGHT, scene.scene(number, spec.draft))
    view, end = image(spec, spec.first) or landscape, image(spec, spec.last)
    size = f"{spec.width}x{spec.height}"
    paper = given(folder / "paper", written(spec, place, number), size, "yuv420p")
    return Set(spec, place, still(folder / "view", view), paper, end and still(folder / "end", end))


def image(spec: ClipSpec, data: bytes | None) -> Raw | None:
    """A user's picture, cut to the clip's size; None where there is none."""
    return photo.opened(data, spec.width, spec.height) if data else None


def still(file: Path, raw: Raw) -> Any:
    """A picture as an endless input of ffmpeg."""
    return given(file, raw.data, f"{raw.width}x{raw.height}", "rgb24")


def given(file: Path, data: bytes, size: str, kind: str) -> Any:
    """A picture that stays, as an input of ffmpeg."""
    import ffmpeg

    file.write_bytes(data)
    stream = ffmpeg.input(str(file), f="rawvideo", pix_fmt=kind, s=size, r=FPS)
    return stream.filter("loop", loop=-1, size=1)


def written(spec: ClipSpec, place: Geometry, number: int) -> bytes:
    """All that is written, on one sheet for the whole picture."""
    whole = Sheet(place.shape_area, number)
    if place.own:
        whole.lay(card.banner(spec, place, number))
    else:
        whole.lay(card.card(spec, place, number))
        whole.lay(card.tabled(place, number, card.values(spec)))
    marked = spec.watermark and not place.own
    whole.lay(card.footer(place, number, spec.frames, marked, None))
    rail = Sheet(place.track, number)
    templates.rail(rail, place, 0, place.width, full=False)
    whole.lay(rail)
    return whole.planes(place.width, place.height)


def graph(made: Set) -> Any:
    """The whole graph of filters, down to H.264 or H.265 on the standard output."""

    import ffmpeg

    spec = made.spec
    shown = over_picture(made) if made.place.own else beside_card(made)
    return ffmpeg.output(shown, "pipe:1", **coding(spec), **{"frames:v": spec.frames})


def coding(spec: ClipSpec) -> dict[str, Any]:
    """What ffmpeg is told of the stream that it writes."""
    if hevc.applies(spec):
        return NEWER_CODING
    return MOV_CODING if spec.container == "mov" else CODING


def beside_card(made: Set) -> Any:
    """The landscape, slowly passed, above or beside the card."""
    spec, place = made.spec, made.place
    area = place.scene
    width, height = area.columns * BLOCK, area.rows * BLOCK
    spare = 0 if spec.camera_fixed else place.pan * BLOCK
    path = f"{spare}*(1-cos(2*PI*t/8))/2"
    wide = fitted(made.view, width + spare, height, above=0.4)
    view = wide.filter("crop", width, height, path, 0)
    for box in corners(place) if spec.camera_fixed else ():
        size = box.right - box.left, box.bottom - box.top
        view = view.drawbox(box.left, box.top, *size, color="white@0.85", t="fill")
    base = made.paper.overlay(view, x=area.left * BLOCK, y=area.top * BLOCK)
    return running(made, base, 0)


def over_picture(made: Set) -> Any:
    """The user's picture, slowly approached, and the card over its lower part for a while."""
    spec, place = made.spec, made.place
    view = fitted(made.view, spec.width, spec.height)
    if not spec.camera_fixed:
        view = nearing(view, spec)
    pause = min(PAUSE, spec.frames // 4)
    top = place.panel.top * BLOCK
    strip = made.paper.filter("crop", spec.width, spec.height - top, 0, top)
    strip = running(made, strip, top)
    shown = view.overlay(strip, x=0, y=top, enable=since(pause))
    if made.end is not None:
        end = fitted(made.end, spec.width, spec.height)
        shown = shown.overlay(end, enable=since(spec.frames - pause))
    return photo.labelled(place)(shown) if spec.watermark else shown


def fitted(given: Any, width: int, height: int, above: float = 0.5) -> Any:
    """A picture that fills its place; ``above`` is the part of what is too high cut off there."""
    scaled = given.filter(
        "scale",
        width,
        height,
        force_original_aspect_ratio="increase",
        flags="bicubic",
        out_color_matrix="bt709",
        out_range="tv",
    )
    cut = scaled.filter("crop", width, height, "(iw-ow)/2", f"(ih-oh)*{above}")
    return cut.filter("format", "yuv420p")


def since(frame: int) -> str:
    """True from a picture on; filters do not agree whether ``n`` counts from zero."""
    return f"gte(t,{(frame - 0.5) / FPS})"


def nearing(view: Any, spec: ClipSpec) -> Any:
    """A view that comes 6 % nearer over the length of the clip."""
    growth = f"(1+0.06*t/{spec.frames / FPS})"
    wide, high = f"2*ceil({spec.width}*{growth}/2)", f"2*ceil({spec.height}*{growth}/2)"
    grown = view.filter("scale", w=wide, h=high, eval="frame", flags="bilinear")
    return grown.filter("crop", spec.width, spec.height)


def running(made: Set, base: Any, top: int) -> Any:
    """The bar, the clock and the counter, on a picture that begins at the row ``top``."""
    import ffmpeg

    spec, place = made.spec, made.place
    accent = "0x" + palette(style(spec).number).accent
    high = templates.thickness(place)
    line = ffmpeg.input(f"color={accent}:s={spec.width}x{high}:r={FPS}", f="lavfi")
    y = templates.rail_top(place) + place.track.top * BLOCK - top
    across = f"{spec.width}*(t/{max(spec.frames - 1, 1) / FPS}-1)"
    moving = base.overlay(line, x=across, y=y, shortest=1)
    return counted(timed(moving, place, top), place, top)


def timed(picture: Any, place: Geometry, top: int) -> Any:
    """A picture with the time code on it, at a height in pixels."""
    return lettered(picture, place, top, place.margin, timecode="00:00:00:00", rate=FPS)


def counted(picture: Any, place: Geometry, top: int) -> Any:
    """A picture with the number of the frame on it, counted from 1."""
    left = place.counter * BLOCK
    return lettered(picture, place, top, left, text="%{eif:n+1:d:3}", escape_text=False)


def lettered(picture: Any, place: Geometry, top: int, left: int, **what: Any) -> Any:
    """A picture with running text in the face of the clock."""
    return picture.drawtext(
        x=left,
        y=f"{round(card.clock_base(place, place.clock.top)) - top}-max_glyph_a",
        fontfile=str(fonts.FOLDER / fonts.MONO),
        fontsize=card.clock_size(place),
        fontcolor="0xf0efec",
        **what,
    )


def video(spec: ClipSpec, stream: bytes) -> Video:
    """The stream as samples."""
    syntax = H265 if hevc.applies(spec) else H264
    sets: dict[int, bytes] = {}
    samples: list[bytes] = []
    keys = []
    for number, units in enumerate(accesses(stream, syntax), 1):
        sets.update((syntax.kind(unit), unit) for unit in units if syntax.kind(unit) in syntax.sets)
        slices = [unit for unit in units if syntax.kind(unit) in syntax.slices]
        samples.append(mp4.sample(slices))
        if syntax.kind(slices[0]) in syntax.keys:
            keys.append(number)
    numbers = range(1, len(samples) + 1)
    *vps, sps, pps = (sets[name] for name in syntax.sets)
    return Video(spec.width, spec.height, sps, pps, seconds(samples), keys, numbers, *vps)


class Syntax(NamedTuple):
    """How the units of a stream are told apart, by their kinds; ``sets`` end with SPS and PPS."""

    kind: Callable[[bytes], int]
    delimiter: int
    sets: tuple[int, ...]
    slices: Container[int]
    keys: Container[int]


H264 = Syntax(kind, DELIMITER, (Unit.SPS, Unit.PPS), (Unit.SLICE, Unit.IDR), (Unit.IDR,))
H265 = Syntax(hevc.kind, hevc.Unit.DELIMITER, hevc.SETS, range(hevc.Unit.VPS), hevc.KEYS)


def accesses(stream: bytes, syntax: Syntax) -> Iterator[list[bytes]]:
    """The units of one picture after the other; a delimiter stands before each."""
    units: list[bytes] = []
    for unit in nal_units(stream):
        if syntax.kind(unit) == syntax.delimiter and units:
            yield units
            units = []
        units.append(unit)
    if units:
        yield units
