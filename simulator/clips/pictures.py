"""Intra pictures from x264, one slice for each row of blocks."""

from typing import Any

from simulator.clips.geometry import BLOCK
from simulator.clips.h264 import Foreign, foreigners
from simulator.clips.process import Ffmpeg
from simulator.clips.spec import FPS

QP = 19


async def encoded(
    tool: Ffmpeg, samples: bytes, size: tuple[int, int], columns: int, rows: int, marks: Any = None
) -> list[list[Foreign]]:
    """RGB samples of the given size, scaled and cut to fill so many blocks."""
    import ffmpeg

    given = ffmpeg.input("pipe:0", f="rawvideo", pix_fmt="rgb24", s=f"{size[0]}x{size[1]}", r=FPS)
    width, height = columns * BLOCK, rows * BLOCK
    fitted = given.filter(
        "scale",
        width,
        height,
        force_original_aspect_ratio="increase",
        flags="bicubic",
        out_color_matrix="bt709",
        out_range="tv",
    ).filter("crop", width, height)
    picture = marks(fitted) if marks else fitted
    return foreigners(await tool.run(coded(picture, rows), samples))


def coded(picture: Any, rows: int) -> Any:
    import ffmpeg

    wants = {
        "cabac": 0,
        "keyint": 1,
        "slices": rows,
        "no-deblock": 1,
        "8x8dct": 0,
        "aq-mode": 0,
        "psy": 0,
        "chroma-qp-offset": 0,
        "threads": 1,
        "sliced-threads": 0,
        "scenecut": 0,
    }
    return ffmpeg.output(
        picture,
        "pipe:1",
        f="h264",
        pix_fmt="yuv420p",
        vcodec="libx264",
        preset="ultrafast",
        qp=QP,
        **{"frames:v": 1, "x264-params": ":".join(f"{k}={v}" for k, v in wants.items())},
    )
