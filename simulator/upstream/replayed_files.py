"""The files of a recording: behind links that end when they did, and behind calls with a key.

Bytes that were kept are given as they are, once they have the digest they were recorded with. Where
only facts were kept, a clip is rendered of what was ordered.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import file_digest
from http import HTTPStatus
from pathlib import Path

import msgspec
from multidict import CIMultiDict

from simulator.clips.lazy import LateStudio
from simulator.core.media import Rendition
from simulator.core.task import Task
from simulator.engine import Engine
from simulator.engine.call import Call
from simulator.engine.dialect import Dialect
from simulator.http.denials import ERRORS, Denied
from simulator.http.ranges import part_of
from simulator.http.rendering import content_type, render
from simulator.media.pieces import Pieces
from simulator.upstream import claims
from simulator.upstream.cassette import SAID_ANEW, Cassette, Interaction, Kept, shape
from simulator.upstream.claims import Claim
from simulator.upstream.passed import Passed
from simulator.upstream.passing import Silent
from simulator.upstream.retelling import dated, expires, http_date, named
from simulator.upstream.streaming import File

PORTION = 1 << 20
# Said anew, or of the part alone that was asked for then.
_ANEW = SAID_ANEW | {"content-range"}
_MOMENTS = ("last-modified", "expires")

Portions = Callable[[int, int], AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: ``found`` are its recorded downloads, ``claim`` whose task it is."""

    place: str
    found: Sequence[Interaction]
    claim: Claim | None
    shift: int
    now: int
    image: bool = False


@dataclass(slots=True)
class ReplayedFiles:
    """The store of a recording; ``simulate`` renders the clips that nobody fetched then."""

    dialect: Dialect
    cassette: Cassette
    engine: Engine
    studio: LateStudio
    simulate: bool = False
    _sound: set[Path] = field(default_factory=set)

    @asynccontextmanager
    async def file(
        self, link: Passed, method: str, headers: Mapping[str, str], call: Call | None
    ) -> AsyncIterator[File]:
        """The recorded file behind a link or a call."""
        wanted = await (self._behind(link) if call is None else self._called(call))
        ends = expires(link.url) if call is None else None
        if ends is not None and wanted.now >= ends:
            yield _old()
        else:
            yield await self._brought(wanted, method, headers)

    async def close(self) -> None:
        """Nothing is open."""

    async def _behind(self, link: Passed) -> Wanted:
        claim, now, shift = await self._claim(link.task)
        url = link.url.partition("?")[0]
        if claim is not None:
            url = named(url, {claim.id: claim.task})
        image = url.lower().endswith((".png", ".jpg", ".jpeg", ".webp"))
        return Wanted(url, self.cassette.of_link(url), claim, shift, now, image)

    async def _called(self, call: Call) -> Wanted:
        _, args = self.dialect.match(call.method, call.path, call.query)
        shown = args.get("id", "")
        claim, now, shift = await self._claim(shown)
        target = shape(call.target, shown)
        life = [] if claim is None else self.cassette.lives[claim.task]
        found = [one for one in life if (one.call, one.target) == ("download", target)]
        return Wanted(f"{call.method} {call.path}", found, claim, shift, now)

    async def _claim(self, shown: str) -> tuple[Claim | None, int, int]:
        """Whose task an id is, the time there, and how much later that is than it was."""
        item = await claims.anybody(self.engine, shown) if shown else None
        if item is None:
            return None, self.engine.clocks.seen(), 0
        claim = Claim.of(item)
        life = self.cassette.lives.get(claim.task)
        if life is None:  # a server with another recording gave it out, on the same store
            raise Silent(f"{claim.task[:80]!r} is not in this recording")
        shift = claim.born - life[0].at
        return claim, await self.engine.clocks.now(item.account), shift

    async def _brought(self, wanted: Wanted, method: str, headers: Mapping[str, str]) -> File:
        said = _said(wanted)
        if said is not None and (said.status or 500) >= 300:
            return _told(said, wanted)
        if said is not None and said.file is not None and said.file.path is not None:
            size, portions = await self._stored(said.file)
            etag = said.headers.get("etag", "")
            return _part(said.headers, wanted, method, headers, size, portions, etag)
        return await self._rendered(wanted, said, method, headers)

    async def _stored(self, kept: Kept) -> tuple[int, Portions]:
        """A file of the recording; Silent where it is not the one that was recorded."""
        path = kept.path
        assert path is not None
        try:
            if path not in self._sound:
                if await asyncio.to_thread(_digest, path) != kept.digest:
                    raise Silent(f"the file {kept.digest} of the recording has another digest")
                self._sound.add(path)
            size = path.stat().st_size
        except OSError as error:
            raise Silent(f"the file {kept.digest} cannot be read: {error.strerror}") from None

        async def portions(first: int, end: int) -> AsyncIterator[bytes]:
            for at in range(first, end, PORTION):
                yield await asyncio.to_thread(_read, path, at, min(PORTION, end - at))

        return size, portions

    async def _rendered(
        self, wanted: Wanted, said: Interaction | None, method: str, headers: Mapping[str, str]
    ) -> File:
        """A clip of what was ordered, in the place of one of which no bytes were kept."""
        task = None
        if wanted.claim is not None and (said is not None or self.simulate):
            task = await self.engine.task(self.dialect.reader.meant(wanted.claim.id))
        if task is None:
            return _missing(wanted, said)
        kind = "" if said is None else said.headers.get("content-type", "")
        image = wanted.image or kind.startswith("image/")
        rendition = Rendition.LAST_FRAME if image else Rendition.CLIP
        return await self._drawn(task, rendition, wanted, method, headers)

    async def _drawn(
        self,
        task: Task,
        rendition: Rendition,
        wanted: Wanted,
        method: str,
        headers: Mapping[str, str],
    ) -> File:
        try:
            made = await render(task, rendition, self.engine, self.studio)
        except Denied as denied:
            raise Silent(denied.detail) from None
        source = Pieces.of(made.data) if isinstance(made.data, bytes) else made.data

        async def portions(first: int, end: int) -> AsyncIterator[bytes]:
            for portion in source.read(first, end):
                yield bytes(portion)

        known = {"content-type": content_type(rendition, task), "etag": f'"{made.etag}"'}
        return _part(known, wanted, method, headers, len(source), portions, f'"{made.etag}"')


