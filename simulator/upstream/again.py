"""The calls of a recording, made again of a simulator whose clock is where theirs was."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from multidict import CIMultiDict

from simulator.core.config import Config
from simulator.core.plan import Match, Wish
from simulator.core.problems import Refusal
from simulator.core.task import LIVE, Phase, Task
from simulator.engine import Engine
from simulator.engine.call import Call, Clip, Reply
from simulator.engine.dialect import Dialect, Route
from simulator.http.pipeline import answer
from simulator.upstream.comparing import value_of
from simulator.upstream.placing import Stumbled

Line = Mapping[str, Any]
# Whoever tells of a failure puts the id of its request at the end by itself.
_REQUEST = re.compile(r"(?<!\s)\s*Request id: \S*$")


class Again:
    """A simulator in which each task goes as the recorded answers say that it went.

    ``ids`` are its own ones by the recorded; ``soon`` is the reading by which a task turned as soon
    as can be. ``stumbled`` knows why the last call was refused, if it was.
    """

    def __init__(
        self,
        dialect: Dialect,
        base: str,
        exchanges: list[dict[str, Any]],
        observed: bool,
        soon: bool,
    ) -> None:
        start = min((int(line.get("at", 0)) for line in exchanges), default=0)
        config = Config(
            start=start,
            freeze=True,
            seed=1,
            fidelity="observed" if observed else "documented",
            callbacks="private",  # nobody is called: addresses are looked at alone
        )
        self.dialect, self.base = dialect, base
        self.stumbled = Stumbled(dialect)
        self._last: tuple[str, str, str] | None = None
        self.engine = Engine(config)
        self.ids: dict[str, str] = {}
        self._lines: dict[str, list[Line]] = {}
        for line in exchanges:
            self._lines.setdefault(str(line.get("task", "")), []).append(line)
        self.soon = soon

    async def said(self, line: Line) -> Reply:
        """The simulator's answer to a recorded call."""
        key, at = self._key(line), int(line.get("at", 0))
        account = key or ""
        behind = max(0, at - await self.engine.clocks.now(account))
        await self.engine.clocks.move(account, lambda clock, real: clock.advanced(behind, real))
        recorded = self.dialect.reader.created_id(line.get("json"))
        if line["call"] == "create" and recorded and key:
            await self.engine.plans.add(Match(key=key), self._lived(recorded, at), 1)
        call = self._call(line, key)
        self.stumbled.over, self._last = None, (call.method, call.path, call.query)
        reply = (await answer(self.stumbled.dialect, call, self.engine)).reply
        if not isinstance(reply, Reply):
            assert isinstance(reply, Clip)
            return Reply(200, None)
        made = self.dialect.reader.created_id(value_of(reply))
        if line["call"] == "create" and recorded and made:
            self.ids[recorded] = made
        return reply

    def route(self) -> Route | None:
        """Which of the dialect's the last call was; None where it has none such."""
        if self._last is not None:
            with suppress(Refusal):
                return self.dialect.match(*self._last)[0]
        return None

    def _call(self, line: Line, key: str | None) -> Call:
        path, _, query = self._here(str(line.get("url", ""))).partition("?")
        sent = line.get("sent")
        text = sent if isinstance(sent, str) else "" if sent is None else json.dumps(sent)
        body = self._here(text).encode("utf-8", "replace")
        given = line.get("sent_headers", {})
        headers: CIMultiDict[str] = CIMultiDict(
            {n: str(v) for n, v in given.items() if n in ("content-type", "x-client-request-id")}
        )
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"

        async def read(limit: int) -> bytes:
            return body

        return Call(str(line.get("method", "GET")), path, query, headers, read=read)

    def _here(self, text: str) -> str:
        """A text of the recording as it is said to the simulator: with its ids."""
        text = text.removeprefix(self.base)
        for recorded, made in self.ids.items():
            if recorded in text:
                text = text.replace(recorded, made)
        return text

    def _key(self, line: Line) -> str | None:
        given = str(line.get("sent_headers", {}).get("authorization", ""))
        scheme, _, key = given.partition(" ")
        return key if scheme.lower() == "bearer" and key else None

    def _lived(self, task: str, created: int) -> Wish:
        """The plan by which a task goes as the recorded answers say it went."""
        starts = ends = None
        seen = created  # how long the task was at least what it was said to be
        end, code, message = "stuck", None, None
        lines = self._lines.get(task, [])
        for line in lines:
            if line.get("call") != "query":
                continue
            told = self.dialect.reader.read(line.get("json"))
            at = int(line.get("at", 0))
            turned = min(at, seen + 1) if self.soon else at
            seen = at
            if told.phase is None or told.phase is Phase.QUEUED:
                continue
            starts = turned if starts is None else starts
            if told.phase not in LIVE:
                ends, end = turned, str(told.phase)
                if told.phase is Phase.FAILED:
                    code = self.dialect.reader.failed_with(line["json"]) or None
                    message = without_request(told.message) or None
                break
        deleted = any(line.get("call") == "delete" for line in lines)
        if end == Phase.CANCELLED and deleted:
            starts, end = None, "stuck"
        queue = (starts - created) if starts is not None else 365 * 86_400_000
        run = 0 if starts is None or ends is None else ends - starts
        return Wish(queue=max(0, queue), run=max(0, run), end=end, code=code, message=message)

    async def task(self, recorded: str) -> Task | None:
        """The task that stands for a recorded one."""
        made = self.ids.get(recorded)
        return None if made is None else await self.engine.task(self.dialect.reader.meant(made))


def without_request(message: str) -> str:
    """The message of a failure without the id of the request that was told of it."""
    return _REQUEST.sub("", message)
