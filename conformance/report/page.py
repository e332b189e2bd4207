"""The report as one HTML page that needs nothing else."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from conformance.collect.transcript import Exchange
from conformance.judge.causes import Cause
from conformance.judge.verdicts import RESULTS, Result
from conformance.report import legend
from conformance.report.model import BAD, Report
from conformance.untrusted import clean


def html(report: Report) -> str:
    """The page. Everything that the endpoint said is escaped and bounded."""
    total = max(len(report.results), 1)
    bars = [
        (name, count, round(100 * count / total, 3))
        for name, count in report.verdict.counts.items()
        if count
    ]
    return str(
        _template().render(
            title=report.title,
            meta=report.meta,
            verdict=report.verdict,
            bars=bars,
            results=RESULTS,
            causes=[_cause(report, each) for each in report.causes],
            coverage=report.coverage,
            xray=report.xray,
            bad=sorted(
                (each for each in report.results if each.result in BAD),
                key=lambda each: BAD.index(each.result),
            ),
            requests=len(report.transcript.exchanges),
            spent=report.spent,
            made=report.made,
            media=legend.media(each.message for each in report.results),
            areas=[(area, [_row(report, each) for each in rows]) for area, rows in _areas(report)],
        )
    )


@cache
def _template() -> Any:
    text = (Path(__file__).parent / "page.html.jinja").read_text("utf-8")
    return jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        text
    )


def _areas(report: Report) -> list[tuple[str, list[Result]]]:
    weight = {name: number for number, name in enumerate((*BAD, "not-run", "untestable", "pass"))}
    return [
        (area, sorted(rows, key=lambda each: weight.get(each.result, 9)))
        for area, rows in report.areas().items()
    ]


def _cause(report: Report, cause: Cause) -> dict[str, Any]:
    return {
        "number": cause.number,
        "result": cause.result,
        "message": cause.message,
        "change": cause.change,
        "rows": cause.rows,
        "exchanges": [_exchange(each) for each in report.shown(cause)],
    }


def _row(report: Report, result: Result) -> dict[str, Any]:
    row = result.row
    bad = result.result in BAD
    shown = report.exchanges(result)[: 3 if bad else 1]
    return {
        "id": row.id,
        "level": row.level,
        "basis": row.basis,
        "result": result.result,
        "message": clean.line(result.message),
        "requirement": row.requirement,
        "readings": [(text, text == result.reading) for text in row.readings],
        "source": row.source.title,
        "section": row.section,
        "field": row.field,
        "read": row.source.read,
        "cost": row.cost,
        "usd": report.cost(result),
        "requests": len(result.probes),
        "exchanges": [_exchange(each) for each in shown],
        "script": report.reproducer(result) if bad else "",
    }


def _exchange(each: Exchange) -> dict[str, Any]:
    sent = "" if each.sent is None else pretty(each.sent)
    return {
        "line": clean.line(f"{each.method} {each.url}", 500),
        "auth": legend.AUTH.get(each.auth, each.auth),
        "sent": clean.block(sent),
        "status": each.status,
        "fault": clean.line(each.fault, 500),
        "ms": each.ms,
        "type": clean.line(each.headers.get("content-type", ""), 100),
        "body": clean.block(pretty(each.json) if each.is_json else each.text),
        "size": each.size,
    }


def pretty(value: Any) -> str:
    """JSON as it is easiest to read."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