def _said(wanted: Wanted) -> Interaction | None:
    """The download that is the one now: the last by its age, and a whole file before a part."""
    if not wanted.found:
        return None
    due = [one for one in wanted.found if one.at + wanted.shift <= wanted.now]
    last = (due or wanted.found)[-1 if due else 0]
    whole = [one for one in wanted.found if one.file is not None]
    in_part = last.file is None and (last.status or 500) < 300
    return whole[-1] if whole and (in_part or last.refused_for_now) else last


def _part(
    recorded: Mapping[str, str],
    wanted: Wanted,
    method: str,
    asked: Mapping[str, str],
    size: int,
    portions: Portions,
    etag: str,
) -> File:
    """The file, or the part of it that is asked for."""
    status, first, end, more = part_of(CIMultiDict(asked), size, etag)
    headers = {**_headers(recorded, wanted), "Accept-Ranges": "bytes", **more}
    pieces = _nothing() if method == "HEAD" or first == end else portions(first, end)
    return File(status, headers, pieces, end - first)


def _headers(recorded: Mapping[str, str], wanted: Wanted) -> dict[str, str]:
    found = {}
    for name, value in recorded.items():
        if name in _ANEW:
            continue
        if name in _MOMENTS:
            value = http_date(value, wanted.shift)
        elif name == "location":
            claim = wanted.claim
            value = named(
                dated(value, wanted.shift), {} if claim is None else {claim.task: claim.id}
            )
        found[name.title()] = value
    return found


def _told(said: Interaction, wanted: Wanted) -> File:
    """A download that was refused, or led elsewhere, is so again."""
    if said.status is None:
        raise Silent(said.silence)
    return File(said.status, _headers(said.headers, wanted), _one(said.body), len(said.body))


def _old() -> File:
    """What the store says to a link that has ended."""
    status, code, message, ec = ERRORS["old"]
    return _json(status, {"Code": code, "Message": message, "EC": ec}, {"Server": "TosServer"})


def _missing(wanted: Wanted, said: Interaction | None) -> File:
    why = "the recording has no file of" if said is None else "only facts were recorded of"
    hint = "" if said is not None else "; --else simulate renders one"
    error = {"code": "not_recorded", "message": f"{why} {wanted.place}{hint}", "field": None}
    return _json(HTTPStatus.NOT_IMPLEMENTED, {"error": error}, {"X-Should-Retry": "false"})


def _json(status: int, body: Mapping[str, object], headers: Mapping[str, str]) -> File:
    raw = msgspec.json.encode(body)
    return File(status, {**headers, "Content-Type": "application/json"}, _one(raw), len(raw))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _read(path: Path, first: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(first)
        return file.read(length)


async def _one(raw: bytes) -> AsyncIterator[bytes]:
    if raw:
        yield raw


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
