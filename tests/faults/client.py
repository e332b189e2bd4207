"""A small client that is correct: it knows what gateways get wrong and never pays twice.

It keeps the id that a create call gave, gives no order again whose fate it does not know, takes
unknown words for waiting, tries again with growing pauses, fetches clips without its key and looks
at what it got.
"""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

import av
from aiohttp import ClientError, ClientSession, ClientTimeout, FormData

from simulator.core.pointers import ABSENT, above, get
from simulator.core.reader import Reader
from simulator.core.task import Phase

# Under what names gateways hide the id of a new task.
IDS = ("/id", "/task_id", "/generation_id", "/data/task_id", "/data/id")
DEADLINE, PATIENCE, UNKNOWN_FOR = 900.0, 8, 60.0
HOPELESS = 3

Kind = Literal[
    "unclear", "refused", "failed", "no output", "download", "not as ordered", "too long"
]


class Trouble(Exception):
    """What the client tells its user; ``task`` is the id, so that nothing that was paid is lost."""

    def __init__(self, kind: Kind, text: str, task: str = "") -> None:
        super().__init__(f"{kind}: {text}" + (f" (task {task})" if task else ""))
        self.kind, self.text, self.task = kind, text, task


class Transient(Exception):
    """An answer that says nothing of the task; ``after`` is how long the server asks to wait."""

    def __init__(self, text: str, status: int = 0, after: float = 0.0) -> None:
        super().__init__(text)
        self.status, self.after = status, after


@dataclass(frozen=True)
class Clip:
    """What an order should come to."""

    seconds: float
    size: tuple[int, int]
    sound: bool = False


