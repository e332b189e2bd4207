"""The ledger: what each call may cost at worst, written down before it is sent."""

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import IO

PAID = ("shared", "own")
ZERO = Decimal(0)


class LedgerError(ValueError):
    """A ledger that cannot be read or written."""


class OverBudget(Exception):
    """A call that the limits do not permit; the message says why, `option` where to say more."""

    def __init__(self, reason: str, option: str) -> None:
        super().__init__(reason)
        self.option = option


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may spend. None is no limit."""

    cost: Decimal | None = None
    tasks: int | None = None
    contingent: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A reservation; `open` until an answer says that nothing was or something is owed."""

    id: int
    probe: str
    cost: str
    usd: Decimal
    state: str = "open"

    @property
    def owed(self) -> bool:
        """Whether it counts: everything does that was not clearly refused."""
        return self.state != "refused"


class Ledger:
    """Append-only; what stands in the file is the truth, also after a crash."""

    def __init__(self, path: Path, limits: Limits, durable: bool = True) -> None:
        self._path, self.limits, self._durable = path, limits, durable
        self.entries: dict[int, Entry] = {}
        self._usd, self._tasks, self._contingent = ZERO, 0, 0
        self.surprised = False
        self._fault = ""
        try:
            for number, line in enumerate(_lines(path), 1):
                self._read(number, line)
            _end_last_line(path)
            self._file: IO[str] = path.open("a", encoding="utf-8")
        except OSError as fault:
            raise LedgerError(f"{path}: {fault.strerror}") from fault

    @property
    def usd(self) -> Decimal:
        """Dollars owed at worst."""
        return self._usd

    @property
    def tasks(self) -> int:
        """Tasks that may have been made, wanted or not."""
        return self._tasks + self._contingent

    @property
    def contingent(self) -> int:
        """Tasks that may have been made although they had to be refused."""
        return self._contingent

    def reserve(self, probe: str, cost: str, usd: Decimal) -> int:
        """Write a reservation and give its number; OverBudget where a limit forbids it."""
        self._permit(cost, usd)
        number = len(self.entries) + 1
        self._write(
            {"reserve": number, "probe": probe, "class": cost, "usd": str(usd)}, cost != "free"
        )
        return number

    def settle(self, number: int, state: str) -> None:
        """Note the outcome: `accepted`, `refused` or `unknown`."""
        self._write({"settle": number, "state": state}, False)

    def found(self, probe: str, usd: Decimal) -> None:
        """Note a task that a call made which could not make one."""
        number = len(self.entries) + 1
        self._write(
            {
                "reserve": number,
                "probe": probe,
                "class": "contingent",
                "usd": str(usd),
                "found": True,
            },
            True,
        )
        self.settle(number, "accepted")

    def bought(self, probe: str) -> bool:
        """Whether a call that may cost was sent, and not clearly refused."""
        return any(
            each.probe == probe and each.cost != "free" and each.owed
            for each in self.entries.values()
        )

    def spent(self, costs: Mapping[str, Decimal | None]) -> dict[str, object]:
        """What the run may have to pay; dollars as text, by the listed prices of its probes."""
        owed = [each for each in self.entries.values() if each.cost != "free" and each.owed]
        made = [each for each in owed if each.state == "accepted"]
        return {
            "tasks": len(made),
            "unwanted": sum(each.cost == "contingent" for each in made),
            "unsettled": len(owed) - len(made),
            "usd": str(self.usd),
            "unpriced": sum(costs.get(each.probe, ZERO) is None for each in owed),
        }

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(OSError):
            self._file.close()

    def _read(self, number: int, line: Mapping[str, object]) -> None:
        try:
            self._apply(line)
        except (KeyError, TypeError, ValueError, ArithmeticError) as fault:
            raise LedgerError(f"{self._path}: line {number} is no line of a ledger") from fault

    def _permit(self, cost: str, usd: Decimal) -> None:
        if cost == "free":
            return
        limits = self.limits
        if limits.cost is not None and self._usd + usd > limits.cost:
            raise OverBudget(
                f"it could cost ${usd}, and ${limits.cost - self._usd} is left", "--max-cost"
            )
        if cost in PAID and limits.tasks is not None and self._tasks >= limits.tasks:
            raise OverBudget(
                f"the limit of {limits.tasks} paid tasks is reached", "--max-paid-tasks"
            )
        if (
            cost == "contingent"
            and limits.contingent is not None
            and self._contingent >= limits.contingent
        ):
            text = f"the limit of {limits.contingent} contingent tasks is reached"
            raise OverBudget(text, "--max-contingent")

    def _write(self, line: Mapping[str, object], sync: bool) -> None:
        if self._fault:
            raise LedgerError(self._fault)
        try:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()
            if sync and self._durable:
                os.fsync(self._file.fileno())
        except OSError as fault:
            self._fault = f"{self._path}: {fault.strerror}, so nothing more is sent"
            raise LedgerError(self._fault) from fault
        self._apply(line)

    def _apply(self, line: Mapping[str, object]) -> None:
        if "reserve" in line:
            number = int(str(line["reserve"]))
            entry = Entry(number, str(line["probe"]), str(line["class"]), Decimal(str(line["usd"])))
            if number in self.entries or not entry.usd.is_finite() or entry.usd < 0:
                raise ValueError(f"reservation {number}")
            self.surprised |= bool(line.get("found"))
            self.entries[number] = entry
            self._count(entry, 1)
        else:
            number = int(str(line["settle"]))
            before = self.entries[number]
            after = replace(before, state=str(line["state"]))
            self.entries[number] = after
            self._count(before, -1)
            self._count(after, 1)

    def _count(self, entry: Entry, sign: int) -> None:
        if entry.cost == "free" or not entry.owed:
            return
        self._usd += sign * entry.usd
        if entry.cost in PAID:
            self._tasks += sign
        else:
            self._contingent += sign


def _lines(path: Path) -> list[Mapping[str, object]]:
    if not path.exists():
        return []
    if not path.is_file():
        raise LedgerError(f"{path} is no file")
    found: list[Mapping[str, object]] = []
    try:
        texts = path.read_text("utf-8").split("\n")
    except UnicodeDecodeError as fault:
        raise LedgerError(f"{path}: this is no ledger: {fault.reason}") from fault
    if texts[-1] == "":
        texts.pop()
    for number, text in enumerate(texts, 1):
        try:
            found.append(json.loads(text))
        except ValueError as fault:
            if number < len(texts):
                raise LedgerError(f"{path}: line {number} cannot be read") from fault
    return found


def _end_last_line(path: Path) -> None:
    """A line that a crash cut off was never acted upon: take it away."""
    if path.exists():
        text = path.read_text("utf-8")
        if text and not text.endswith("\n"):
            head = text.rpartition("\n")[0]
            try:
                json.loads(text[len(head) :])
                path.write_text(text + "\n", "utf-8")
            except ValueError:
                path.write_text(head + "\n" if head else "", "utf-8")
