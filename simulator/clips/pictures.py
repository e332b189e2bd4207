"""Intra pictures from x264, one slice for each row of blocks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.clips.geometry import BLOCK
from simulator.clips.h264 import Foreign, foreigners
from simulator.clips.process import Ffmpeg
from simulator.clips.spec import FPS


@dataclass(frozen=True, slots=True)
class Raw:
    """RGB samples."""

    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Fit:
    """How a picture fills its place: cut to size, then drawn out to whole blocks.

    ``above`` is the part of what is too high that is cut off above.
    """

    width: int
    height: int
    columns: int
    rows: int
    above: float = 0.5


async def encoded(
    tool: Ffmpeg, raw: Raw, fit: Fit, qp: int, marks: Callable[[Any], Any] | None = None
) -> list[Foreign]:
    """The slices of one picture; ``marks`` draws on it with ffmpeg's filters."""
    import ffmpeg

    size = f"{raw.width}x{raw.height}"
    given = ffmpeg.input("pipe:0", f="rawvideo", pix_fmt="rgb24", s=size, r=FPS)
    cut = fitted(given, fit)
    shown = marks(cut) if marks else cut
    stream = await tool.run(coded(filled(shown, fit), fit.rows, qp), raw.data)
    return foreigners(stream)[0]


def fitted(given: Any, fit: Fit) -> Any:
    scaled = given.filter(
        "scale",
        fit.width,
        fit.height,
        force_original_aspect_ratio="increase",
        flags="bicubic",
        out_color_matrix="bt709",
        out_range="tv",
    )
    cut = scaled.filter("crop", fit.width, fit.height, "(iw-ow)/2", f"(ih-oh)*{fit.above}")
    return cut.filter("format", "yuv420p")


def filled(picture: Any, fit: Fit) -> Any:
    """The edges repeated up to whole blocks."""
    width, height = fit.columns * BLOCK, fit.rows * BLOCK
    right, bottom = width - fit.width, height - fit.height
    if not right and not bottom:
        return picture
    padded = picture.filter("pad", width, height, 0, 0)
    return padded.filter("fillborders", right=right, bottom=bottom, mode="smear")


def coded(picture: Any, rows: int, qp: int) -> Any:
    import ffmpeg

    return ffmpeg.output(
        picture,
        "pipe:1",
        f="h264",
        pix_fmt="yuv420p",
        vcodec="libx264",
        preset="ultrafast",
        qp=qp,
        **{"frames:v": 1, "x264-params": wants(rows)},
    )


def wants(rows: int) -> str:
    """What x264 is told, so that its slices can stand in any picture of ours."""
    return f"slices={rows}:" + ":".join(
        (
            "cabac=0",
            "keyint=1",
            "no-deblock=1",
            "8x8dct=0",
            "aq-mode=0",
            "psy=0",
            "chroma-qp-offset=0",
            "threads=1",
            "sliced-threads=0",
            "scenecut=0",
        )
    )
