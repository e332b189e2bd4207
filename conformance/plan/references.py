"""What stands for a placeholder on the wire: a link, bytes, an asset, a task."""

import base64
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

from conformance.plan import samples

MEDIA, CALLBACK = "--media-url", "--callback-url"
DATA = "$data-"
# Begins a prompt that is marked by its run and its name, so that it is known where it arrives.
ORDERED = "$ordered:"
# What an answer of the run gives, and nothing else.
MADE = ("$task", "$draft", "$asset", "$group", "$spare", "$spare-asset")
# A run sends a few small ones again and again, and to make one takes a tenth of a second. Not all
# are kept that are ever made: those that are as large as may be have tens of megabytes.
_sample = lru_cache(maxsize=32)(samples.sample)


class Missing(Exception):
    """A placeholder that nothing can stand for here; `option` is what would help, if one does."""

    def __init__(self, reason: str, option: str = "") -> None:
        super().__init__(reason)
        self.option = option


@dataclass(frozen=True, slots=True)
class File:
    """A part of a form."""

    name: str
    raw: bytes
    kind: str


@dataclass
class References:
    """Where the media of a run come from."""

    media_url: str | None = None
    simulated: bool = False
    callback: str | None = None
    known: dict[str, str] = field(default_factory=dict)

    def link(self, placeholder: str) -> str:
        """What a JSON order says for a placeholder."""
        if placeholder in self.known:
            return self.known[placeholder]
        if placeholder.startswith(ORDERED):
            return self.marked(placeholder)
        if placeholder.startswith("$callback"):
            return self._callback(placeholder)
        if placeholder.startswith("$asset-"):
            raise Missing("there is no asset of the account's own")
        if placeholder in MADE:
            raise Missing(f"there is no {placeholder[1:]} yet")
        if placeholder == "$png64":
            return base64.b64encode(_sample("image", 1, "width=300&height=300")[0]).decode()
        if placeholder.startswith(DATA):
            file = self.data(placeholder)
            return f"data:{file.kind};base64,{base64.b64encode(file.raw).decode()}"
        return self._medium(placeholder)

    def data(self, placeholder: str) -> File:
        """What a data: link holds for a placeholder, small where nothing else is asked for."""
        medium, number, wish = parsed(placeholder.replace(DATA, "$"))
        small = "width=320&height=320" if medium == "image" else "seconds=3"
        raw, kind = _sample(medium, number, wish or small)
        return File(samples.name(medium, number, wish), raw, kind)

    def marked(self, placeholder: str) -> str:
        """The words of a prompt that begins with its name, with the run and the name in front."""
        name, _, words = placeholder.removeprefix(ORDERED).partition(" ")
        return f"{mark(self.known.get('$run', ''), name)} {words}"

    def file(self, placeholder: str, field: str = "video") -> File:
        """What a form holds for a placeholder in a field."""
        if placeholder == "$text":
            name, kind = ("mp3", "audio/mpeg") if "audio" in field else ("mp4", "video/mp4")
            return File(f"reference.{name}", b"These bytes are no medium at all.\n", kind)
        medium, number, wish = parsed(placeholder)
        raw, kind = _sample(medium, number, wish)
        return File(samples.name(medium, number, wish), raw, kind)

    def _callback(self, placeholder: str) -> str:
        if self.callback is None:
            raise Missing("there is no receiver (--callback-url and --callback-listen)", CALLBACK)
        return self.callback + placeholder.removeprefix("$callback").replace("-", "/", 1)

    def _medium(self, placeholder: str) -> str:
        if self.media_url is None:
            raise Missing("there are no reference media (--media-url)", MEDIA)
        if placeholder == "$text":
            nothing = "../health" if self.simulated else "text.txt"
            return f"{self.media_url.rstrip('/')}/{nothing}".replace("media/../", "")
        medium, number, wish = parsed(placeholder)
        if not self.simulated:
            return f"{self.media_url.rstrip('/')}/{samples.name(medium, number, wish)}"
        properties = {**usual(medium, number), **dict(parse_qsl(wish))}
        return f"{self.media_url.rstrip('/')}/{medium}/{number}?{urlencode(properties)}"


def mark(run: str, name: str) -> str:
    """What marks a prompt of a run."""
    return f"({run} {name})"


def usual(medium: str, number: int) -> dict[str, str]:
    """Properties within every limit known, different for different numbers."""
    if medium == "image":
        return {"width": str(960 + 8 * number), "height": "960"}
    if medium == "video":
        return {"width": "640", "height": "640", "seconds": "4", "fps": samples.rate(number)}
    return {"seconds": "4"}


def parsed(placeholder: str) -> tuple[str, int, str]:
    """Medium, number and properties of `$video2?seconds=8`."""
    head, _, wish = placeholder[1:].partition("?")
    medium = head.rstrip("0123456789")
    if medium not in samples.USUAL:
        raise Missing(f"{placeholder} stands for nothing that the suite knows")
    return medium, int(head[len(medium) :] or 1), wish
