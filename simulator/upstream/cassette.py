"""A recording as it is replayed from: what was said, by what was asked, and each task's life."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from simulator.core.config import BadSetting
from simulator.core.task import Phase
from simulator.engine.dialect import Dialect
from simulator.upstream.lines import compact, load
from simulator.upstream.matching import exactly, loosely, meaning

# Refusals that a later try may not meet.
_PASSING = frozenset({408, 425, 429})
# Headers that are of an answer as it is written, not of what was recorded.
SAID_ANEW = frozenset({"date", "content-length", "transfer-encoding", "connection", "keep-alive"})
_TOKEN = re.compile(r"[\w:=-]{6,}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of a recording; without a ``path`` only its facts were kept. ``size`` is in bytes."""

    digest: str
    size: int
    path: Path | None


@dataclass(frozen=True, slots=True)
class Recalled:
    """A callback: of which phase it told, how long after the order, and when; times are in ms."""

    phase: Phase
    after: int
    at: int
    body: Mapping[str, Any]


@dataclass(eq=False)
class Interaction:
    """A call and its answer. ``place`` is where it stands in the recording, ``at`` is in ms.

    ``target`` is the path and the query, with ``{id}`` in the place of the task's id; ``created``
    is the id in the answer to an order. ``text`` is the answer as it was written, or empty where
    that is the usual way to write ``value``.
    """

    place: int
    number: int
    call: str
    method: str
    target: str
    task: str
    keyed: bool
    key: str
    at: int
    order: Any
    status: int | None
    headers: Mapping[str, str]
    asked: Mapping[str, str]
    value: Any
    text: str
    is_json: bool
    fault: str
    url: str
    created: str = ""
    repeated: bool = False
    file: Kept | None = None

    @property
    def refused_for_now(self) -> bool:
        """Whether a later try may be answered otherwise, with nothing changed meanwhile."""
        return self.status is None or self.status in _PASSING or self.status >= 500

    @property
    def silence(self) -> str:
        """Why there was no answer."""
        return f"as recorded in exchange {self.number}: {self.fault or 'no answer'}"

    @property
    def changes(self) -> bool:
        """Whether something is another afterwards."""
        good = self.status is not None and self.status < 300
        return good and self.method not in ("GET", "HEAD")

    # What most of a long recording is never asked for is made when it is.
    @cached_property
    def body(self) -> bytes:
        """The answer's body."""
        text = compact(self.value) if self.is_json and not self.text else self.text
        return text.encode("utf-8", "replace")

    @cached_property
    def exact(self) -> str:
        """What was sent, as the text that equal orders share."""
        return exactly(self.order)


@dataclass
class Asked:
    """The interactions of one call, to be found by what was sent."""

    all: list[Interaction] = field(default_factory=list)

    def like(self, exact: str) -> list[Interaction]:
        """Those of the same order, else those that differ in what is of the moment alone."""
        return self._exact.get(exact) or self._loose.get(loosely(exact), [])

    @cached_property
    def _exact(self) -> dict[str, list[Interaction]]:
        return _grouped(self.all, lambda one: one.exact)

    @cached_property
    def _loose(self) -> dict[str, list[Interaction]]:
        return _grouped(self.all, lambda one: loosely(one.exact))


def _grouped(
    some: Iterable[Interaction], name: Callable[[Interaction], str]
) -> dict[str, list[Interaction]]:
    found: dict[str, list[Interaction]] = {}
    for one in some:
        found.setdefault(name(one), []).append(one)
    return found


@dataclass
class Cassette:
    """What a recording says. ``lives`` are the interactions of each task, by the id in them.

    ``callbacks`` are those of each task, the first of each phase. ``missing`` is how many files it
    tells of that do not lie beside it, and ``untold`` how many callbacks say nothing that is known.
    """

    base: str
    all: list[Interaction] = field(default_factory=list)
    lives: dict[str, list[Interaction]] = field(default_factory=dict)
    links: dict[str, list[Interaction]] = field(default_factory=dict)
    asked: dict[tuple[str, str, str, bool], "Asked"] = field(default_factory=dict)
    callbacks: dict[str, list[Recalled]] = field(default_factory=dict)
    missing: int = 0
    untold: int = 0

    def calls(self, call: str, method: str, target: str, keyed: bool) -> "Asked":
        """The interactions of a call that is of no task yet, in the order of the recording."""
        return self.asked.get((call, method, target, keyed)) or Asked()

    def mentions(self, one: Interaction) -> frozenset[str]:
        """The recorded ids that an answer names."""
        text = one.body.decode("utf-8", "replace")
        odd = {name for name in self.odd if f'"{name}"' in text}
        return frozenset((tokens(text) & self.lives.keys()) | odd)

    @cached_property
    def odd(self) -> list[str]:
        """The ids that do not look like one."""
        return [name for name in self.lives if not _TOKEN.fullmatch(name)]

    def of_link(self, url: str) -> list[Interaction]:
        """The downloads of what is behind a link, whatever its signature."""
        return self.links.get(_behind(url), [])


