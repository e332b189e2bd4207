"""What an MP4 or MOV says of its tracks: the coded picture size, the played duration, the rate.

The picture is measured as coded: a rotation in the track header is not applied.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from simulator.core.media import Facts
from simulator.media.boxes import Boxes, bounded, need
from simulator.media.fragments import Run, runs
from simulator.media.reading import MOST_FPS, MOST_PIXELS_A_SIDE, Span, Unreadable, take

MOST_TRACKS = 32
MOST_EDITS = 100

_INNER = frozenset((b"edts", b"mdia", b"minf", b"stbl"))
_VIDEO, _SOUND = b"vide", b"soun"
_FULL_WIDTH = ((1 << 32) - 1, (1 << 64) - 1)


@dataclass(frozen=True, slots=True)
class Track:
    """One track; ``ticks`` is its duration in units of ``scale`` a second."""

    id: int
    handler: bytes
    scale: int
    ticks: int
    samples: int
    edited: float = 0.0
    width: int = 0
    height: int = 0
    channels: int = 0

    @property
    def seconds(self) -> float:
        whole = self.ticks / self.scale
        return min(whole, self.edited) if self.edited else whole


def movie(view: memoryview) -> Facts:
    """What an MP4 or MOV says of its tracks that hold anything."""
    name = "mov" if _is_quicktime(view) else "mp4"
    tracks = [track for track in _whole_tracks(view) if track.ticks and track.samples]
    return _facts(name, len(view), tracks)


def pictures(view: memoryview) -> int:
    """How many pictures the first track of pictures has; 0 where there is none."""
    tracks = _whole_tracks(view)
    return next((track.samples for track in tracks if track.handler == _VIDEO), 0)


def _whole_tracks(view: memoryview) -> list[Track]:
    """The tracks, each with what the fragments of the file add to it."""
    boxes = Boxes(view)
    moov, moofs = _headers(boxes)
    tracks = _tracks(boxes, moov)
    added = runs(boxes, moov, moofs) if moofs else {}
    return [_extended(track, added.get(track.id)) for track in tracks]


def _headers(boxes: Boxes) -> tuple[Span, list[Span]]:
    """The moov box, and the moof boxes after it where it announces any."""
    moov: Span | None = None
    moofs: list[Span] = []
    waits = True
    for name, start, end in boxes.top():
        if name == b"moov" and moov is None:
            moov = bounded((start, end))
        elif name == b"moof" and moov:
            moofs.append((start, end))
        waits = name == b"moof" or (waits and name != b"mdat")
    if moov is None:
        raise Unreadable("The file has no whole moov box.")
    if waits:
        raise Unreadable("The file is cut off ahead of its media data.")
    return moov, _announced(boxes, moov, moofs)


def _announced(boxes: Boxes, moov: Span, moofs: list[Span]) -> list[Span]:
    if not moofs or b"mvex" not in boxes.first(moov):
        return []
    return [bounded(moof) for moof in moofs]


def _is_quicktime(view: memoryview) -> bool:
    return bytes(view[4:8]) != b"ftyp" or bytes(view[8:12]) == b"qt  "


def _tracks(boxes: Boxes, moov: Span) -> list[Track]:
    tracks: list[Track] = []
    scale = 0
    for name, start, end in boxes.within(moov):
        if name == b"mvhd":
            (version,) = take(boxes.view, (start, end), "B")
            (scale,) = take(boxes.view, (start, end), ">I", 20 if version else 12)
        elif name == b"trak":
            tracks.append(_track(boxes, (start, end), scale))
            if len(tracks) > MOST_TRACKS:
                raise Unreadable(f"The file has more than {MOST_TRACKS} tracks.")
    return tracks


def _track(boxes: Boxes, trak: Span, movie_scale: int) -> Track:
    view, found = boxes.view, boxes.first(trak, _INNER)
    (handler,) = take(view, need(found, b"hdlr"), "4s", 8)
    scale, ticks = _media_time(view, need(found, b"mdhd"))
    track = Track(_track_id(view, need(found, b"tkhd")), handler, scale, ticks, 0)
    if handler not in (_VIDEO, _SOUND):
        return track
    track = replace(track, samples=_sample_count(view, found))
    if b"elst" in found and movie_scale:
        track = replace(track, edited=_edited(view, found[b"elst"]) / movie_scale)
    if handler == _SOUND:
        (channels,) = take(view, need(found, b"stsd"), ">H", 32)
        return replace(track, channels=channels)
    width, height = take(view, need(found, b"stsd"), ">HH", 40)
    return replace(track, width=width, height=height)


def _track_id(view: memoryview, tkhd: Span) -> int:
    (version,) = take(view, tkhd, "B")
    (number,) = take(view, tkhd, ">I", 20 if version else 12)
    width, height = take(view, tkhd, ">II", 88 if version else 76)
    if max(width, height) >> 16 > MOST_PIXELS_A_SIDE:
        raise Unreadable("A track header states a picture that is too large.")
    return int(number)


def _media_time(view: memoryview, mdhd: Span) -> tuple[int, int]:
    (version,) = take(view, mdhd, "B")
    scale, ticks = take(view, mdhd, ">IQ" if version else ">II", 20 if version else 12)
    if not scale:
        raise Unreadable("A track has no time scale.")
    return scale, 0 if ticks == _FULL_WIDTH[bool(version)] else ticks


def _sample_count(view: memoryview, found: dict[bytes, Span]) -> int:
    """The number of samples, whose table has to fit its box; that of their times too."""
    stts = need(found, b"stts")
    (times,) = take(view, stts, ">I", 4)
    if b"stsz" in found:
        sizes = found[b"stsz"]
        same, count = take(view, sizes, ">II", 4)
        bits = 0 if same else 32
    else:
        sizes = need(found, b"stz2")
        bits, count = take(view, sizes, ">3xBI", 4)
    if 8 + 8 * times > stts[1] - stts[0] or 12 + bits * count // 8 > sizes[1] - sizes[0]:
        raise Unreadable("A sample table does not fit its box.")
    return int(count)


def _edited(view: memoryview, elst: Span) -> int:
    """How long the edit list plays the media, in the movie's time scale; 0 if unsaid."""
    version, count = take(view, elst, ">B3xI")
    if count > MOST_EDITS:
        raise Unreadable(f"A track has more than {MOST_EDITS} edits.")
    layout, step = (">Qq", 20) if version else (">Ii", 12)
    total = 0
    for row in range(count):
        length, begin = take(view, elst, layout, 8 + row * step)
        total += length if begin >= 0 else 0
    return total


def _extended(track: Track, run: Run | None) -> Track:
    if run is None:
        return track
    return replace(track, samples=track.samples + run.samples, ticks=track.ticks + run.ticks)


def _facts(name: str, size: int, tracks: Iterable[Track]) -> Facts:
    timed = [track for track in tracks if track.handler in (_VIDEO, _SOUND)]
    video = next((track for track in timed if track.handler == _VIDEO), None)
    sound = next((track for track in timed if track.handler == _SOUND), None)
    ms = round(1000 * max((track.seconds for track in timed), default=0))
    channels = sound.channels if sound else 0
    if video is None:
        if sound is None:
            raise Unreadable("The file has neither a picture nor a sound with a duration.")
        return Facts("audio", name, size, ms=ms, channels=channels)
    fps = round(video.samples * video.scale / video.ticks, 3)
    if fps > MOST_FPS:
        raise Unreadable("The video has too many pictures a second.")
    return Facts("video", name, size, video.width, video.height, ms, fps, channels)
