"""A recording against this simulator: the same calls at the same moments, field by field.

Each task of the recording is planned as it went: it waits, runs and ends when the recorded answers
say so. What is then different is what is said, not when. Ids are those of each side, moments and
links are looked at as such, and whoever draws a seed draws another one: these are not compared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from simulator.core import pointers
from simulator.core.config import BadSetting
from simulator.dialects import NAMES, faithful, load
from simulator.engine.call import Reply
from simulator.upstream import clip_facts, lives
from simulator.upstream.again import Again, Line
from simulator.upstream.comparing import NOTHING, compared, headers, plain, value_of
from simulator.upstream.lines import MOST_TEXT
from simulator.upstream.placing import Row, row

CALLS = frozenset({"create", "query", "list", "delete", "other"})
LEFT_OUT = "files, orders whose files were not kept, and calls without an answer"
# A cause that many rows show is a matter of the whole dialect: some of them are enough.
MOST_ROWS = 3
FIDELITIES = ("documented", "observed")
Difference = tuple[str, str, str]
Clips = Mapping[str, clip_facts.Facts]


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that differs: of which calls, at which place, and what both sides have there."""

    call: str
    place: str
    recorded: str
    simulated: str

    @property
    def said(self) -> tuple[str, str, str]:
        """What the recorded side says, whatever the other does."""
        return self.call, self.place, self.recorded


@dataclass(slots=True)
class Drift:
    """What was found: how many exchanges were compared, and the numbers of those that differ.

    ``rows`` are the entries of the dialect that each cause belongs to. ``known`` are the causes in
    which the simulator's other fidelity says what was recorded, and ``excused`` those that a file
    of deviations has.
    """

    dialect: str
    fidelity: str
    compared: int = 0
    left_out: int = 0
    causes: dict[Cause, list[int]] = field(default_factory=dict)
    rows: dict[Cause, list[Row]] = field(default_factory=dict)
    known: set[Cause] = field(default_factory=set)
    excused: set[Cause] = field(default_factory=set)

    @property
    def other(self) -> str:
        """The fidelity that the recording was not compared with."""
        return FIDELITIES[self.fidelity == FIDELITIES[0]]

    @property
    def groups(self) -> list[tuple[str, dict[Cause, list[int]]]]:
        """The causes by whether a fidelity or a file of deviations has them, with headings."""
        new = {one: n for one, n in self.causes.items() if one not in self.excused}
        moved = {one: n for one, n in new.items() if one not in self.known}
        known = {one: n for one, n in new.items() if one in self.known}
        excused = {one: n for one, n in self.causes.items() if one in self.excused}
        named = [("neither fidelity says so", moved), (f"as {self.other}", known)]
        named.append(("known deviations", excused))
        return [(heading, found) for heading, found in named if found]

    @property
    def counted(self) -> str:
        """How many differences there are, in words."""
        new, known = len(self.causes) - len(self.excused), len(self.excused)
        text = f"{new or 'no'} difference{'s' if new != 1 else ''}"
        return f"{text}, and {known} that {'is' if known == 1 else 'are'} known" if known else text

    def by_row(self, causes: Mapping[Cause, list[int]]) -> dict[str, dict[Cause, list[int]]]:
        """Some of the causes, by the rows that they belong to, each in words."""
        found: dict[str, dict[Cause, list[int]]] = {}
        for one, numbers in causes.items():
            heading = "; ".join(map(str, self.rows[one]))
            found.setdefault(heading, {})[one] = numbers
        return found

    def add(self, cause: Cause, row: Row, *numbers: int) -> None:
        """Note that exchanges differ for a cause, which belongs to a row."""
        self.causes.setdefault(cause, []).extend(numbers)
        rows = self.rows.setdefault(cause, [])
        if row not in rows and len(rows) < MOST_ROWS:
            rows.append(row)

    def shown(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            "dialect": self.dialect,
            "fidelity": self.fidelity,
            "documents": list(load(self.dialect).documents),
            "compared": self.compared,
            "left_out": self.left_out,
            "differences": [
                {
                    "call": one.call,
                    "place": one.place,
                    "recorded": one.recorded,
                    "simulated": one.simulated,
                    "fidelity": self.other if one in self.known else None,
                    "known": one in self.excused,
                    "rows": [asdict(row) for row in self.rows[one]],
                    "exchanges": numbers,
                }
                for one, numbers in self.causes.items()
            ],
        }


async def drift_of(lines: list[dict[str, Any]], observed: bool, files: Path | None = None) -> Drift:
    """The drift of a recording; BadSetting where it is of no dialect that is known.

    When a task turned is known from one poll to the next. Gateways that ask their upstream from
    time to time tell of it later, others at once: the reading by which less differs is the one.
    ``files`` is where the recording keeps clips.
    """
    clips = {} if files is None else await clip_facts.kept(lines, files)
    found = await _less(lines, observed, clips)
    if found.causes:
        other = {one.said for one in (await _less(lines, not observed, clips)).causes}
        found.known = {one for one in found.causes if one.said not in other}
    return found


