"""Files over HTTP: all of one, the part that was asked for, or that nothing has changed."""

import re
from collections.abc import Mapping

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
    headers = {**headers, "ETag": f'"{etag}"', "Accept-Ranges": "bytes"}
    known = request.headers.get("If-None-Match", "").replace(" ", "").split(",")
    if f'"{etag}"' in known and not whole:
        return web.Response(status=304, headers=headers)
    asked = None if whole else request.headers.get("Range")
    size, status = len(data), 200
    if asked is None or request.headers.get("If-Range", f'"{etag}"') != f'"{etag}"':
        span = None
    else:
        span = span_of(asked, size)
    first, last = (0, size - 1) if span is None else span
    if first > last and size:
        return web.Response(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    if span is not None:
        status, headers["Content-Range"] = 206, f"bytes {first}-{last}/{size}"
    if isinstance(data, bytes) and (size <= PORTION or not stream):
        return web.Response(
            status=status, body=data[first : last + 1], content_type=kind, headers=headers
        )
    source = Pieces.of(data) if isinstance(data, bytes) else data
    return Streamed(status, headers, kind, source, first, last + 1)


def span_of(asked: str, size: int) -> tuple[int, int] | None:
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
