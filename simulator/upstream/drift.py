"""A recording against this simulator: the same calls at the same moments, field by field.

Each task of the recording is planned as it went: it waits, runs and ends when the recorded answers
say so. What is then different is what is said, not when. Ids are those of each side, moments and
links are looked at as such, and whoever draws a seed draws another one: these are not compared.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from multidict import CIMultiDict

from simulator.core.config import BadSetting, Config
from simulator.core.plan import Match, Wish
from simulator.core.task import LIVE, Phase
from simulator.dialects import NAMES, faithful
from simulator.engine import Engine
from simulator.engine.call import Call, Clip, Reply
from simulator.engine.dialect import Dialect
from simulator.http.pipeline import answer

Line = Mapping[str, Any]
CALLS = frozenset({"create", "query", "list", "delete", "other"})
NOTHING = "nothing"
# What is drawn or counted anew by each server: ids of requests, moments, signatures.
_DRAWN = re.compile(r"[0-9A-Za-z_-]*\d[0-9A-Za-z_-]{15,}=*|\d{8,}")
_MOMENT = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that differs: of which calls, at which place, and what both sides have there."""

    call: str
    place: str
    recorded: str
    simulated: str


@dataclass(slots=True)
class Drift:
    """What was found: how many exchanges were compared, and the numbers of those that differ."""

    dialect: str
    fidelity: str
    compared: int = 0
    left_out: int = 0
    causes: dict[Cause, list[int]] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            "dialect": self.dialect,
            "fidelity": self.fidelity,
            "compared": self.compared,
            "left_out": self.left_out,
            "differences": [
                {
                    "call": one.call,
                    "place": one.place,
                    "recorded": one.recorded,
                    "simulated": one.simulated,
                    "exchanges": numbers,
                }
                for one, numbers in self.causes.items()
            ],
        }


async def drift_of(lines: list[dict[str, Any]], observed: bool) -> Drift:
    """The drift of a recording; BadSetting where it is of no dialect that is known.

    When a task turned is known from one poll to the next. Gateways that ask their upstream from
    time to time tell of it later, others at once: the reading by which less differs is the one.
    """
    late, early = [await _drift(lines, observed, soon) for soon in (False, True)]
    return early if len(early.causes) < len(late.causes) else late


async def _drift(lines: list[dict[str, Any]], observed: bool, soon: bool) -> Drift:
    name = str(lines[0].get("dialect"))
    if name not in NAMES:
        raise BadSetting(f"the recording is of no dialect that is known: {name[:40]!r}")
    found = Drift(name, "observed" if observed else "documented")
    exchanges = [line for line in lines if line["kind"] == "exchange"]
    again = _Again(
        faithful(name, observed), str(lines[0].get("base_url")), exchanges, observed, soon
    )
    for line in exchanges:
        if line.get("status") is None or line.get("call") not in CALLS:
            found.left_out += 1
            continue
        reply = await again.said(line)
        found.compared += 1
        for place, recorded, simulated in again.differences(line, reply):
            cause = Cause(str(line["call"]), place, recorded, simulated)
            found.causes.setdefault(cause, []).append(int(line.get("number", 0)))
    return found


