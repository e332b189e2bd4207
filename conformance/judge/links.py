"""Judges of links and of calls other than orders: headers, lists, assets."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from conformance.catalogue import orders, reader
from conformance.collect.transcript import Exchange
from conformance.judge.answers import brief, misshapen, none, unequal
from conformance.judge.case import Case, Finding, broken, ok, told, unknown
from conformance.judge.errors import mismatch
from conformance.judge.routes import hindered
from conformance.plan.calls import LINKS
from conformance.untrusted.bounds import is_link

GOOD = (200, 206)

# Ways in which a signature may leave out what it has to cover: whoever has the link keeps it.
UNCOVERED = {"prolonged": "with its end an hour later", "unsigned": "without its signature"}


def link(case: Case) -> Finding:
    """The clip's link has the property."""
    name = case.expect["property"]
    if name in ("absolute", "same"):
        return _written(case, name)
    if name == "keyless" and (written := _written(case, "absolute")).state == "broken":
        return written
    tag = LINKS[name]
    each = next((case.sent(probe) for probe in case.of("download") if probe.tag == tag), None)
    if each is None:
        return case.skipped() or none(case)
    if each.status is None:
        return unknown(told(each), each)
    for probe in case.of("download"):
        one = case.sent(probe) if probe.tag in UNCOVERED else None
        if one is not None and (lax := _refused(case, one)).state == "broken":
            return replace(lax, message=f"{UNCOVERED[probe.tag]} {lax.message}")
    judged: Finding = DOWNLOADS[name](case, each)
    return judged


def _written(case: Case, name: str) -> Finding:
    found = [
        (each, value)
        for each in case.answers("query", "succeeded")
        if (value := reader.link(case.dialect, each.json))
    ]
    if not found:
        return none(case)
    if name == "absolute":
        wrong = next(((each, value) for each, value in found if not is_link(value)), None)
        return (
            broken(f"the link is {brief(wrong[1])}", wrong[0])
            if wrong
            else ok("it is", found[0][0])
        )
    first: dict[str, str] = {}
    for each, value in found:
        if first.setdefault(each.of, value) != value:
            return broken("the link is another one at the next reading", each)
    return ok(f"{len(found)} answers carry the same link")


def _keyless(case: Case, each: Exchange) -> Finding:
    if each.status in GOOD and each.size:
        return ok(f"HTTP {each.status}, {each.size} bytes", each)
    if each.status == 429 or (each.status or 0) >= 500:
        return unknown(told(each), each)
    return broken(f"without a key the link gives {told(each)}", each)


def _refused(case: Case, each: Exchange) -> Finding:
    if 400 <= (each.status or 0) < 500:
        return ok(f"it is refused: HTTP {each.status}", each, seen=("refused",))
    if each.status in GOOD:
        return broken("it is answered with the clip", each, seen=("accepted",))
    return unknown(told(each), each)


def _ranged(case: Case, each: Exchange) -> Finding:
    if each.status == 206 and each.size == 100 and "content-range" in each.headers:
        return ok("100 bytes were asked for and came", each)
    return broken(f"bytes 0-99: HTTP {each.status} with {each.size} bytes", each)


def _error_body(case: Case, each: Exchange) -> Finding:
    wrong = next(misshapen(case.expect, each.json), None)
    return broken(f"{each.short}: {wrong}", each) if wrong else ok("it has", each)


def _headers(case: Case, each: Exchange) -> Finding:
    for name, pattern in case.expect["has"].items():
        value = each.headers.get(name.lower(), "")
        if not re.search(pattern, value):
            return broken(f"{name} is {value!r}", each)
    return ok("they are there", each)


DOWNLOADS: Mapping[str, Any] = {
    "keyless": _keyless,
    "ranged": _ranged,
    "tamper-proof": _refused,
    "authorization": _refused,
    "head-refused": _refused,
    "error-body": _error_body,
    "headers": _headers,
}


def header(case: Case) -> Finding:
    """The answer has the header."""
    expect = case.expect
    each = next((found for probe in case.probes if (found := case.sent(probe))), None)
    if each is None or each.status is None:
        return case.skipped() or none(case)
    name = expect["name"].lower()
    if not {"echoes", "situation"} & set(expect) and name in each.headers:
        each = next((one for one in _answered(case) if name not in one.headers), each)
    value = each.headers.get(name)
    seen = (f"has headers:/{name}" if value is not None else f"lacks headers:/{name}",)
    if value is None:
        return broken(f"there is no header {name}", each, seen=seen)
    if expect.get("echoes") and value != "conformance-4711":
        return broken(f"{name} is {value!r}, not what was sent", each, seen=seen)
    if "pattern" in expect and not re.search(expect["pattern"], value):
        return broken(f"{name} is {value!r}, not {expect['pattern']}", each, seen=seen)
    return ok(f"{name}: {value[:80]}", each, seen=seen)


