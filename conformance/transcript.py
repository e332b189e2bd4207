"""What was sent and what came back, as lines of `run.jsonl`, and an index for the judges."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

VERSION = 1


class TranscriptError(ValueError):
    """A file that is no transcript of this suite."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its answer. `at` is the account's time in milliseconds."""

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


class Writer:
    """Appends lines to a `run.jsonl`; every line is whole or absent."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def line(self, kind: str, data: Mapping[str, Any]) -> None:
        """Write one line and hand it to the system."""
        text = json.dumps({"kind": kind, **data}, ensure_ascii=False, sort_keys=True)
        self._file.write(text + "\n")
        self._file.flush()

    def exchange(self, exchange: Exchange) -> None:
        """Write an exchange."""
        self.line("exchange", asdict(exchange))


def load(path: Path) -> Transcript:
    """The transcript in a file; a last line that was cut off is left out."""
    try:
        lines = path.read_text("utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as fault:
        raise TranscriptError(f"{path}: {fault}") from fault
    return parse(lines, str(path))


def parse(lines: Iterable[str], name: str = "run.jsonl") -> Transcript:
    """The transcript in these lines."""
    read, cut = _read(list(lines), name)
    if not read or read[0].get("kind") != "meta" or read[0].get("version") != VERSION:
        raise TranscriptError(f"{name}: this is no transcript of a run (its first line says what)")
    try:
        exchanges = tuple(_exchange(each) for each in read if each["kind"] == "exchange")
    except (TypeError, KeyError) as fault:
        raise TranscriptError(f"{name}: an exchange cannot be read: {fault}") from fault
    facts = tuple(each for each in read[1:] if each["kind"] != "exchange")
    whole = not cut and any(each["kind"] == "end" for each in facts)
    return Transcript(read[0], exchanges, facts, whole)


def _read(lines: list[str], name: str) -> tuple[list[dict[str, Any]], bool]:
    read: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        try:
            each = json.loads(line)
            if not isinstance(each, dict) or "kind" not in each:
                raise ValueError("no kind")
        except ValueError as fault:
            if number == len(lines) and read:
                return read, True
            raise TranscriptError(f"{name}: line {number} is no JSON object: {fault}") from fault
        read.append(each)
    return read, False


def _exchange(line: Mapping[str, Any]) -> Exchange:
    return Exchange(**{key: value for key, value in line.items() if key != "kind"})
