"""Bounds on reference media, and the first one that a set of files breaks."""

from collections.abc import Iterable
from dataclasses import dataclass

from simulator.core.media import Facts
from simulator.core.problems import Kind, refuse

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document allows for one kind of media. Bounds are inclusive; None means no bound.

    ``size`` is in bytes, ``seconds`` and ``total`` in milliseconds, ``ratio`` is width by height.
    """

    formats: frozenset[str] | None = None
    size: int | None = None
    side: tuple[int, int] | None = None
    ratio: tuple[float, float] | None = None
    pixels: tuple[int, int] | None = None
    seconds: tuple[int, int] | None = None
    total: int | None = None
    fps: tuple[float, float] | None = None


def check_media(files: Iterable[tuple[str, Facts | None]], limits: Limits) -> None:
    """Refuse the first file that breaks a bound, then the sum; what is not known is trusted."""
    known = [(field, facts) for field, facts in files if facts is not None]
    for field, facts in known:
        _check_one(field, facts, limits)
    total = sum(facts.ms for _, facts in known)
    if limits.total is not None and total > limits.total:
        detail = f"must last at most {_seconds(limits.total)} seconds in total"
        _fail(known[0][0], "total", detail, limits.total, total)


def _check_one(field: str, facts: Facts, limits: Limits) -> None:
    if limits.formats is not None and facts.format not in limits.formats:
        detail = "must be one of " + ", ".join(sorted(limits.formats))
        _fail(field, "format", detail, limits.formats, facts.format)
    if limits.size is not None and facts.size > limits.size:
        detail = f"must have at most {limits.size} bytes"
        _fail(field, "size", detail, limits.size, facts.size)
    if facts.kind != "audio":
        _check_picture(field, facts, limits)
    if limits.seconds is not None and not limits.seconds[0] <= facts.ms <= limits.seconds[1]:
        least, most = map(_seconds, limits.seconds)
        detail = f"must last from {least} to {most} seconds"
        _fail(field, "seconds", detail, limits.seconds, facts.ms)
    if limits.fps is not None and not limits.fps[0] <= facts.fps <= limits.fps[1]:
        detail = f"must have from {limits.fps[0]:g} to {limits.fps[1]:g} frames per second"
        _fail(field, "fps", detail, limits.fps, facts.fps)


def _check_picture(field: str, facts: Facts, limits: Limits) -> None:
    width, height = facts.width, facts.height
    if limits.side is not None:
        for aspect, side in (("width", width), ("height", height)):
            if not limits.side[0] <= side <= limits.side[1]:
                detail = f"{aspect} must be from {limits.side[0]} to {limits.side[1]} px"
                _fail(field, aspect, detail, limits.side, (width, height))
    if (
        limits.ratio is not None
        and not limits.ratio[0] <= width / max(1, height) <= limits.ratio[1]
    ):
        detail = f"width / height must be from {limits.ratio[0]} to {limits.ratio[1]}"
        _fail(field, "ratio", detail, limits.ratio, width / max(1, height))
    if limits.pixels is not None and not limits.pixels[0] <= width * height <= limits.pixels[1]:
        detail = f"width x height must be from {limits.pixels[0]} to {limits.pixels[1]}"
        _fail(field, "pixels", detail, limits.pixels, width * height)


def _fail(field: str, aspect: str, detail: str, limit: object, got: object) -> None:
    raise refuse(Kind.MEDIA, field, detail, aspect=aspect, limit=limit, got=got)


def _seconds(ms: int) -> str:
    return f"{ms / 1000:g}"
