"""Findings of a verdict, as the control plane gives them, for people."""

from typing import Any

from simulator.verdict import SEVERITIES


def bad(findings: list[dict[str, Any]], fail_on: str) -> list[dict[str, Any]]:
    """The findings that are at least so severe."""
    least = SEVERITIES.index(fail_on)
    return [one for one in findings if SEVERITIES.index(one["severity"]) >= least]


def words(findings: list[dict[str, Any]]) -> str:
    """Findings as lines of text."""
    lines = []
    for one in findings:
        calls = ", ".join(map(str, one["calls"]))
        shown = f" (calls {calls})" if calls else ""
        title = plain(one["title"])
        lines.append(f"{one['severity']}: {one['id']}: {title}{shown}\n  {one['fix']}\n")
    return "".join(lines)


def plain(text: str) -> str:
    """A text that may quote what somebody sent, without what a terminal obeys."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
