"""The request examples of every document, with prompts and media of our own."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.core.media import Facts

TEXT = "A paper boat sails down a rainy street, the camera low above the water"
IMAGES = "The lighthouse keeper of image 1 waves at the ship of image 2 in the evening light"
SOUND = "Follow the camera of the video past the market stalls, to the rhythm of the music"
FRAMES = "The empty table of the first picture becomes the laid one of the last"


@dataclass(frozen=True, slots=True)
class File:
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

    def inline(self) -> str:
        """The first image as a ``data:`` URL."""
        return f"data:image/png;base64,{b64encode(self.images[0].data).decode()}"


def examples(media: Media, base: str) -> Iterator[Example]:
    """All of them; links lead to samples of the server at ``base``."""
    links = Links(base)
    yield from _named("nbility", nbility(media))
    yield from _named("uniall", uniall(links))
    yield from _named("evolink", evolink(links))
    yield from _named("octopusx", octopusx(links))
    yield from _named("apiyi", apiyi(links, media))
    yield from _named("ark", ark(links))
    yield from _named("newapi", newapi(links))


def _named(dialect: str, bodies: Mapping[str, Mapping[str, Any]]) -> Iterator[Example]:
    return (Example(dialect, mode, body) for mode, body in bodies.items())


@dataclass(frozen=True, slots=True)
class Links:
    """Links to samples that have the properties which they name."""

    base: str

    def image(self, number: int, width: int = 1280, height: int = 720) -> str:
        size = f"width={width}&height={height}"
        return f"{self.base}/_sim/media/image/{number}.png?{size}"

    @property
    def video(self) -> str:
        return f"{self.base}/_sim/media/video/walk.mp4?width=1280&height=720&seconds=5&fps=24"

    @property
    def audio(self) -> str:
        return f"{self.base}/_sim/media/audio/drums.mp3?seconds=5"


def nbility(media: Media) -> dict[str, dict[str, Any]]:
    first, second, third = media.images
    return {
        "text": {
            "model": "seedance-2-720p",
            "prompt": TEXT,
            "duration": 5,
            "ratio": "16:9",
        },
        "images": {
            "model": "seedance-2-1080p",
            "prompt": IMAGES,
            "duration": 8,
            "ratio": "16:9",
            "image_1": first,
            "image_2": second,
            "image_3": third,
        },
        "video-audio": {
            "model": "seedance-2-720p",
            "prompt": SOUND,
            "duration": 10,
            "ratio": "16:9",
            "video": media.video,
            "audio": media.audio,
        },
    }


def uniall(links: Links) -> dict[str, dict[str, Any]]:
    return {
        "text": {
            "model": "seedance2.0-720p",
            "prompt": TEXT,
            "duration": 8,
            "aspect_ratio": "16:9",
            "extra_body": {"generate_audio": False, "seed": 42, "watermark": False},
        },
        "images": {
            "model": "seedance2.0-fast-720p",
            "prompt": IMAGES,
            "images": [links.image(1, 720, 1280), links.image(2, 720, 1280)],
            "duration": 6,
            "aspect_ratio": "9:16",
            "extra_body": {"generate_audio": True, "camera_fixed": False},
        },
        "video-audio": {
            "model": "seedance2.0-mini-720p",
            "prompt": SOUND,
            "videos": [links.video],
            "audios": [links.audio],
            "duration": 5,
            "aspect_ratio": "1:1",
        },
        "first-last": {
            "model": "seedance2.0-480p",
            "prompt": FRAMES,
            "image": links.image(1),
            "last_image": links.image(2),
            "duration": 5,
            "extra_body": {"operation": "first_last_frame"},
        },
    }


def evolink(links: Links) -> dict[str, dict[str, Any]]:
    reference = "seedance-2.0-reference-to-video"
    return {
        "text": {"model": "seedance-2.0-text-to-video", "prompt": TEXT, "duration": 5},
        "images": {
            "model": reference,
            "prompt": IMAGES,
            "image_urls": [links.image(1), links.image(2)],
            "duration": 10,
            "quality": "720p",
            "aspect_ratio": "16:9",
            "generate_audio": True,
        },
        "video-audio": {
            "model": reference,
            "prompt": SOUND,
            "video_urls": [links.video],
            "audio_urls": [links.audio],
            "duration": 5,
            "quality": "480p",
            "aspect_ratio": "adaptive",
        },
        "first-last": {
            "model": "seedance-2.0-image-to-video",
            "prompt": FRAMES,
            "image_urls": [links.image(1), links.image(2)],
            "duration": 4,
        },
    }


def octopusx(links: Links) -> dict[str, dict[str, Any]]:
    standard, fast = "doubao-seedance-2-0-260128", "doubao-seedance-2-0-fast-260128"
    return {
        "text": {
            "model": standard,
            "content": [_text(TEXT)],
            "metadata": {"duration": 5, "resolution": "720p", "ratio": "16:9"},
        },
        "images": {
            "model": fast,
            "content": [
                _text(IMAGES),
                _item("image", links.image(1), "reference_image"),
                _item("image", links.image(2), "reference_image"),
            ],
            "metadata": {"duration": 5, "ratio": "4:3", "watermark": False},
        },
        "video-audio": {
            "model": standard,
            "content": [
                _text(SOUND),
                _item("video", links.video, "reference_video"),
                _item("audio", links.audio, "reference_audio"),
            ],
            "metadata": {"duration": 5, "ratio": "adaptive", "generate_audio": True},
        },
        "first-last": {
            "model": standard,
            "content": [
                _text(FRAMES),
                _item("image", links.image(1), "first_frame"),
                _item("image", links.image(2), "last_frame"),
            ],
            "metadata": {"duration": 5, "resolution": "480p"},
        },
    }


def apiyi(links: Links, media: Media) -> dict[str, dict[str, Any]]:
    model = "doubao-seedance-2-0-fast-260128"
    return {
        "text": {
            "model": model,
            "content": [_text(TEXT)],
            "resolution": "720p",
            "ratio": "16:9",
            "duration": 5,
            "generate_audio": False,
        },
        "images": {
            "model": model,
            "content": [
                _text(IMAGES),
                _item("image", links.image(1), "reference_image"),
                _item("image", links.image(2), "reference_image"),
            ],
            "ratio": "21:9",
        },
        "video-audio": {
            "model": model,
            "content": [
                _text(SOUND),
                _item("image", links.image(1), "reference_image"),
                _item("video", links.video, "reference_video"),
                _item("audio", links.audio, "reference_audio"),
            ],
            "ratio": "adaptive",
            "duration": -1,
        },
        "first-last": {
            "model": model,
            "content": [
                _text(FRAMES),
                _item("image", media.inline(), "first_frame"),
                _item("image", links.image(2), "last_frame"),
            ],
            "ratio": "adaptive",
        },
    }


def ark(links: Links) -> dict[str, dict[str, Any]]:
    model = "doubao-seedance-2-0-260128"
    return {
        "text": {"model": model, "content": [_text(TEXT)], "ratio": "16:9", "duration": 5},
        "images": {
            "model": "dreamina-seedance-2-0-fast-260128",
            "content": [
                _text(IMAGES),
                _item("image", links.image(1), "reference_image"),
                _item("image", links.image(2), "reference_image"),
            ],
            "ratio": "1:1",
        },
        "video-audio": {
            "model": model,
            "content": [
                _text(SOUND),
                _item("video", links.video, "reference_video"),
                _item("audio", links.audio, "reference_audio"),
            ],
            "resolution": "480p",
        },
        "first-last": {
            "model": "doubao-seedance-2-0-mini-260615",
            "content": [
                _text(FRAMES),
                _item("image", links.image(1), "first_frame"),
                _item("image", links.image(2), "last_frame"),
            ],
            "resolution": "480p",
            "return_last_frame": True,
        },
    }


def newapi(links: Links) -> dict[str, dict[str, Any]]:
    standard, fast = "doubao-seedance-2-0-260128", "doubao-seedance-2-0-fast-260128"
    return {
        "text": {
            "model": standard,
            "prompt": TEXT,
            "metadata": {"resolution": "720p", "ratio": "16:9", "duration": 5},
        },
        "images": {
            "model": fast,
            "prompt": IMAGES,
            "seconds": "6",
            "metadata": {
                "ratio": "4:3",
                "content": [
                    _item("image", links.image(1), "reference_image"),
                    _item("image", links.image(2), "reference_image"),
                ],
            },
        },
        "video-audio": {
            "model": standard,
            "prompt": SOUND,
            "metadata": {
                "ratio": "adaptive",
                "content": [
                    _item("video", links.video, "reference_video"),
                    _item("audio", links.audio, "reference_audio"),
                ],
            },
        },
        "first-last": {
            "model": standard,
            "prompt": FRAMES,
            "metadata": {
                "resolution": "480p",
                "content": [
                    _item("image", links.image(1), "first_frame"),
                    _item("image", links.image(2), "last_frame"),
                ],
            },
        },
    }


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _item(kind: str, url: str, role: str) -> dict[str, Any]:
    return {"type": f"{kind}_url", f"{kind}_url": {"url": url}, "role": role}