class _Again:
    """The recorded calls, made again of a simulator whose clock is where theirs was."""

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
        self.dialect, self.base, self.exchanges = dialect, base, exchanges
        self.engine = Engine(config)
        self.ids: dict[str, str] = {}
        self.soon = soon

    async def said(self, line: Line) -> Reply:
        key, at = self._key(line), int(line.get("at", 0))
        account = key or ""
        behind = max(0, at - await self.engine.clocks.now(account))
        await self.engine.clocks.move(account, lambda clock, real: clock.advanced(behind, real))
        recorded = self.dialect.reader.created_id(line.get("json"))
        if line["call"] == "create" and recorded and key:
            await self.engine.plans.add(Match(key=key), self._lived(recorded, at), 1)
        reply = (await answer(self.dialect, self._call(line, key), self.engine)).reply
        if not isinstance(reply, Reply):
            assert isinstance(reply, Clip)
            return Reply(200, None)
        made = self.dialect.reader.created_id(_value(reply))
        if line["call"] == "create" and recorded and made:
            self.ids[recorded] = made
        return reply

    def _call(self, line: Line, key: str | None) -> Call:
        path, _, query = self._here(str(line.get("url", ""))).partition("?")
        sent = line.get("sent")
        text = sent if isinstance(sent, str) else "" if sent is None else json.dumps(sent)
        body = self._here(text).encode()
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
        for line in self.exchanges:
            if line.get("task") != task or line.get("call") != "query":
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
                    message = told.message or None
                break
        deleted = any(
            line.get("task") == task and line.get("call") == "delete" for line in self.exchanges
        )
        if end == Phase.CANCELLED and deleted:
            starts, end = None, "stuck"
        queue = (starts - created) if starts is not None else 365 * 86_400_000
        run = 0 if starts is None or ends is None else ends - starts
        return Wish(queue=max(0, queue), run=max(0, run), end=end, code=code, message=message)

    def differences(self, line: Line, reply: Reply) -> Iterator[tuple[str, str, str]]:
        """Place, what is recorded there and what is said here, for all that differs."""
        if line["status"] != reply.status:
            yield "status", str(line["status"]), str(reply.status)
        kind = str((line.get("headers") or {}).get("content-type", ""))
        if reply.body is not None and kind.lower() != reply.content_type.lower():
            yield "content-type", kind or NOTHING, reply.content_type
        recorded = line.get("json") if line.get("is_json") else line.get("text") or None
        yield from compared(recorded, _value(reply), self.dialect, self.ids)


def _value(reply: Reply) -> Any:
    """The body as its client reads it."""
    data = reply.data()
    try:
        return None if data is None else json.loads(data)
    except ValueError:
        return data.decode("utf-8", "replace") if data else None


def compared(
    old: Any, new: Any, dialect: Dialect, ids: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """The differences of two bodies: place, what is recorded there and what is said here.

    Seeds are drawn, and how far a task has come depends on when exactly it began: both by the
    dialect's own names. ``ids`` has what stands here for an id of the recording.
    """
    places = (*dialect.reader.progress, dialect.fields.place("seed"), "seed")
    drawn = frozenset(re.split(r"[/.]", place)[-1] for place in places if place)
    return _compared("", old, new, drawn, ids)


def _compared(
    place: str, old: Any, new: Any, drawn: frozenset[str], ids: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """The differences of two JSON values; the items of arrays have one place together."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in {**old, **new}:
            inner = f"{place}/{name}"
            if name not in new:
                yield inner, _kind(old[name]), NOTHING
            elif name not in old:
                yield inner, NOTHING, _kind(new[name])
            else:
                yield from _compared(inner, old[name], new[name], drawn, ids)
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield f"{place}/*", f"{len(old)} items", f"{len(new)} items"
        for one, other in zip(old, new, strict=False):
            yield from _compared(f"{place}/*", one, other, drawn, ids)
    elif _kind(old) != _kind(new):
        yield place or "body", _kind(old), _kind(new)
    elif place.rpartition("/")[2] not in drawn and not _numbered(place, old):
        here = ids.get(old, old) if isinstance(old, str) else old
        if _plain(here) != _plain(new):
            yield place or "body", _plain(old), _plain(new)


def _numbered(place: str, value: Any) -> bool:
    """Whether a value is the number of a row, which each server counts for itself."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and place.endswith("id")


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean"}
    if value is None:
        return "null"
    return names.get(type(value), "an integer" if isinstance(value, int) else "a number")


def _plain(value: Any) -> str:
    """A value in the form in which it is compared, without what each server draws anew."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= _MOMENT:
        return "a moment"
    if not isinstance(value, str):
        return json.dumps(value)
    if value.startswith(("http://", "https://")):
        return "a link"
    return _DRAWN.sub("…", value)[:300]
