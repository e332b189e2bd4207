"""What was sent and what came back, as lines of `run.jsonl`, and an index for the judges."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from conformance.catalogue import documents, reader
from conformance.catalogue.wire import USUAL, Refusals
from conformance.untrusted import bounded

VERSION = 1
META: Mapping[str, type] = {
    "run": str,
    "dialect": str,
    "base_url": str,
    "profile": str,
    "select": list,
    "models": dict,
    "world": dict,
}
TEXTS = (
    "probe", "call", "cost", "want", "method", "url", "auth", "of", "when", "tag", "form", "task",
    "text", "fault",
)  # fmt: skip
TYPES: Mapping[str, Any] = {
    **dict.fromkeys(TEXTS, str),
    **dict.fromkeys(("sent_headers", "headers"), dict),
    **dict.fromkeys(("number", "size", "at"), int),
    "status": int | None,
    "is_json": bool,
    "ms": int | float,
}


class TranscriptError(ValueError):
    """A file that is no transcript of this suite."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its answer. `at` is the account's time in milliseconds.

    `places` are where the dialect has what a refusal says: no part of what is written down.
    """

    number: int
    probe: str
    call: str
    cost: str
    want: str
    method: str
    url: str
    auth: str = "key"
    of: str = ""
    when: str = ""
    tag: str = ""
    form: str = "json"
    task: str = ""
    sent_headers: Mapping[str, str] = field(default_factory=dict)
    sent: Any = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    is_json: bool = False
    text: str = ""
    size: int = 0
    fault: str = ""
    ms: float = 0.0
    at: int = 0
    places: Refusals = USUAL

    @property
    def code(self) -> Any:
        """The code of a refusal, where the dialect has it."""
        return reader.code(self.json, self.places)

    @property
    def said(self) -> str:
        """What a refusal says in words, where the dialect has them; else the text that came."""
        return reader.message(self.json, self.text, self.places)

    @property
    def refuses(self) -> bool:
        """Whether the body carries an error, whatever the status says."""
        return reader.refusal(self.json, self.places)

    @property
    def short(self) -> str:
        """The call and its answer in one line."""
        answer = f"HTTP {self.status}" if self.status is not None else self.fault or "no answer"
        return f"{self.method} {self.url} -> {answer}"

    @property
    def body(self) -> str:
        """The answer's body, as text."""
        if self.is_json:
            return json.dumps(self.json, ensure_ascii=False)
        return self.text


@dataclass(frozen=True)
class Transcript:
    """Everything that is known of one run."""

    meta: Mapping[str, Any]
    exchanges: tuple[Exchange, ...]
    facts: tuple[Mapping[str, Any], ...]
    whole: bool

    @cached_property
    def by_probe(self) -> Mapping[str, tuple[Exchange, ...]]:
        """Exchanges by the probe they belong to."""
        found: dict[str, list[Exchange]] = {}
        for each in self.exchanges:
            found.setdefault(each.probe, []).append(each)
        return {key: tuple(items) for key, items in found.items()}

    @cached_property
    def by_task(self) -> Mapping[str, tuple[Exchange, ...]]:
        """Polls by the probe that made the task."""
        found: dict[str, list[Exchange]] = {}
        for each in self.exchanges:
            if each.call == "query" and each.of and not each.tag and each.auth == "key":
                found.setdefault(each.of, []).append(each)
        return {key: tuple(items) for key, items in found.items()}

    @cached_property
    def _numbered(self) -> Mapping[int, Exchange]:
        return {each.number: each for each in self.exchanges}

    def numbered(self, numbers: Iterable[int]) -> list[Exchange]:
        """The exchanges of these numbers, as far as there are such."""
        return [found for each in numbers if (found := self._numbered.get(each))]

    def sent(self, probe: str) -> Exchange | None:
        """The last answer to a probe, or None where it was not sent."""
        found = self.by_probe.get(probe)
        return found[-1] if found else None

    @cached_property
    def _facts(self) -> Mapping[tuple[str, str], list[Mapping[str, Any]]]:
        found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for fact in self.facts:
            found.setdefault((fact["kind"], fact.get("of", "")), []).append(fact)
        return found

    def facts_of(self, kind: str, of: str = "") -> list[Mapping[str, Any]]:
        """Facts of a kind about the task of a probe."""
        return self._facts.get((kind, of), [])

    def fact(self, kind: str, of: str = "") -> Mapping[str, Any] | None:
        """The last of them, or None."""
        found = self.facts_of(kind, of)
        return found[-1] if found else None

    @property
    def prices(self) -> Iterable[Mapping[str, Any]] | None:
        """The lines of the price list that the run went by last; None of an old run."""
        told = self.fact("prices")
        lines: Iterable[Mapping[str, Any]] | None = (told or self.meta).get("prices")
        return lines


