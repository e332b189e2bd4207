"""Calls made once more: one rule's requests, or the same calls to two endpoints."""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.catalogue import orders
from conformance.cli.arguments import parser
from conformance.collect import loops, opening, preparing, running, transcript
from conformance.collect.options import Options, UsageError, base_url, endpoint, is_loopback
from conformance.collect.transcript import Exchange, Transcript
from conformance.plan.stage import picked
from conformance.untrusted import clean

DIFFERENT, MOST = 1, 100
SEEN_OF_CLIPS = {
    "problem", "container", "codec", "width", "height", "fps", "seconds", "sound", "channels",
}  # fmt: skip


def replay(given: argparse.Namespace) -> int:
    """Send the requests of a row again and compare the answers in kind."""
    before = transcript.load(Path(given.run))
    _of_the_suite(before, given.run)
    rows = [row.id for row in opening.world_of(before.meta).catalogue.rows]
    if not any(picked(id, given.id) for id in rows):
        raise UsageError(f"there is no row {given.id!r} in {given.run}")
    wanted = {
        key
        for id, keys in opening.plan_of(before.meta).groups.items()
        if picked(id, given.id)
        for key in keys
    }
    _may_pay(given.yes, before, wanted)
    after = _run(_options(before.meta["dialect"], before.meta["base_url"], given, [given.id]))
    return told(before, after, wanted, "then", "now")


def diff(given: argparse.Namespace) -> int:
    """Send the same calls to two endpoints and print where they differ in kind."""
    first_options = _options(given.dialect, given.base_url, given, [])
    second = None
    if not given.against.startswith(("http://", "https://")):
        second = transcript.load(Path(given.against))
        _of_the_suite(second, given.against)
        if second.meta["dialect"] != given.dialect:
            raise UsageError(f"{given.against} is a run of {second.meta['dialect']}")
    first = _run(first_options)
    second = second or _run(_options(given.dialect, given.against, given, []))
    return told(first, second, None, given.base_url, given.against)


def _of_the_suite(found: Transcript, name: str) -> None:
    """A recording has no call in common with a run: nothing would be compared, and all be alike."""
    if found.meta.get("recorded") is True:
        raise UsageError(
            f"{name} is a recording of a client, not a run of this suite: judge it, or compare it "
            "with seedance-sim drift"
        )


def _options(dialect: str, base: str, given: argparse.Namespace, select: list[str]) -> Options:
    base_url(base, dialect)
    # Cells differ by what is ordered, and answers are compared in kind.
    arguments = ["run", "--dialect", dialect, "--base-url", base, "--no-cells"]
    if given.api_key:
        arguments += ["--api-key", given.api_key]
    for each in select:
        arguments += ["--select", each]
    if given.yes:
        arguments += ["--yes"]
        if not is_loopback(base):
            arguments += ["--max-contingent", "1"]
    options = endpoint(parser().parse_args(arguments))
    return replace(options, report_dir=Path(tempfile.mkdtemp(prefix="seedance-again-")))


def _may_pay(yes: bool, before: Transcript, wanted: set[str]) -> None:
    pays = any(each.probe in wanted and each.cost != "free" for each in before.exchanges)
    if pays and not yes and not is_loopback(before.meta["base_url"]):
        raise UsageError("these requests may cost something: say --yes to send them again")


def _run(options: Options) -> Transcript:
    async def collected() -> Transcript:
        async with running.session(options) as client:
            prepared = await preparing.prepare(options, client)
            return await running.collect(options, prepared, client)

    return loops.run(collected())


def _compared(
    one: Transcript, two: Transcript, wanted: set[str] | None
) -> Iterator[tuple[Exchange, list[str]]]:
    """The calls that both made, each with its differences: its first answer, its last, its clip."""
    for key, found in one.by_probe.items():
        other = two.by_probe.get(key)
        if (wanted is not None and key not in wanted) or not other:
            continue
        pairs = [(found[0], other[0])]
        if len(found) > 1 and len(other) > 1:
            pairs.append((found[-1], other[-1]))
        lines = [line for left, right in pairs for line in in_kind(left, right)]
        lines += _of_clips(one.fact("clip", key), two.fact("clip", key))
        yield found[0], list(dict.fromkeys(lines))


def _of_clips(one: Mapping[str, Any] | None, two: Mapping[str, Any] | None) -> Iterator[str]:
    if one and two:
        for name in sorted({*one, *two} & SEEN_OF_CLIPS):
            if one.get(name) != two.get(name):
                yield f"clip {name}: {one.get(name)} | {two.get(name)}"


def in_kind(one: Exchange, two: Exchange) -> Iterator[str]:
    """Where two answers differ in kind: status, code, places and their types, words."""
    if one.status != two.status:
        yield f"HTTP {one.status or one.fault} | HTTP {two.status or two.fault}"
        return
    if (first := one.code) != (second := two.code):
        yield f"code {first!r} | {second!r}"
    left, right = dict(_kinds(one.json)), dict(_kinds(two.json))
    for place in sorted({*left, *right}):
        if left.get(place) != right.get(place):
            yield f"{place or '/'}: {left.get(place, 'absent')} | {right.get(place, 'absent')}"


def _kinds(value: Any, head: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        yield head, "object"
        for key, item in value.items():
            yield from _kinds(item, f"{head}/{key}")
    elif isinstance(value, list):
        yield head, "array"
        for item in value[:1]:
            yield from _kinds(item, f"{head}/0")
    else:
        yield head, orders.type_name(value)


def told(first: Transcript, second: Transcript, wanted: set[str] | None, one: str, two: str) -> int:
    """Print differences; the exit status is 0 where there are none."""
    compared = list(_compared(first, second, wanted))
    differences = [(exchange, lines) for exchange, lines in compared if lines]
    if not differences:
        what = "statuses, error codes, keys, types and clips"
        sys.stdout.write(f"no difference in kind in {len(compared)} calls ({what})\n")
        return 0
    sys.stdout.write(f"{clean.line(one)} | {clean.line(two)}\n")
    for exchange, lines in differences:
        sent = orders.canonical(exchange.sent)[:160]
        sys.stdout.write(clean.line(f"{exchange.method} {exchange.url} {sent}") + "\n")
        for line in lines[:MOST]:
            sys.stdout.write(f"    {clean.line(line)}\n")
        if len(lines) > MOST:
            sys.stdout.write(f"    and {len(lines) - MOST} more\n")
    return DIFFERENT
