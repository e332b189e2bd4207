"""Facts that a sample link states in its own query, and the bytes that a data URL carries."""

import binascii
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from simulator.core.media import Facts, MediaKind
from simulator.media.formats import SAMPLES, SUFFIXES
from simulator.media.reading import MOST_FPS, MOST_MS, MOST_PIXELS_A_SIDE, Unreadable

MOST_FIELDS = 64
MOST_CHANNELS = 64
MOST_SIZE = 1 << 40
MOST_DEFAULT = 1 << 25
WAV_RATE, WAV_HEADER = 48_000, 1_024

_MARK = "/_sim/media/"
_PATH = re.compile(
    _MARK + r"(image|video|audio)(?:\.([a-z0-9]{1,8})|/[^/.]*(?:\.([a-z0-9]{1,8}))?)?$"
)
# What can be written on a picture: a short and plain name.
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,11}")
_DATA = re.compile(r"data:(?:image|video|audio)/[a-z0-9.+-]{1,64};base64,")
_WHOLE = re.compile(r"[0-9]{1,13}")
_DECIMAL = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")
_DEFAULT_FORMATS = {"image": "png", "video": "mp4", "audio": "wav"}

# What a link may ask of each kind. In an order more may stand there, like a signature.
PARAMETERS: Mapping[MediaKind, tuple[str, ...]] = {
    "image": ("width", "height", "format", "size", "face"),
    "video": ("width", "height", "seconds", "fps", "format", "size", "channels", "face"),
    "audio": ("seconds", "format", "size", "channels"),
}

Query = Mapping[str, str]


def facts_of_link(url: str) -> Facts | None:
    """What a ``/_sim/media/`` link on any host says of itself; None for every other link."""
    if _MARK not in url:
        return None
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as wrong:
        raise Unreadable("The sample link is malformed.") from wrong
    path = _PATH.search(parts.path)
    if path is None or parts.scheme not in ("http", "https"):
        return None
    return _stated(path, dict(pairs))


def is_sample(url: str) -> bool:
    """Whether a link is one of a sample, whatever it says of itself."""
    try:
        return facts_of_link(url) is not None
    except Unreadable:
        return True


def label(path: str) -> str:
    """What is written on a sample with this path or file name: ``2`` for ``/image/2.png``."""
    name = path.rpartition("/")[2].partition(".")[0]
    return name if _LABEL.fullmatch(name) and name not in _DEFAULT_FORMATS else ""


def _stated(path: re.Match[str], query: Query) -> Facts:
    kind = path[1]
    name = _format(kind, query, path[2] or path[3])
    if kind == "image":
        return _image(name, query)
    return _video(name, query) if kind == "video" else _audio(name, query)


def _format(kind: str, query: Query, suffix: str | None) -> str:
    asked = query.get("format") or suffix or _DEFAULT_FORMATS[kind]
    name = SUFFIXES.get(asked, "")
    if not name or SAMPLES[name].kind != kind:
        raise Unreadable(f"A sample {kind} has no such format.")
    return name


def _image(name: str, query: Query) -> Facts:
    width = _whole(query, "width", 1024, 1, MOST_PIXELS_A_SIDE)
    height = _whole(query, "height", 1024, 1, MOST_PIXELS_A_SIDE)
    area = width * height
    # A bitmap holds a byte for each pixel; the others compress.
    size = _size(query, 2_048 + (width + 3) * height if name == "bmp" else 16_384 + area // 4)
    return Facts("image", name, size, width, height, face=_face(query))


def _video(name: str, query: Query) -> Facts:
    width = _whole(query, "width", 1280, 1, MOST_PIXELS_A_SIDE)
    height = _whole(query, "height", 720, 1, MOST_PIXELS_A_SIDE)
    ms = _ms(query)
    fps = round(_decimal(query, "fps", 24, MOST_FPS), 3)
    if not fps:
        raise Unreadable("The sample link has a fps of zero.")
    # About the rate of a well compressed video: a quarter of a bit for each pixel shown.
    size = _size(query, min(MOST_DEFAULT, 65_536 + round(width * height * fps * ms / 32_000)))
    channels = _whole(query, "channels", 0, 0, MOST_CHANNELS)
    return Facts("video", name, size, width, height, ms, fps, channels, _face(query))


def _audio(name: str, query: Query) -> Facts:
    ms = _ms(query)
    channels = _whole(query, "channels", 1, 1, MOST_CHANNELS)
    wav = WAV_HEADER + ms * WAV_RATE * 2 * channels // 1000
    size = _size(query, wav if name == "wav" else 4_096 + 16 * ms)
    return Facts("audio", name, size, ms=ms, channels=channels)


def _ms(query: Query) -> int:
    ms = round(1000 * _decimal(query, "seconds", 5, MOST_MS / 1000))
    if not ms:
        raise Unreadable("The sample link has a duration of zero.")
    return ms


def _face(query: Query) -> bool:
    return bool(_whole(query, "face", 0, 0, 1))


def _size(query: Query, default: int) -> int:
    return _whole(query, "size", default, 1, MOST_SIZE)


def _whole(query: Query, name: str, default: int, least: int, most: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not _WHOLE.fullmatch(text) or not least <= int(text) <= most:
        raise Unreadable(f"The sample link's {name} is not a whole number from {least} to {most}.")
    return int(text)


def _decimal(query: Query, name: str, default: float, most: float) -> float:
    text = query.get(name)
    if text is None:
        return default
    if not _DECIMAL.fullmatch(text) or float(text) > most:
        raise Unreadable(f"The sample link's {name} is not a number up to {most:g}.")
    return float(text)


def decode_data_url(url: str, limit: int) -> bytes:
    """The bytes of a ``data:`` URL of an image, video or audio, if they are at most ``limit``."""
    head = _DATA.match(url)
    if head is None:
        raise Unreadable("The data URL does not begin with an image type and base64.")
    text = url[head.end() :]
    if len(text) // 4 * 3 > limit + 2:
        raise Unreadable(f"The data URL holds more than {limit} bytes.")
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as wrong:
        raise Unreadable("The data URL is not well-formed base64.") from wrong
    # Strict decoding still lets surplus padding pass.
    if len(data) != len(text) * 3 // 4 - text.endswith("=") - text.endswith("=="):
        raise Unreadable("The data URL is not well-formed base64.")
    if len(data) > limit:
        raise Unreadable(f"The data URL holds more than {limit} bytes.")
    return data
