"""Judges of clips that the API itself hands out."""

from conformance.collect.transcript import Exchange
from conformance.judge.answers import misshapen, none
from conformance.judge.case import Case, Finding, broken, ok, otherwise, told, unknown

GOOD = (200, 206)
PART = 100


def content(case: Case) -> Finding:
    """The download is answered with the status, and what comes is of the type."""
    each = next((found for probe in case.of("content") if (found := case.sent(probe))), None)
    if each is None:
        return case.skipped() or none(case)
    wanted = case.expect.get("http", (200,))
    if each.status is None or (each.status == 429 and 429 not in wanted):
        return unknown(told(each), each)
    kind = each.headers.get("content-type", "").partition(";")[0].strip().lower()
    seen = (f"http {each.status}", f"type {kind}")
    if wrong := _wrong(case, each, kind):
        return broken(f"{each.short}: {wrong}", each, seen=seen)
    size = f", {each.size} bytes of {kind}" if each.status in GOOD else ""
    return ok(f"HTTP {each.status}{size}", each, seen=seen)


def _wrong(case: Case, each: Exchange, kind: str) -> str | None:
    expect = case.expect
    wanted = expect.get("http", (200,))
    if each.status not in wanted:
        return otherwise(each, wanted, 100)
    if each.status not in GOOD:
        return next(misshapen({"has": expect.get("has", {})}, each.json), None)
    if not each.size:
        return "the body is empty"
    if each.status == 206 and each.size != PART:
        return f"{PART} bytes were asked for, {each.size} came"
    if "type" in expect and kind != expect["type"]:
        return f"it is of the type {kind or 'that nothing says'}, not {expect['type']}"
    return None
