"""The page of ``drift``: one file that loads nothing, and in which all that is said is text."""

from collections.abc import Mapping
from html import escape

from simulator.client.findings import plain
from simulator.dialects import load
from simulator.upstream.drift import LEFT_OUT, Cause, Drift

_MOST = 20
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid; vertical-align: top }
td { overflow-wrap: anywhere } code { font-size: .9em }
:root { color-scheme: light dark }
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
    names = ("call", "place", "recorded", "simulated", "exchanges")
    head = "".join(f'<th scope="col">{name}' for name in names)
    return f"<h2>{_text(heading).capitalize()}</h2>\n<table><tr>{head}\n{rows}</table>\n"


def _rows(row: str, causes: Mapping[Cause, list[int]]) -> str:
    head = f'<tbody><tr><th scope="rowgroup" colspan="5">{_text(row)}\n'
    return head + "".join(_row(cause, numbers) for cause, numbers in causes.items())


def _row(cause: Cause, numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:_MOST])) + (", …" if len(numbers) > _MOST else "")
    cells = (cause.call, cause.place, cause.recorded, cause.simulated)
    made = "".join(f"<td><code>{_text(cell)}</code>" for cell in cells)
    return f"<tr>{made}<td>{shown}\n"


def _text(text: str) -> str:
    return escape(plain(text))
