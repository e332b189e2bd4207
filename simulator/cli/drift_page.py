"""The page of ``drift``: one file that loads nothing, and in which all that is said is text."""

from collections.abc import Mapping
from html import escape

from simulator.client.findings import plain
from simulator.dialects import load
from simulator.upstream.drift import LEFT_OUT, Cause, Drift

_MOST = 20
_NAMES = ("call", "place", "recorded", "simulated", "exchanges")
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid; vertical-align: top }
h1, p, th, td { overflow-wrap: anywhere } code { font-size: .9em }
td:nth-child(1) { white-space: nowrap } td:nth-child(2) { min-width: 12rem }
:root { color-scheme: light dark }
@media (max-width: 40rem) {
  table, tbody, tr, th, td { display: block } thead { display: none }
  td { border: 0; padding: .1rem .6rem } tr { border-bottom: 1px solid; padding: .3rem 0 }
  td::before { content: attr(data-of) ": "; opacity: .75 }
}
"""


def page(found: Drift, recording: str) -> str:
    """The page as text."""
    groups = "".join(_group(heading, found.by_row(causes)) for heading, causes in found.groups)
    documents = _text("; ".join(load(found.dialect).documents))
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'">
<title>Drift of {_text(recording)}</title>
<style>{_STYLE}</style>
<h1>Drift of {_text(recording)}</h1>
<p>{found.dialect}, {found.fidelity}: {found.compared} exchanges compared, {found.left_out} left out
({LEFT_OUT}), <strong>{found.counted}</strong>.
The dialect is after: {documents}.</p>
{groups}
"""


def _group(heading: str, by_row: Mapping[str, Mapping[Cause, list[int]]]) -> str:
    rows = "".join(_rows(row, causes) for row, causes in by_row.items())
    head = "".join(f'<th scope="col">{name}' for name in _NAMES)
    return f"<h2>{_text(heading).capitalize()}</h2>\n<table><thead><tr>{head}\n{rows}</table>\n"


def _rows(row: str, causes: Mapping[Cause, list[int]]) -> str:
    head = f'<tbody><tr><th scope="rowgroup" colspan="5">{_text(row)}\n'
    return head + "".join(_row(cause, numbers) for cause, numbers in causes.items())


def _row(cause: Cause, numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:_MOST])) + (", …" if len(numbers) > _MOST else "")
    told = (cause.call, cause.place, cause.recorded, cause.simulated)
    cells = (*(f"<code>{_text(one)}</code>" for one in told), shown)
    made = (f'<td data-of="{n}">{cell}' for n, cell in zip(_NAMES, cells, strict=True) if cell)
    return f"<tr>{''.join(made)}\n"


def _text(text: str) -> str:
    return escape(plain(text))