def shape(target: str, task: str) -> str:
    """A path and its query without the id of the task that is meant."""
    if not task:
        return target
    return target.replace(quote(task, ""), "{id}").replace(task, "{id}")


def opened(path: str, dialect: Dialect) -> Cassette:
    """The recording in a file; BadSetting where it is none of this dialect that can be read."""
    file = Path(path)
    try:
        lines = load(file)
    except BadSetting as bad:
        raise BadSetting(f"--replay: {bad}") from None
    if lines[0].get("dialect") != dialect.name:
        other = str(lines[0].get("dialect"))[:40]
        raise BadSetting(f"--replay: {path} is a recording of {other}, not of {dialect.name}")
    made = Cassette(str(lines[0].get("base_url", "")))
    for line in lines[1:]:
        if line["kind"] == "exchange":
            _add(made, _interaction(line, len(made.all), made, dialect))
        elif line["kind"] == "file":
            kept = _kept(line, file)
            made.missing += bool(line.get("name") and kept.path is None)
            _attach(made, kept)
    # Once the orders are known: a callback may come before its answer.
    ids = {dialect.reader.meant(name): name for name in reversed(made.lives)}
    for line in lines[1:]:
        if line["kind"] == "callback":
            _recall(made, line, dialect, ids)
    if not made.all:
        raise BadSetting(f"--replay: {path} has no exchange that could be replayed")
    return made


def _recall(
    made: Cassette, line: Mapping[str, Any], dialect: Dialect, ids: Mapping[str, str]
) -> None:
    """Keep a callback; one that tells of the same phase again was a further try.

    ``ids`` are those of the lives, by what is meant by them.
    """
    body, task = line.get("body"), ids.get(line.get("task", ""), "")
    life = made.lives.get(task, ())
    ordered = next((one.at for one in life if one.created), None)
    phase = dialect.reader.read(body).phase if isinstance(body, dict) else None
    if phase is None or ordered is None or not isinstance(body, dict):
        made.untold += 1
        return
    told = made.callbacks.setdefault(task, [])
    if phase not in {one.phase for one in told}:
        at = line.get("at", 0)
        told.append(Recalled(phase, max(0, at - ordered), at, body))


def _kept(line: Mapping[str, Any], recording: Path) -> Kept:
    """A file by its line, which names it by its digest."""
    digest, name = line.get("sha256", ""), line.get("name", "")
    path = recording.with_name(recording.name + ".files") / digest
    return Kept(digest, line.get("size", 0), path if name and path.is_file() else None)


def _interaction(
    line: Mapping[str, Any], place: int, made: Cassette, dialect: Dialect
) -> Interaction:
    asked = {str(n).lower(): str(v) for n, v in line.get("sent_headers", {}).items()}
    call, task, url = line.get("call", ""), line.get("task", ""), line.get("url", "")
    order = meaning(line.get("sent"), asked.get("content-type", ""))
    created = dialect.reader.created_id(line.get("json")) if call == "create" else ""
    good = (line.get("status") or 999) < 300
    return Interaction(
        place=place,
        number=line.get("number", 0),
        call=call,
        method=line.get("method", "GET"),
        target=shape(url.removeprefix(made.base), task),
        task=task,
        keyed=line.get("auth") != "none",
        key=asked.get("authorization", "").partition(" ")[2],
        at=line.get("at", 0),
        order=order,
        status=line.get("status"),
        headers={str(n).lower(): str(v) for n, v in line.get("headers", {}).items()},
        asked=asked,
        value=line.get("json"),
        text=line.get("text", ""),
        is_json=bool(line.get("is_json")),
        fault=line.get("fault", ""),
        url=url,
        created=created if good else "",
        repeated=created in made.lives,
    )


def _add(made: Cassette, one: Interaction) -> None:
    made.all.append(one)
    if not one.task:
        name = (one.call, one.method, one.target, one.keyed)
        made.asked.setdefault(name, Asked()).all.append(one)
    if one.created and not one.repeated:
        made.lives.setdefault(one.created, []).append(one)
    elif one.task:
        made.lives.setdefault(one.task, []).append(one)
    if one.call == "download" and not one.keyed:
        made.links.setdefault(_behind(one.url), []).append(one)


def _attach(made: Cassette, kept: Kept) -> None:
    """A file is what the download before its line brought."""
    for one in reversed(made.all):
        if one.call == "download":
            one.file = kept
            return


def _behind(url: str) -> str:
    """Where a file is, without the query that lets one have it."""
    return unquote(url.partition("?")[0])


def tokens(text: str) -> set[str]:
    """All that could be an id in a text."""
    return set(_TOKEN.findall(text))