class Writer:
    """Appends lines to a `run.jsonl`; every line is whole or absent."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def line(self, kind: str, data: Mapping[str, Any]) -> None:
        """Write one line and hand it to the system."""
        text = json.dumps({"kind": kind, **data}, ensure_ascii=False, sort_keys=True)
        try:
            self._file.write(text + "\n")
            self._file.flush()
        except OSError as fault:
            raise TranscriptError(f"{self._file.name}: {fault.strerror}") from fault

    def exchange(self, exchange: Exchange) -> None:
        """Write an exchange."""
        names = (each.name for each in fields(exchange) if each.name != "places")
        self.line("exchange", {name: getattr(exchange, name) for name in names})


@contextlib.contextmanager
def writing(path: Path, mode: str) -> Iterator[Writer]:
    """A writer to a file, which is closed even where nothing more can be written."""
    file = path.open(mode, encoding="utf-8")
    try:
        yield Writer(file)
    finally:
        with contextlib.suppress(OSError):
            file.close()


def load(path: Path) -> Transcript:
    """The transcript in a file; a last line that was cut off is left out."""
    return parse(_text(path).removesuffix("\n").split("\n"), str(path))


def first(path: Path) -> Mapping[str, Any]:
    """The first line of a transcript: what was run, and how."""
    return parse(_text(path).split("\n")[:1], str(path)).meta


def mend(path: Path) -> None:
    """Take a last line that was cut off away, so that others can follow."""
    text = _text(path)
    if not text.endswith("\n"):
        path.write_text(text[: text.rfind("\n") + 1], "utf-8")


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except OSError as fault:
        raise TranscriptError(f"{path}: {fault.strerror}") from fault
    except UnicodeDecodeError as fault:
        whole = fault.object[: fault.start]
        if b"\n" in whole and b"\n" not in fault.object[fault.start :]:
            return whole.decode()
        raise TranscriptError(f"{path}: this is no transcript of a run: {fault.reason}") from fault


def parse(lines: Iterable[str], name: str = "run.jsonl") -> Transcript:
    """The transcript in these lines."""
    read, cut = _read(list(lines), name)
    if not read or read[0].get("kind") != "meta":
        raise TranscriptError(f"{name}: this is no transcript of a run (its first line says what)")
    if read[0].get("version") != VERSION:
        raise TranscriptError(
            f"{name}: it is of version {str(read[0].get('version'))[:20]}, this suite reads "
            f"version {VERSION}"
        )
    for key, kind in META.items():
        if not isinstance(read[0].get(key), kind):
            raise TranscriptError(f"{name}: its first line has no {key} that can be read")
    if not all(isinstance(each, str) for each in read[0]["select"]):
        raise TranscriptError(f"{name}: its first line has no select that can be read")
    places = _places(read[0]["dialect"])
    exchanges = tuple(
        _exchange(each, places, name, number)
        for number, each in enumerate(read, 1)
        if each["kind"] == "exchange"
    )
    facts = tuple(
        _fact(each, name, number)
        for number, each in enumerate(read[1:], 2)
        if each["kind"] != "exchange"
    )
    whole = not cut and any(each["kind"] == "end" for each in facts)
    return Transcript(read[0], exchanges, facts, whole)


def _places(dialect: str) -> Refusals:
    """Where refusals of a dialect say what; of one that is not known here, the usual places."""
    known = dialect in documents.dialects()
    return documents.catalogue(dialect).dialect.refusals if known else USUAL


def _read(lines: list[str], name: str) -> tuple[list[dict[str, Any]], bool]:
    read: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        try:
            each = json.loads(line)
            bounded.weigh(each, 4 * bounded.VALUES, bounded.DEPTH + 8)
            if not isinstance(each, dict) or not isinstance(each.get("kind"), str):
                raise ValueError("no kind")
        except (ValueError, RecursionError) as fault:
            if number == len(lines) and read:
                return read, True
            raise TranscriptError(f"{name}: line {number} is no JSON object: {fault}") from fault
        read.append(each)
    return read, False


def _fact(line: Mapping[str, Any], name: str, number: int) -> Mapping[str, Any]:
    if not isinstance(line.get("of", ""), str):
        raise TranscriptError(f"{name}: line {number} has an of that cannot be read")
    return line


def _exchange(line: Mapping[str, Any], places: Refusals, name: str, number: int) -> Exchange:
    for key, kind in TYPES.items():
        if key in line and not isinstance(line[key], kind):
            raise TranscriptError(f"{name}: line {number} has a {key} that cannot be read")
    try:
        told = {key: value for key, value in line.items() if key != "kind"}
        return Exchange(**{**told, "places": places})
    except TypeError as fault:
        raise TranscriptError(f"{name}: line {number} is no exchange: {fault}") from fault
