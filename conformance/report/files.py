"""The report's files: JSON, JUnit, SARIF, Markdown, HTML."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.judge.verdicts import Result
from conformance.judge.xray import CHANGED, DROPPED
from conformance.report import legend, page
from conformance.report.model import BAD, Report
from conformance.untrusted import clean

SARIF_LEVEL = {
    "fail": "error",
    "stale": "error",
    "error": "error",
    "warn": "warning",
    "known": "note",
}


def write(report: Report, folder: Path) -> None:
    """Write every form of a report."""
    data = report.data()
    texts = {
        "report.json": json.dumps(data, indent=1, ensure_ascii=False) + "\n",
        "junit.xml": junit(report),
        "report.sarif": json.dumps(sarif(report), indent=1, ensure_ascii=False) + "\n",
        "summary.md": summary(report),
        "report.html": page.html(report),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8", errors="replace")
    scripts = folder / "reproducers"
    for row in data["rows"]:
        if row["reproducer"]:
            scripts.mkdir(exist_ok=True)
            path = scripts / f"{row['id']}.sh"
            path.write_text(row["reproducer"], "utf-8", errors="replace")
            path.chmod(0o755)


def junit(report: Report) -> str:
    """JUnit: a suite for each area, a case for each row."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    for area, found in report.areas().items():
        failures = sum(each.result in ("fail", "stale") for each in found)
        errors = sum(each.result == "error" for each in found)
        skipped = sum(each.result in ("skip", "untestable", "not-run") for each in found)
        lines.append(
            f"<testsuite name={clean.attribute(area)} tests={clean.attribute(str(len(found)))} "
            f'failures="{failures}" errors="{errors}" skipped="{skipped}">'
        )
        lines += [_case(report, each) for each in found]
        lines.append("</testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _case(report: Report, result: Result) -> str:
    quoted, said = clean.attribute, result.message
    name = f"<testcase classname={quoted(result.row.area)} name={quoted(result.id)}"
    text = f"{result.row.requirement} — {said}"
    if result.result in ("fail", "stale"):
        return f"{name}><failure message={quoted(text)}/></testcase>"
    if result.result == "error":
        return f"{name}><error message={quoted(text)}/></testcase>"
    if result.result in ("skip", "untestable", "not-run"):
        return f"{name}><skipped message={quoted(f'{result.result}: {said}')}/></testcase>"
    if result.result in ("warn", "known"):
        told = clean.element(f"{result.result}: {text}")
        return f"{name}><system-out>{told}</system-out></testcase>"
    return f"{name}/>"


def sarif(report: Report) -> dict[str, Any]:
    """SARIF 2.1.0: what is not kept, each at its row in the catalogue."""
    bad = [each for each in report.results if each.result in BAD]
    file = f"fixtures/{report.meta['dialect']}/api.toml"
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "seedance-conformance",
                        "rules": [
                            {"id": each.id, "shortDescription": {"text": each.row.requirement}}
                            for each in bad
                        ],
                    }
                },
                "results": [
                    {
                        "ruleId": each.id,
                        "level": SARIF_LEVEL[each.result],
                        "message": {"text": clean.sarif(each.message) or each.row.requirement},
                        "locations": [{"physicalLocation": {"artifactLocation": {"uri": file}}}],
                    }
                    for each in bad
                ],
            }
        ],
    }


def summary(report: Report) -> str:
    """A page of Markdown, for a job's summary."""
    counts = ", ".join(
        f"{number} {name}" for name, number in report.verdict.counts.items() if number
    )
    lines = [
        f"# {report.title}: {report.verdict.word}{report.verdict.scope}",
        "",
        f"{clean.markdown(str(report.meta['base_url']))}, "
        f"profile {clean.markdown(str(report.meta['profile']))}, "
        f"{len(report.transcript.exchanges)} requests: {counts}.",
        "",
        f"{clean.markdown(report.made[0].upper() + report.made[1:])}.",
        "",
        f"{clean.markdown(report.spent[0].upper() + report.spent[1:])}.",
        "",
        *_causes(report),
        *_xray(report),
        *(f"- {clean.markdown(each, 600)}" for each in report.verdict.gaps),
        *([""] if report.verdict.gaps else []),
    ]
    bad = [each for each in report.results if each.result in BAD]
    if bad:
        lines += ["| result | row | requirement | seen |", "| --- | --- | --- | --- |"]
        lines += [
            f"| {each.result} | `{each.id}` | {clean.markdown(each.row.requirement)} "
            f"| {clean.markdown(each.message)} |"
            for each in bad
        ]
        lines.append("")
        if media := legend.media(each.message for each in bad):
            lines += [f"{clean.markdown(media, 600)}.", ""]
    lines += [
        "| area | pass | fail | warn | untestable | not run |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    for area, found in report.areas().items():
        sums = [
            sum(each.result in names for each in found)
            for names in (
                ("pass",), ("fail", "stale", "error"), ("warn", "known"),
                ("untestable", "skip"), ("not-run",),
            )
        ]  # fmt: skip
        lines.append(f"| {area} | " + " | ".join(map(str, sums)) + " |")
    return "\n".join(lines) + "\n"


def _causes(report: Report) -> Iterator[str]:
    """The causes, a paragraph each, before everything that comes of them."""
    for cause in report.causes:
        rows = f"{len(cause.rows)} row{'' if len(cause.rows) == 1 else 's'}"
        told, change = (clean.markdown(each, 600) for each in (cause.message, cause.change))
        yield f"**Cause {cause.number}** ({cause.result}, {rows}): {told}. Change: {change}."
        yield ""


def _xray(report: Report) -> Iterator[str]:
    """What of an order did not reach the upstream as it was, a line for each field."""
    if report.xray is None:
        return
    yield f"{clean.markdown(report.xray.summary, 600)}."
    yield ""
    for line in report.xray.table():
        if line.outcome in (DROPPED, CHANGED):
            arrived = f" ({line.arrived})" if line.arrived else ""
            row = f"; {line.row.id} says that it works" if line.row else ""
            yield f"- {clean.markdown(f'{line.outcome}: {line.field}{arrived}{row}', 600)}"
    yield ""
