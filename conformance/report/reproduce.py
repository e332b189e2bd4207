"""A failure as a shell script: the fewest calls that show it, run with nothing but curl."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence, Set
from decimal import Decimal

from conformance.catalogue.reader import FINAL, word
from conformance.catalogue.wire import Dialect, Word
from conformance.collect.ordering import wording
from conformance.collect.receiver import BEHAVIOURS
from conformance.collect.transcript import Exchange, Transcript
from conformance.collect.with_clock import BILLED
from conformance.judge.verdicts import Result
from conformance.plan import balances
from conformance.plan.ledger import ZERO
from conformance.plan.probes import FILES, Probe, download, query
from conformance.plan.stage import Plan, priced
from conformance.plan.terms import FAILED, RUNNING, SUCCEEDED, Way
from conformance.report import curl, shell
from conformance.untrusted import clean

MEASURED = {
    "actual", "adaptive", "clip", "compare", "default", "effect", "frames", "tokens", "wins",
}  # fmt: skip
BOOKED_S = 75  # what is booked late is booked by then
CHANGED = {
    "{tampered}": shell.tampered,
    "{prolonged}": shell.prolonged,
    "{unsigned}": shell.unsigned,
}
SHOWS_NOT = "# With another key this script cannot show it:"


def script(
    plan: Plan,
    result: Result,
    shown: Sequence[Exchange],
    transcript: Transcript,
    costs: Mapping[str, Decimal | None],
) -> str:
    """The script of a result."""
    meta, dialect = transcript.meta, plan.world.dialect
    steps = _steps(plan, result, shown, transcript)
    orders_ = [probe for probe, _ in steps if probe.call == "create"]
    measured = result.row.kind in MEASURED and bool(orders_)
    asked = {probe.of for probe, _ in steps}
    kept = {each.key for each in orders_ if measured or each.want == "accept" or each.key in asked}
    price = priced(costs.get(probe.key, ZERO) for probe, _ in steps if _pays(probe))
    lines = ["#!/bin/sh", *_head(result), *_guard(steps, price)]
    base = str(meta["base_url"])
    lines += [f"BASE=${{BASE_URL:-{shlex.quote(base)}}}", *_expected(result), shell.SAID]
    moves = any(each.fate or each.when.at is not None for each, _ in steps)
    moves = moves or result.row.kind == "balance"
    billed = plan.world.control and result.row.kind in BILLED
    if billed or (moves and plan.world.control):
        lines.append(shell.ROOT)
    head, lines = lines, []
    if kept:
        lines.append(shell.poll(dialect.query.path.replace("{id}", "$id"), dialect.wait[0]))
    called = [probe for probe in orders_ if "$callback" in wording(probe)]
    if called:
        lines.append(shell.receiver(_answering(wording(called[0]))))
    if measured:
        lines.append(shell.MEASURE)
    moved = 0
    for probe, exchange in steps:
        lines += _before(plan, probe, kept, moved)
        moved = moved if probe.when.at is None else probe.when.at
        lines += _step(plan, probe, exchange, kept, transcript)
    if billed:
        lines += [*([_until(dialect)] if kept else []), shell.LEDGER, ""]
    elif measured:
        if not any(probe.call == "query" for probe, _ in steps):
            lines.append(_until(dialect))
        lines += _clip(dialect, any("still" in each.follow for each in orders_))
        if result.row.kind == "frames":
            lines.append(shell.LOOK)
    if called:
        lines += ['sleep "${QUIET:-15}"', shell.QUIET, ""]
    made = [shell.FOLDER] if any("$folder" in each for each in lines) else [""]
    return "\n".join([*head, *made, *lines]).rstrip("\n") + "\n"


def _head(result: Result) -> list[str]:
    row = result.row
    place = f"{row.source.title}, {row.section}" + (f", {row.field}" if row.field else "")
    text = [
        row.id,
        row.requirement,
        f"Document: {place} (read {row.source.read})",
        f"Seen: {result.message}",
    ]
    return [*map(clean.comment, text), "set -eu"]


def _expected(result: Result) -> list[str]:
    """What whoever runs the script has to hold its output against, printed by the script."""
    text = [f"expected: {result.row.requirement}", f"seen in the run: {result.message}"]
    return [clean.printed(line) for line in text]


def _pays(probe: Probe) -> bool:
    return probe.cost in ("own", "shared", "contingent")


def _guard(steps: Sequence[tuple[Probe, Exchange]], price: str) -> list[str]:
    lines = []
    if any("SEEDANCE_API_KEY" in each for probe, _ in steps for each in curl.headers(probe)):
        lines.append(': "${SEEDANCE_API_KEY:?set it to a key of the endpoint}"')
    if any(probe.auth == "second" for probe, _ in steps):
        lines.append(': "${SEEDANCE_SECOND_KEY:?set it to a key of another account}"')
    if not any(_pays(probe) for probe, _ in steps):
        return ["# It costs nothing.", *lines]
    listed = price[0].isdigit() and price != "0"
    worst = f"at worst for ${price} by the run's price list"
    told = f"It may create a task, {worst if listed else 'for which no price is listed'}."
    return [
        f"# {told}",
        *lines,
        'if [ "${PAY:-}" != 1 ]; then',
        f"  echo {shlex.quote(told + ' Run it with PAY=1 to go on.')} >&2",
        "  exit 2",
        "fi",
    ]


def _steps(
    plan: Plan, result: Result, shown: Sequence[Exchange], transcript: Transcript
) -> list[tuple[Probe, Exchange]]:
    """The order first, then what was asked about its task; of many alike, the first."""
    if result.row.kind == "balance":
        return list(_balanced(plan, result, transcript))
    found: list[tuple[Probe, Exchange]] = []
    for exchange in shown[:2]:
        probe = plan.probes.get(exchange.probe)
        looked = exchange.call == "query" and result.row.kind in MEASURED | BILLED
        if looked or (probe is None and exchange.call == "query"):
            probe = query(plan.world, of=exchange.of)
        if probe is None and exchange.call in FILES:
            probe = download(plan.world, exchange.of)
        if probe is None:
            continue
        made = plan.probes.get(probe.of)
        if made and all(each.key != made.key for each, _ in found):
            found.append((made, transcript.sent(made.key) or exchange))
        if all(each.key != probe.key for each, _ in found):
            found.append((probe, exchange))
    return found


def _balanced(
    plan: Plan, result: Result, transcript: Transcript
) -> Iterator[tuple[Probe, Exchange]]:
    """An order between two readings of the balance."""
    drawn = plan.drawn[result.id]
    kept = [each for each in drawn if each.tag in (*balances.FIRST, *balances.LAST)]
    made = next(each for each in drawn if each.call == "create")
    for probe in (kept[0], made, kept[-1]):
        if exchange := transcript.sent(probe.key):
            yield probe, exchange


def _before(plan: Plan, probe: Probe, kept: Set[str], moved: int) -> list[str]:
    """What has to be so before a step: a fate that is settled, a phase, a time."""
    dialect, control = plan.world.dialect, plan.world.control
    if probe.fate and control:
        wish = json.dumps({"queue": "1s", "run": "3s", **probe.fate.plan})
        return [shell.planned(wish, dialect.name)]
    if probe.of not in kept:
        return []
    if probe.call == balances.CALL:
        late = [shell.moved(BOOKED_S)] if control else []
        return [_until(dialect), *late] if probe.tag in balances.LAST else []
    fate, lines = plan.probes[probe.of].fate, []
    if probe.when.at is not None:
        if not moved and not (fate and fate.endless):
            lines.append(_until(dialect))
        seconds = probe.when.at - moved
        lines.append(shell.moved(seconds) if control else shell.slept(seconds))
    elif probe.when in (RUNNING, SUCCEEDED, FAILED):
        lines.append(_until(dialect, probe.when.phase))
    elif probe.call in FILES:
        lines.append(_until(dialect))
    if probe.path in ("{link}", *CHANGED):
        lines.append(_link(dialect, "clip"))
    return lines


def _answering(words: str) -> int:
    """What the receiver of an order answers."""
    ends = (status for end, status in BEHAVIOURS.items() if f"$callback-{end}" in words)
    return next(ends, 200)


def _until(dialect: Dialect, phase: str = "", more: Sequence[Word] = ()) -> str:
    """Wait for a phase, or an end where that comes sooner, or a word that no page has."""
    phases = dict.fromkeys([phase, *FINAL] if phase else FINAL)
    words = [each for name in phases for each in dialect.words.get(name, ())]
    known = {each for found in dialect.words.values() for each in found}
    words += [each for each in more if each not in known]
    return shell.waited([str(each) for each in words])


def _link(dialect: Dialect, what: str) -> str:
    return shell.taken("link", dialect.answer[what][0])


def _clip(dialect: Dialect, still: bool) -> list[str]:
    """Fetch the clip and say what it is, and the picture where one was asked for."""
    if dialect.download:
        key = curl.headers(Probe("content", "GET", dialect.download.path))
        lines = [shell.called(dialect.download.path), *shell.downloaded("clip.mp4", key)]
    else:
        lines = [_link(dialect, "clip"), *shell.downloaded("clip.mp4", [])]
    lines.append('measure "$file"')
    if still:
        lines += [_link(dialect, "last_frame"), *shell.downloaded("last.png", [])]
        lines.append('measure "$file"')
    return [*lines, ""]


def _step(
    plan: Plan, probe: Probe, exchange: Exchange, kept: Set[str], transcript: Transcript
) -> list[str]:
    lines, meta = [], transcript.meta
    if curl.speaks_of_own(probe):
        lines.append(f"{SHOWS_NOT} the body speaks of a task or an asset of the run's account.")
    if probe.form.way is Way.SOCKET:
        return [*lines, *curl.malformed_call(probe, str(meta["base_url"]) + probe.path)]
    if probe.call in FILES:
        changed = [CHANGED[probe.path]()] if probe.path in CHANGED else []
        if probe.call == "content":
            changed = [shell.called(probe.path)]
        head = ["-I"] if probe.method == "HEAD" else []
        return [*lines, *changed, *shell.downloaded("clip.mp4", [*head, *curl.headers(probe)]), ""]
    plain = probe.call == "query" and probe.auth == "key" and not (probe.headers or probe.tag)
    if plain and probe.of in kept and probe.when.at is None:
        odd = word(plan.world.dialect, exchange.json)
        return [*lines, _until(plan.world.dialect, more=[] if odd is None else [odd]), ""]
    return [*lines, *curl.call(plan, probe, exchange, meta["models"], probe.key in kept)]
