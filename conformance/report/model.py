"""A report as one value: what was judged, what came out, and how to see it again."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from functools import cached_property
from typing import Any

from conformance.catalogue import documents
from conformance.collect.transcript import Exchange, Transcript
from conformance.judge import deviations, xray
from conformance.judge.causes import Cause
from conformance.judge.verdicts import Result, Verdict
from conformance.plan.ledger import ZERO
from conformance.plan.stage import Plan, priced
from conformance.report import reproduce
from conformance.report.passages import XRay
from conformance.untrusted import clean

CENT = Decimal("0.01")
BAD = ("fail", "stale", "error", "warn", "known")


def dollars(amount: Decimal) -> str:
    """An amount at worst, as a reader shall see it: in whole cents, never too little."""
    return f"${amount.quantize(CENT, ROUND_UP)}"


@dataclass(frozen=True)
class Report:
    """Everything that any of the report's forms shows."""

    plan: Plan
    transcript: Transcript
    results: tuple[Result, ...]
    verdict: Verdict
    costs: Mapping[str, Decimal | None]
    causes: tuple[Cause, ...] = ()

    @property
    def meta(self) -> Mapping[str, Any]:
        """The first line of the transcript."""
        return self.transcript.meta

    @property
    def title(self) -> str:
        """The name of the dialect."""
        return self.plan.world.dialect.title

    @property
    def made(self) -> str:
        """The day of the run, as the machine that made it knew it, and the suite's version."""
        if self.meta.get("recorded") is True:
            return "as a client of its own was answered"
        day, suite = self.meta.get("day"), self.meta.get("suite")
        if not (isinstance(day, str) and isinstance(suite, str)):
            return "day and version of the suite were not recorded"
        return f"run on {clean.line(day, 40)} with version {clean.line(suite, 40)} of the suite"

    def exchanges(self, result: Result) -> list[Exchange]:
        """The exchanges that show a result."""
        if shown := self.transcript.numbered(result.evidence):
            return shown
        keys = result.probes[:2]
        return [each for key in keys if (each := self.transcript.sent(key))]

    def cost(self, result: Result) -> str:
        """The worst price of the row's own requests, in dollars."""
        return priced(self.costs.get(key, ZERO) for key in result.probes)

    def reproducer(self, result: Result) -> str:
        """A shell script that shows the result again."""
        return reproduce.script(
            self.plan, result, self.exchanges(result), self.transcript, self.costs
        )

    @cached_property
    def coverage(self) -> Mapping[str, int]:
        """How many rows the catalogue has, and how many of them are tested, excluded, open."""
        rows = documents.catalogue(self.plan.world.dialect.name).rows
        tested = sum(
            each.result in ("pass", "fail", "warn", "known", "stale") for each in self.results
        )
        excluded = sum(each.excluded is not None for each in rows)
        return {
            "rows": len(rows),
            "tested": tested,
            "excluded": excluded,
            "open": len(rows) - tested - excluded,
        }

    @cached_property
    def xray(self) -> XRay | None:
        """What of an order reached the simulator behind the gateway, where one stood there."""
        found = xray.pictures(self.plan, self.transcript)
        return XRay(found) if found else None

    @property
    def _spent(self) -> Mapping[str, Any]:
        facts = self.transcript.facts_of("spent")
        return facts[-1] if facts else {}

    @cached_property
    def spent(self) -> str:
        """What the run made and what that can cost at most, in a line."""
        last = self._spent
        if self.meta.get("recorded") is True:
            made = sum(1 for each in self.plan.probes.values() if each.name and each.want != "see")
            return f"{made} of them orders that rows are judged by"
        if not last:
            return "what was bought stands in the ledger of the run, which was cut off"
        tasks, unwanted, unpriced = last["tasks"], last["unwanted"], last["unpriced"]
        open_ = last.get("unsettled", 0)
        text = f"{tasks or 'no'} task{'s' if tasks > 1 else ''} made"
        if unwanted:
            text += f", {unwanted} of them by orders that may be refused"
        if open_:
            text += f", {open_} more perhaps, by orders without a clear answer"
        if not tasks and not open_:
            return text
        if self.plan.world.control:
            return f"{text}, on a simulator, which bills nothing"
        if tasks + open_ > unpriced:
            text += f", at worst {dollars(Decimal(last['usd']))} by the listed prices"
        if unpriced:
            text += f", {unpriced} without a listed price"
        return text

    def areas(self) -> Mapping[str, list[Result]]:
        """The results by area, in the order of the vocabulary."""
        found: dict[str, list[Result]] = {name: [] for name in documents.schema().words["areas"]}
        for each in self.results:
            found[each.row.area].append(each)
        return {name: rows for name, rows in found.items() if rows}

    def data(self) -> dict[str, Any]:
        """`report.json`."""
        return {
            "meta": {**self.meta, "title": self.title},
            "verdict": self.verdict.word,
            "exit": self.verdict.exit,
            "totals": {
                **self.verdict.counts,
                "musts_not_run": self.verdict.unrun,
                "effect_not_visible": self.verdict.unseen,
                "requests": len(self.transcript.exchanges),
                **{
                    key: self._spent.get(key)
                    for key in ("tasks", "unwanted", "unsettled", "usd", "unpriced")
                },
            },
            "causes": [self.cause(each) for each in self.causes],
            "gaps": list(self.verdict.gaps),
            "xray": self.xray.data() if self.xray else None,
            "coverage": dict(self.coverage),
            "rows": [self.row(each) for each in self.results],
        }

    def shown(self, cause: Cause) -> list[Exchange]:
        """The plainest exchange that shows a cause, where there is one."""
        return self.transcript.numbered(cause.evidence[:1])

    def cause(self, cause: Cause) -> dict[str, Any]:
        """One cause of `report.json`."""
        return {
            "number": cause.number,
            "kind": cause.kind,
            "result": cause.result,
            "message": cause.message,
            "change": cause.change,
            "exchanges": list(cause.evidence),
            "rows": list(cause.rows),
        }

    def signature(self, result: Result) -> str:
        """What a file of known deviations has to say of a broken row."""
        kinds = {each.number: each.kind for each in self.causes}
        return deviations.signature(result, kinds.get(result.cause, ""))

    def row(self, result: Result) -> dict[str, Any]:
        """One row of `report.json`."""
        row = result.row
        return {
            "id": row.id,
            "area": row.area,
            "level": row.level,
            "basis": row.basis,
            "result": result.result,
            "message": result.message,
            "reading": result.reading,
            "signature": self.signature(result) if result.result in BAD else "",
            "source": {
                "title": row.source.title,
                "section": row.section,
                "field": row.field,
                "read": row.source.read,
            },
            "requirement": row.requirement,
            "readings": list(row.readings),
            "requests": len(result.probes),
            "cost": self.cost(result),
            "exchanges": list(result.evidence),
            "cause": result.cause or None,
            "effect_visible": not result.unseen,
            "reproducer": self.reproducer(result) if result.result in BAD else "",
        }
