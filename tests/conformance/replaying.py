"""A gateway that answers from captured exchanges, for what no build of it need be there for.

It knows nothing but `captured/<name>.toml` and the bodies that this names: the first exchange that
fits a request is its answer, with the ids, links and names of this run in their places.
"""

import json
import re
import tomllib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web

from conformance.catalogue import documents, orders
from conformance.plan.samples import sample
from tests.serving import listening

FOLDER = Path(__file__).parent / "captured"
TASK = "task_PaperBoatOnAStillPond01234567890"
MODEL = "doubao-seedance-2-0-260128"
LINK = re.compile(r"https://ark-acg-cn-beijing[^\"]*")
USUAL_S = 5  # what the model behind makes where no length reaches it


@dataclass
class Replay:
    """What a gateway was captured to answer, and the tasks that were ordered of it since."""

    name: str
    exchanges: tuple[Mapping[str, Any], ...]
    key: str = "sk-captured"
    states: tuple[int, ...] = (3,)
    tasks: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    polls: dict[str, int] = field(default_factory=dict)

    async def answer(self, request: web.Request) -> web.Response:
        """The answer of the first exchange that fits."""
        body = await _parsed(request) if request.method == "POST" else None
        for each in self.exchanges:
            values = self._fits(each, request, body)
            if values is not None:
                return self._said(each, request, body, values)
        raise AssertionError(f"no exchange was captured for {request.method} {request.path}")

    def _fits(
        self, each: Mapping[str, Any], request: web.Request, body: Any
    ) -> dict[str, str] | None:
        values = next((v for p in each["paths"] if (v := _at(p, request.path)) is not None), None)
        if values is None or not {request.method, "*"} & set(each["methods"]):
            return None
        if each.get("key") is False and self._knows(request):
            return None
        if each.get("known") is False and values.get("id") in self.tasks:
            return None
        for pointer, asked, value in each.get("if", ()):
            found = orders.at(body, pointer)[1] if pointer else body
            if not _holds(found, asked, value):
                return None
            values["kind"] = orders.type_name(found).replace("integer", "number")
        return values

    def _knows(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return given.removeprefix("sk-") == self.key.removeprefix("sk-")

    def _said(
        self, each: Mapping[str, Any], request: web.Request, body: Any, values: Mapping[str, str]
    ) -> web.Response:
        if "page" in each:
            return web.Response(text=each["page"], status=each["status"], content_type="text/html")
        id = values.get("id", "").removesuffix(".mp4")
        if each.get("clip"):
            return web.Response(body=clip(self._seconds(id)), content_type="video/mp4")
        if each.get("makes"):
            id = f"task_{len(self.tasks):032}"
            self.tasks[id] = body
        text = _body(self.name, each.get("body") or each["states"][self._state(id)])
        text = self._ours(text, id, body, request).replace("$kind", values.get("kind", ""))
        headers = {**each.get("headers", {}), "X-Oneapi-Request-Id": "202611200814021234567898268d"}
        return web.Response(
            text=text, status=each["status"], headers=headers, content_type="application/json"
        )

    def _state(self, id: str) -> int:
        """Which of a task's states this poll is told; the last one for ever."""
        number = self.polls[id] = self.polls.get(id, -1) + 1
        return self.states[min(number, len(self.states) - 1)]

    def _seconds(self, id: str) -> int:
        """How long the clip of an order is: of its lengths only these reach the model behind."""
        order = self.tasks.get(id, {})
        said = orders.at(order, "/metadata/duration")[1] or order.get("seconds")
        return int(str(said)) if str(said).isdecimal() else USUAL_S

    def _ours(self, text: str, id: str, body: Any, request: web.Request) -> str:
        order = self.tasks.get(id) or (body if isinstance(body, Mapping) else {})
        model = str(order.get("model", MODEL))
        text = LINK.sub(f"{request.url.origin()}/clip/{id}.mp4", text.replace(TASK, id))
        text = text.replace(f'"{MODEL}"', json.dumps(model)).replace("no-such-model", model)
        text = text.replace('"$null"', "null")
        return text.replace("$method", request.method).replace("$path", request.path)


def captured(name: str, **more: Any) -> Replay:
    """The gateway of `captured/<name>.toml`."""
    table = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    return Replay(name, tuple(table["exchange"]), **more)


@asynccontextmanager
async def replaying(replay: Replay) -> AsyncIterator[str]:
    """The address of the gateway."""
    app = web.Application(client_max_size=2**28)
    app.router.add_route("*", "/{path:.*}", replay.answer)
    async with listening(app, 0.1, access_log=None) as base:
        yield base


@cache
def clip(seconds: int) -> bytes:
    """A clip of 480p at 24 pictures a second."""
    return sample("video", 1, f"width=864&height=496&seconds={seconds}")[0]


def _body(name: str, told: Any) -> str:
    """A body as it was captured: the text of a file, or the answer itself."""
    if isinstance(told, str):
        return (documents.folder() / name / "examples" / told).read_text("utf-8")
    return json.dumps(told, ensure_ascii=False)


async def _parsed(request: web.Request) -> Any:
    """The body; of a form its texts, for files are passed over; `...` where it is neither."""
    try:
        if request.content_type == "multipart/form-data":
            form = await request.post()
            return {name: text for name, text in form.items() if isinstance(text, str)}
        return json.loads(await request.read())
    except (ValueError, RecursionError):
        return ...


def _at(pattern: str, path: str) -> dict[str, str] | None:
    """What the names of a path's pattern stand for; None where it is another path."""
    parts = re.split(r"\{(\w+)\}", pattern)
    named = [f"(?P<{part}>.+)" if n % 2 else re.escape(part) for n, part in enumerate(parts)]
    found = re.fullmatch("".join(named).replace("(?P<id>.+)", "(?P<id>[^/]+)"), path)
    return found.groupdict() if found else None


def _holds(found: Any, asked: str, value: Any) -> bool:
    match asked:
        case "is":
            return _is(found, value)
        case "is not":
            return not _is(found, value)
        case "is one of":
            return found in value
        case "is none of":
            return found not in value
    raise AssertionError(f"{asked!r} is nothing that can be asked")


def _is(value: Any, kind: str) -> bool:
    if kind == "json":
        return value is not ...
    if kind == "blank":
        return value is None or (isinstance(value, str) and not value.strip())
    return orders.is_type(value, kind)
