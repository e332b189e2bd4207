"""The clip's link where it stands at none of its documented places: the one link that can be it."""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from conformance.catalogue.wire import Dialect
from conformance.untrusted.bounds import is_link

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
TELLING = re.compile(r"video|clip|result|output|download|\.mp4|\.mov", re.IGNORECASE)
DEEP = 8


def link(dialect: Dialect, body: Any, sent: Collection[str]) -> tuple[str, str] | None:
    """Place and link of what must be the clip; None where no link is, or more than one could be.

    `sent` are the texts of the task's order, whose links an answer may repeat.
    """
    found = {
        value: place
        for place, value in _links(body)
        if place not in dialect.answer["last_frame"] and value not in sent and not _picture(value)
    }
    if len(found) > 1:
        found = {value: place for value, place in found.items() if TELLING.search(place + value)}
    return (
        next(((place, value) for value, place in found.items()), None) if len(found) == 1 else None
    )


def _links(value: Any, place: str = "", deep: int = DEEP) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and is_link(value):
        yield place, value
    elif deep and isinstance(value, Mapping):
        for key, item in value.items():
            yield from _links(item, f"{place}/{key}", deep - 1)
    elif deep and isinstance(value, list):
        for number, item in enumerate(value[:20]):
            yield from _links(item, f"{place}/{number}", deep - 1)


def _picture(url: str) -> bool:
    return PurePosixPath(urlsplit(url).path).suffix.lower() in PICTURES
