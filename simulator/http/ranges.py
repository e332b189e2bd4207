"""Files over HTTP: all of one, the part that was asked for, or that nothing has changed."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from aiohttp import web

from simulator.media.pieces import PORTION, Pieces, Streamed

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def ranged(
    request: web.BaseRequest,
    data: bytes | Pieces,
    etag: str,
    kind: str,
    headers: Mapping[str, str],
    *,
    stream: bool = True,
    whole: bool = False,
) -> web.StreamResponse:
    """The whole of the bytes, or the one range that the request asks for.

    What is long is streamed, unless somebody still has to change the bytes of the answer. Who gives
    ``whole`` files only passes the headers on that speak of parts.
    """
    size, tag = len(data), f'"{etag}"'
    status, first, end, more = part_of({} if whole else request.headers, size, tag)
    headers = {**headers, "ETag": tag, "Accept-Ranges": "bytes", **more}
    if status in (304, 416):
        return web.Response(status=status, headers=headers)
    if isinstance(data, bytes) and (size <= PORTION or not stream):
        return web.Response(status=status, body=data[first:end], content_type=kind, headers=headers)
    source = Pieces.of(data) if isinstance(data, bytes) else data
    return Streamed(status, headers, kind, source, first, end)


class Part(NamedTuple):
    """What of a file is given: its bytes from ``first`` to before ``end``, with these headers."""

    status: int
    first: int
    end: int
    headers: Mapping[str, str]


def part_of(asked: Mapping[str, str], size: int, etag: str) -> Part:
    """What a request's headers ask for of so many bytes; a 304 and a 416 have none of them.

    ``asked`` takes names in any case. ``etag`` has its quotes, and is empty where there is none.
    """
    if etag and etag in asked.get("If-None-Match", "").replace(" ", "").split(","):
        return Part(304, 0, 0, {})
    span = None
    if "Range" in asked and asked.get("If-Range", etag) == etag:
        span = _span_of(asked["Range"], size)
    if span is None:
        return Part(200, 0, size, {})
    first, last = span
    if first > last:
        return Part(416, 0, 0, {"Content-Range": f"bytes */{size}"})
    return Part(206, first, last + 1, {"Content-Range": f"bytes {first}-{last}/{size}"})


def _span_of(asked: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a range; last before first if it cannot be had, None if it is odd."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None or found.group(0) == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        length = min(int(last), size)
        return (size - length, size - 1) if length else (1, 0)
    if last and int(last) < int(first):
        return None
    return (
        (int(first), min(int(last), size - 1) if last else size - 1)
        if int(first) < size
        else (1, 0)
    )