def _answered(case: Case) -> list[Exchange]:
    """Every answer about orders and tasks, but for what a server may not have read or said.

    An answer of 5xx may be of a proxy before it, which knows none of its headers.
    """
    calls = ("create", "query", "list", "delete")
    return [
        each
        for each in case.transcript.exchanges
        if each.call in calls
        and each.status is not None
        and each.status < 500
        and each.form in ("json", "multipart")
    ]


def encoding(case: Case) -> Finding:
    """The answer can be decoded as its label says."""
    each = next((found for probe in case.of("query") if (found := case.sent(probe))), None)
    if each is None:
        return case.skipped() or none(case)
    if each.fault.startswith("the body cannot be read"):
        return broken(
            f"with Accept-Encoding {case.expect['offer']}: {each.fault}", each, seen=("refused",)
        )
    if hindered(each):
        return unknown(told(each), each)
    label = each.headers.get("content-encoding", "identity")
    if not each.is_json:
        return broken("the body is no JSON once decoded", each)
    return ok(f"content-encoding {label}", each, seen=("accepted",))


def _taken(each: Exchange) -> bool:
    good = each.status is not None and each.status < 300
    return good and each.code in (None, 200, 0)


def _lengths(found: list[Exchange]) -> Finding:
    """Texts of the full length are taken; whether longer ones are is a reading."""
    fits = [each for each in found if each.tag.startswith("fits:")]
    if wrong := next((each for each in fits if not _taken(each)), None):
        return broken(f"{wrong.tag[5:]} at its full length: {told(wrong)}", wrong)
    long = [each for each in found if each not in fits]
    each = next((one for one in long if _taken(one)), long[0])
    seen = ("accepted",) if _taken(each) else ("refused",)
    return ok(f"{each.tag[5:]} beyond it: {told(each, 100)}", *long, seen=seen)


def _absent(case: Case, each: Exchange) -> Finding | None:
    """What is said where the call is not there, and the document has it at another host."""
    if each.status not in (404, 405) or "elsewhere" not in case.expect:
        return None
    text = f"{told(each, 100)}, and the document has the call at {case.expect['elsewhere']}"
    return Finding("untestable", text, (each.number,))


def _denied(case: Case, found: list[Exchange]) -> Finding:
    """A wrong asset call is refused in the documented words, and a right one is not."""
    each = next((one for one in found if one.tag == "refused"), None)
    if each is None:
        return case.skipped() or none(case)
    for one in found:
        if one is not each and not _taken(one):
            text = f"without what is wrong with it the call is refused too: {told(one)}"
            return _absent(case, one) or unknown(text, one, each)
    if each.status is None or each.status >= 500 or each.status == 429:
        return unknown(told(each), each)
    if _taken(each):
        return broken(f"it is taken: {told(each)}", each, seen=("accepted",))
    wrong = mismatch(case, each)
    if wrong is None:
        return ok(told(each, 100), each, seen=("refused",))
    alone = len(found) == 1  # nothing shows that the call is there at all
    return (_absent(case, each) if alone else None) or broken(f"{each.short}: {wrong}", each)


def asset(case: Case) -> Finding:
    """An asset call answers with the documented places."""
    expect = case.expect
    found = [each for probe in case.of("asset") if (each := case.sent(probe))]
    if not found:
        return case.skipped() or none(case)
    if "http" in expect:
        return _denied(case, found)
    if "limits" in expect:
        return _lengths(found)
    for each in found:
        taken = _taken(each)
        if each.tag == "strange":
            return ok(told(each, 100), each, seen=("accepted",) if taken else ("refused",))
        if each.status is None or each.status >= 500 or each.status == 429:
            return unknown(told(each), each)
        if absent := _absent(case, each):
            return absent
        if not taken:
            return broken(told(each), each)
        if wrong := _unlike(case, each):
            return broken(wrong, each)
    return ok("it does", *found)


def _unlike(case: Case, each: Exchange) -> str | None:
    """What of an asset call's answer is not as its row says."""
    expect = case.expect
    for wrong in (
        *misshapen({"has": expect.get("has", {})}, each.json),
        *unequal(expect, each.json),
    ):
        return f"{each.short}: {wrong}"
    call = case.dialect.asset(expect["path"])
    for key, values in expect.get("values", {}).items():
        there, value = orders.at(each.json, f"{call.data if call else ''}/{key}")
        if there and value not in values:
            return f"{key} is {brief(value)}"
    return None
