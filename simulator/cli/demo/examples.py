"""The example orders of every dialect, with media of our own in them."""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.core.media import Facts, MediaKind
from simulator.core.samples import Sample, filled
from simulator.engine.dialect import Dialect

# Samples of the server that have the properties which their addresses name.
LINKS: Mapping[MediaKind, str] = {
    "image": "/_sim/media/image/{number}.png?width={width}&height={height}",
    "video": "/_sim/media/video/walk.mp4?width=1280&height=720&seconds=5&fps=24",
    "audio": "/_sim/media/audio/drums.mp3?seconds=5",
}
WIDTH, HEIGHT = 1280, 720


@dataclass(frozen=True, slots=True)
class File:
    """A file of a form: its name, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Example:
    """A request: its dialect, what kind of order it is, and its body."""

    dialect: str
    mode: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Media:
    """Files for the dialects that take files, and for links that carry their bytes."""

    images: tuple[File, ...]
    video: File
    audio: File

    @classmethod
    def render(cls) -> "Media":
        """Make the files with the ffmpeg that is installed."""
        from imageio_ffmpeg import get_ffmpeg_exe

        from simulator.media.samples import render

        tool = get_ffmpeg_exe()
        png, jpeg = (Facts("image", name, 0, 960, 540) for name in ("png", "jpeg"))
        video = Facts("video", "mp4", 0, 1280, 720, 10_000, 24.0)
        audio = Facts("audio", "mp3", 0, ms=30_000, channels=1)
        return cls(
            (
                File("character.png", render(png, tool, "1")),
                File("scene.jpg", render(jpeg, tool, "2")),
                File("lighting.jpg", render(jpeg, tool, "3")),
            ),
            File("reference.mp4", render(video, tool, "walk")),
            File("music.mp3", render(audio, tool)),
        )

    def of(self, sample: Sample) -> File:
        """The file that stands for a sample."""
        if sample.kind == "image":
            return self.images[sample.number - 1]
        return self.video if sample.kind == "video" else self.audio


def examples(dialects: Iterable[Dialect], media: Media, base: str) -> Iterator[Example]:
    """All of them; links lead to samples of the server at ``base``."""

    def put(sample: Sample) -> Any:
        if sample.form == "file":
            return media.of(sample)
        return link(sample, base) if sample.form == "link" else inline(media.of(sample))

    for dialect in dialects:
        orders = dialect.examples or {"text": dialect.example}
        yield from (Example(dialect.name, mode, filled(body, put)) for mode, body in orders.items())


def link(sample: Sample, base: str) -> str:
    """The address of a sample of the server at ``base``."""
    width, height = (HEIGHT, WIDTH) if sample.upright else (WIDTH, HEIGHT)
    return base + LINKS[sample.kind].format(number=sample.number, width=width, height=height)


def inline(file: File) -> str:
    """A picture as a ``data:`` URL."""
    return f"data:image/png;base64,{b64encode(file.data).decode()}"
