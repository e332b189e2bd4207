"""Sample references, made with exactly the properties that a link asks for."""

import asyncio
import hashlib
import re
from collections import OrderedDict
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl

from aiohttp import web

from simulator.clips.process import Ffmpeg, StudioError
from simulator.control.calls import Asked, Wrong
from simulator.core.media import Facts
from simulator.media.reading import Unreadable

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from simulator.media.pieces import Pieces

AT_ONCE = 2
MOST_WAITING = 64
CACHE_BYTES = 64 * 1024 * 1024

# Which parameter a refusal of a sample is about, by a word of its text.
_FIELDS = (
    (re.compile(r"link's (\w+) is"), None),
    (re.compile(r"format"), "format"),
    (re.compile(r"bytes"), "size"),
    (re.compile(r"channel"), "channels"),
    (re.compile(r"pictures|fps"), "fps"),
    (re.compile(r"lasts|duration"), "seconds"),
    (re.compile(r"width|pixels"), "width"),
)


class Wish(NamedTuple):
    """A sample that was asked for: its properties, and what is written on it."""

    facts: Facts
    label: str


class Samples:
    """Renders samples, two at a time, and keeps the last ones, as many as their memory allows."""

    def __init__(self, ffmpeg: str | None) -> None:
        self._tool = Ffmpeg(ffmpeg)
        self._busy: dict[Wish, asyncio.Future[Pieces]] = {}
        self._kept: OrderedDict[Wish, Pieces] = OrderedDict()
        self._bytes = 0

    @cached_property
    def _threads(self) -> "ThreadPoolExecutor":
        from concurrent.futures import ThreadPoolExecutor  # with the first sample

        return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="samples")

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """The sample that a ``/_sim/media/`` link describes, or the part of it that is asked."""
        from simulator.http.ranges import ranged  # needed by few servers
        from simulator.media.formats import content_type
        from simulator.media.link import PARAMETERS, facts_of_link, label

        if request.method not in ("GET", "HEAD"):
            headers = {"Allow": "GET, HEAD"}
            raise Wrong("method_not_allowed", "samples are read with GET", None, 405, headers)
        try:
            facts = facts_of_link(f"http://sim{request.raw_path}")
            if facts is None:
                raise Wrong("not_found", "there are image, video and audio samples", None, 404)
            query = dict(parse_qsl(request.raw_path.partition("?")[2], keep_blank_values=True))
            Asked({}, query).parameters(*PARAMETERS[facts.kind])
            wish = Wish(facts, label(request.path))
            sample = await self._sample(wish)
        except Unreadable as wrong:
            raise Wrong("bad_value", wrong.reason, _field(wrong.reason)) from None
        except StudioError as error:
            raise Wrong("no_ffmpeg", str(error), None, 500) from None
        headers = {"Cache-Control": "public, max-age=86400"}
        etag = hashlib.sha256(repr(wish).encode()).hexdigest()[:32]
        return ranged(request, sample, etag, content_type(facts.format), headers)

    async def close(self) -> None:
        if "_threads" in vars(self):
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def _sample(self, wish: Wish) -> "Pieces":
        kept = self._kept.get(wish)
        if kept is not None:
            self._kept.move_to_end(wish)
            return kept
        if wish not in self._busy:
            if len(self._busy) >= MOST_WAITING:
                raise Wrong("busy", "too many samples are being made", None, 503)
            loop = asyncio.get_running_loop()
            made = loop.run_in_executor(self._threads, _make, wish, self._tool.executable())
            self._busy[wish] = made
            made.add_done_callback(lambda done: self._keep(wish, done))
        return await asyncio.shield(self._busy[wish])

    def _keep(self, wish: Wish, done: "asyncio.Future[Pieces]") -> None:
        self._busy.pop(wish, None)
        if done.cancelled() or done.exception() is not None:
            return
        self._kept[wish] = done.result()
        self._bytes += done.result().held
        while self._bytes > CACHE_BYTES:
            self._bytes -= self._kept.popitem(last=False)[1].held


def _make(wish: Wish, ffmpeg: str) -> "Pieces":
    from simulator.media import samples  # pillow and its plug-ins are not needed before

    return samples.pieces(wish.facts, ffmpeg, wish.label)


def _field(reason: str) -> str | None:
    """The parameter that a refusal is about."""
    for pattern, name in _FIELDS:
        found = pattern.search(reason)
        if found is not None:
            return name or found[1]
    return None
