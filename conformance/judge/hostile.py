"""Judges of calls that are no orders: with bad credentials, and with bodies of another kind."""

from conformance.collect.transcript import Exchange
from conformance.judge.acceptance import form
from conformance.judge.case import Case, Finding, broken, ok, told, unknown
from conformance.judge.errors import exchanges
from conformance.plan.probes import Probe


def credentials(case: Case) -> Finding:
    """Bad credentials are refused on every call."""
    found = [(probe, each) for probe in case.probes if (each := case.sent(probe))]
    if not found:
        return case.skipped() or Finding("missing", "it was not sent")
    open_: Finding | None = None
    for probe, each in found:
        what = f"{probe.method} {probe.path} with {_kind(probe.auth)}"
        if probe.auth == "key":
            continue
        if each.status is None or each.status >= 500:
            return unknown(f"{what}: {told(each)}", each)
        if _nowhere(case, probe, each):
            open_ = open_ or unknown(f"{what}: {told(each)}, as with the right key", each)
            continue
        if "http" in case.expect and each.status not in case.expect["http"]:
            return broken(f"{what}: {told(each)}", each)
        if each.status < 300 and not each.refuses:
            return broken(f"{what} is not refused: {told(each)}", each)
        if each.status < 300:
            open_ = Finding(
                "late", f"{what} is refused in words only: {told(each)}", (each.number,)
            )
        elif each.status not in case.expect.get("http", (401, 403)) and probe.tag != "keyless":
            text = f"{what}: {told(each)}, which may be refused for something else"
            open_ = open_ or unknown(text, each)
    return open_ or ok(f"{len(found)} calls were refused", *(each for _, each in found))


def _nowhere(case: Case, probe: Probe, each: Exchange) -> bool:
    """Whether the call is not there at all: with the right key it is never answered otherwise."""
    good = [one for one in case.transcript.exchanges if (one.call, one.auth) == (probe.call, "key")]
    away = (404, 405, 501)
    return each.status in away and bool(good) and all(one.status in away for one in good)


def _kind(auth: str) -> str:
    return {
        "missing": "no Authorization header",
        "empty": "an empty bearer token",
        "scheme": "Basic credentials",
        "wrong": "a key that nobody has",
    }.get(auth, auth)


def hostile(case: Case) -> Finding:
    """Bodies that are no orders get a status of the 400 range."""
    found = [(probe, each) for probe in case.probes if (each := case.sent(probe))]
    if not found:
        return case.skipped() or Finding("missing", "it was not sent")
    for probe, each in found:
        if _unserved(case, each):
            continue
        if each.status is None or not 400 <= each.status < 500:
            return broken(f"{form(probe)}: {told(each)}, not a status of the 400 range", each)
    return ok(f"{len(found)} bodies were refused", *(each for _, each in found))


def _unserved(case: Case, each: Exchange) -> bool:
    """Whether a body without a known model is refused as a model that nobody serves.

    As documents say, or as this endpoint says of one: that is another row's finding.
    """
    # A code may be anything that JSON has.
    usual = [(one.status, one.code) for one in exchanges(case, "unknown-model")]
    known = each.status in case.world.catalogue.refusing or (each.status, each.code) in usual
    return known and each.refuses