async def _less(lines: list[dict[str, Any]], observed: bool, clips: Clips) -> Drift:
    found = await _drift(lines, observed, False, clips)
    early = await _drift(lines, observed, True, clips) if found.causes else found
    return early if len(early.causes) < len(found.causes) else found


async def _drift(lines: list[dict[str, Any]], observed: bool, soon: bool, clips: Clips) -> Drift:
    name = str(lines[0].get("dialect"))
    if name not in NAMES:
        raise BadSetting(f"the recording is of no dialect that is known: {name[:40]!r}")
    found = Drift(name, FIDELITIES[observed])
    exchanges = [line for line in lines if line["kind"] == "exchange"]
    again = Again(
        faithful(name, observed), str(lines[0].get("base_url")), exchanges, observed, soon
    )
    compare = _Comparing(found, again)
    for line in exchanges:
        if line.get("status") is None or line.get("call") not in CALLS:
            found.left_out += 1
        else:
            await compare.exchange(line)
    compare.lives()
    for line in lines:
        if line["kind"] == "file" and (facts := clips.get(str(line.get("name", "")))):
            await compare.clip(str(line.get("task", "")), facts)
    return found


@dataclass(slots=True)
class _Comparing:
    """One walk through a recording.

    ``refused`` are the orders that the simulator did not take, ``lost`` those that cannot be given
    again.
    """

    found: Drift
    again: Again
    refused: dict[str, tuple[Cause, Row]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    told: lives.Lives = field(default_factory=lives.Lives)

    async def exchange(self, line: Line) -> None:
        """Make a call again and compare the answers."""
        task = str(line.get("task", ""))
        if self._unknown(line, task):
            self.found.left_out += 1
            return
        reply, call, number = await self.again.said(line), str(line["call"]), _number(line)
        self.found.compared += 1
        if task in self.refused:  # it follows that nothing is known of its task
            self.found.add(*self.refused[task], number)
            return
        for place, recorded, simulated in self._differences(line, reply):
            cause, of = Cause(call, place, recorded, simulated), self._row(place, line)
            self.found.add(cause, of, number)
            made = self.again.dialect.reader.created_id(line.get("json"))
            if call == "create" and place == "status" and made:
                self.refused[made] = cause, of
        if call == "query" and line["status"] < 300 and reply.status < 300:
            reader = self.again.dialect.reader
            was, now = (reader.read(one) for one in (line.get("json"), value_of(reply)))
            self.told.add(task, number, was, now)

    def _unknown(self, line: Line, task: str) -> bool:
        """Whether a call cannot be made again: its file was not kept, or it is of such an order."""
        sent = line.get("sent")
        if isinstance(sent, str) and ("\ufffd" in sent or len(sent) >= MOST_TEXT):
            if made := self.again.dialect.reader.created_id(line.get("json")):
                self.lost.add(made)
            return True
        return task in self.lost if task else line["call"] == "list" and bool(self.lost)

    def lives(self) -> None:
        """Compare what the answers say of each task together."""
        for place, recorded, simulated, numbers in self.told.differences():
            cause = Cause("query", place, recorded, simulated)
            self.found.add(cause, Row("life"), *numbers)

    async def clip(self, recorded: str, facts: clip_facts.Facts) -> None:
        """Compare a clip with what this simulator would make of the order."""
        task = await self.again.task(recorded)
        if task is None:
            return
        for place, was, now in await clip_facts.differences(facts, task, self.again.engine):
            self.found.add(Cause("clip", place, was, now), Row("clip"))

    def _differences(self, line: Line, reply: Reply) -> Iterator[Difference]:
        """Place, what is recorded there and what is said here, for all that differs.

        Answers of which one is a refusal and the other is none differ in that alone.
        """
        recorded = line.get("json") if line.get("is_json") else line.get("text") or None
        simulated = value_of(reply)
        if line["status"] != reply.status:
            yield (
                "status",
                self._status(line["status"], recorded),
                self._status(reply.status, simulated),
            )
            if (line["status"] < 400) != (reply.status < 400):
                return
        given = line.get("headers") or {}
        kind = str(given.get("content-type", ""))
        if reply.body is not None and kind.lower() != reply.content_type.lower():
            yield "content-type", kind or NOTHING, reply.content_type
        yield from headers(given, reply.headers, line.get("sent_headers") or {})
        yield from compared(recorded, simulated, self.again.dialect, self.again.ids)

    def _row(self, place: str, line: Line) -> Row:
        """The row of the dialect that the answer to a call which was just made is from."""
        over, refused = self.again.stumbled.over, line["status"] >= 400
        return row(place, self.again.dialect, self.again.route(), over, refused)

    def _status(self, status: int, body: Any) -> str:
        if status < 400:
            return str(status)
        told = (pointers.get(body, place) for place in self.again.dialect.reader.refusal)
        text = next((one for one in told if isinstance(one, str) and one), "")
        return f"{status} {plain(text)[:120]}".strip()


def _number(line: Line) -> int:
    return int(line.get("number", 0))