@dataclass
class Client:
    """Talks to one gateway. ``sleep`` lets the account's time pass."""

    session: ClientSession
    base: str
    key: str
    create_path: str
    query_path: str
    sleep: Callable[[float], Awaitable[object]]
    list_path: str = ""
    content_path: str = ""
    form: bool = False
    reader: Reader = field(default_factory=Reader)
    limit: float = 1.5
    waited: float = 0.0
    identity: bool = False
    creates: int = field(default=0)

    async def clip(self, order: Mapping[str, Any], wanted: Clip, cancel: bool = False) -> bytes:
        """The bytes of the ordered clip, or a Trouble."""
        task = await self.create(order)
        if cancel:
            await self.cancel(task)
        link = await self.wait(task)
        return await self.download(task, link, wanted)

    async def create(self, order: Mapping[str, Any]) -> str:
        """The id of the task; an order whose fate is not known is looked up, not given again."""
        for attempt in range(6):
            self.creates += 1
            try:
                body = await self._call("POST", self.create_path, order)
            except Transient as wrong:
                if wrong.status == 429:
                    await self._pause(max(wrong.after, 2.0**attempt))
                    continue
                return await self._look_up(str(wrong))
            found = _first(body, (*self.reader.created, *IDS, *_renamed(self.reader.created)))
            return str(found) if found else await self._look_up("the answer has no id")
        raise Trouble("refused", "too many requests")

    async def _look_up(self, why: str) -> str:
        """The id of a task whose create call was not answered, if the gateway has a list."""
        for pause in (0.0, 5.0, 10.0) if self.list_path else ():
            await self._pause(pause)
            try:
                listed = await self._call("GET", self.list_path)
            except Transient:
                continue
            items = self.reader.listed(listed) or ()
            if len(items) == 1:
                return self.reader.shown_id(items[0])
        raise Trouble("unclear", f"the order may have been accepted: {why}")

    async def cancel(self, task: str) -> None:
        """Ask for the end of a task; whether it comes is for its status to say."""
        try:
            await self._call("DELETE", self.query_path.format(id=task))
        except (Transient, Trouble):
            return

    async def wait(self, task: str) -> str:
        """The link of the clip, once the task has succeeded; empty where only the call has it."""
        pause, wrong, bare = 1.0, 0, 0
        while self.waited < DEADLINE:
            await self._pause(pause)
            pause = min(pause * 1.3, 15.0)
            try:
                body = await self._call("GET", self.query_path.format(id=task))
            except Transient as error:
                if self.waited > UNKNOWN_FOR or error.status not in (400, 404):
                    wrong += 1
                if wrong >= (HOPELESS if error.status in (401, 403) else PATIENCE):
                    raise Trouble("refused", f"the task cannot be read: {error}", task) from None
                await self._pause(error.after)
                continue
            wrong = 0
            told = self.reader.read(body)
            if told.over and told.phase is not Phase.SUCCEEDED:
                reason = told.message or _first(body, self.reader.code) or "no reason"
                raise Trouble("failed", f"{told.word}: {reason}", task)
            if told.over:
                bare += 1
                link = _link(body, self.reader)
                if link or self.content_path:
                    return urljoin(self.base, link)
                if bare >= HOPELESS:
                    raise Trouble("no output", "it has succeeded without a link", task)
        raise Trouble("too long", f"it is not done after {self.waited:.0f} seconds", task)

    async def download(self, task: str, link: str, wanted: Clip) -> bytes:
        """A clip that is whole and what was ordered."""
        why = ""
        for attempt in range(6):
            await self._pause(attempt and 2.0**attempt)
            try:
                return _judged(await self._fetch(task, link), wanted)
            except Transient as wrong:
                why = str(wrong)
                await self._pause(wrong.after)
                if wrong.status == 403 and attempt:
                    break
            except ValueError as wrong:
                raise Trouble("not as ordered", str(wrong), task) from None
        raise Trouble("download", why, task)

    async def _fetch(self, task: str, link: str) -> bytes:
        headers = {}
        if self.content_path:
            link = self.base + self.content_path.format(id=task)
            headers = {"Authorization": f"Bearer {self.key}"}
        try:
            limit = ClientTimeout(total=20, sock_read=5)
            async with self.session.get(link, headers=headers, timeout=limit) as answer:
                data = await answer.read()
        except (ClientError, TimeoutError, OSError) as error:
            raise Transient(f"{type(error).__name__}") from None
        if answer.status != 200:
            after = _retry_after(answer.headers)
            raise Transient(f"{answer.status}: {data[:200]!r}", answer.status, after)
        return data

    async def _call(self, method: str, path: str, order: Mapping[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"}
        if self.identity:
            headers["Accept-Encoding"] = "identity"
        given: dict[str, Any] = {}
        if order is not None and self.form:
            given["data"] = _form(order)
        elif order is not None:
            given["json"] = order
        try:
            async with self.session.request(
                method,
                self.base + path,
                headers=headers,
                timeout=ClientTimeout(total=self.limit),
                **given,
            ) as answer:
                raw = await answer.read()
        except (ClientError, TimeoutError, OSError) as error:
            self.identity = True
            raise Transient(type(error).__name__) from None
        return _body(method, answer.status, answer.headers, raw)

    async def _pause(self, seconds: float) -> None:
        if seconds:
            self.waited += seconds
            await self.sleep(seconds)
        await asyncio.sleep(0)


def _body(method: str, status: int, headers: Mapping[str, str], raw: bytes) -> Any:
    """The JSON of an answer that is one."""
    text = raw[:200].decode("utf-8", "replace")
    if status >= 500 or status in (408, 429) or (status >= 400 and method == "GET"):
        raise Transient(f"{status}: {text}", status, _retry_after(headers))
    if status >= 400:
        raise Trouble("refused", f"{status}: {text}")
    try:
        body = json.loads(raw)
    except ValueError:
        raise Transient(f"{status} without JSON: {text}") from None
    if not isinstance(body, dict):
        raise Transient(f"{status} with {text}")
    return body


def _retry_after(headers: Mapping[str, str]) -> float:
    given = headers.get("Retry-After", "")
    if given.isdigit():
        return float(given)
    try:
        until = parsedate_to_datetime(given)
        now = parsedate_to_datetime(headers.get("Date", given))
    except ValueError:
        return 0.0
    return max(0.0, min(120.0, (until - now).total_seconds()))


def _form(order: Mapping[str, Any]) -> FormData:
    data = FormData([(name, str(value)) for name, value in order.items()])
    data._is_multipart = True
    return data


def _first(body: Any, places: Iterable[str]) -> Any:
    """What stands at the first of the places that has something."""
    found = (get(body, place) for place in places)
    return next((one for one in found if one and one is not ABSENT), None)


def _renamed(places: Iterable[str]) -> tuple[str, ...]:
    return tuple(above(place) + "/generation_id" for place in places)


def _link(body: Any, reader: Reader) -> str:
    """The first place that has a link, whole or as a path of the gateway.

    Besides its own, these are the places that other gateways have it at.
    """
    others = [
        f"{above(place)}{other}"
        for place in reader.link
        for other in ("/video/url", "/0/video_url")
    ]
    for place in (*reader.link, *others, *reader.reason):
        found = get(body, place)
        if isinstance(found, str) and " " not in found:
            parts = urlsplit(found)
            if parts.scheme in ("http", "https") or found.startswith("/"):
                return found
    return ""


def _judged(data: bytes, wanted: Clip) -> bytes:
    """The bytes of a clip, if they are one; a ValueError where it is another than was ordered."""
    if data[4:8] != b"ftyp":
        raise Transient("this is no clip")
    try:
        with av.open(io.BytesIO(data), "r") as clip:
            video = clip.streams.video[0]
            rate = float(video.average_rate or 0)
            shown = sum(1 for packet in clip.demux(video) if packet.size > 0)
            size, promised = (video.width, video.height), video.frames
            silent = not clip.streams.audio
    except (av.FFmpegError, IndexError):
        raise Transient("the clip cannot be read") from None
    if shown < promised:
        raise Transient(f"the clip has {shown} of {promised} pictures")
    if rate != 24 or size != wanted.size or abs(shown / 24 - wanted.seconds) > 0.2:
        raise ValueError(f"{size[0]}x{size[1]}, {shown} pictures, {rate:g} a second")
    if wanted.sound and silent:
        raise ValueError("the clip has no sound")
    return data
