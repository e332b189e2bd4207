"""Judges of addresses: whether the API is there, as far as an answer can tell."""

from conformance.catalogue import reader
from conformance.collect.transcript import Exchange
from conformance.judge.answers import none
from conformance.judge.case import Case, Finding, broken, ok, told, unknown
from conformance.plan.probes import shared


def route(case: Case) -> Finding:
    """The address is answered by the API, or is not there."""
    expect = case.expect
    probe = next((each for each in case.probes if each.tag == "route"), None)
    if probe is None:
        return _by_task(case)
    each = case.sent(probe)
    if each is None or each.status is None:
        return case.skipped() or (unknown(told(each), each) if each else none(case))
    seen = (f"http {each.status}", "accepted" if each.status < 400 else "refused")
    there = each.is_json and each.status not in (404, 405, 501) and each.status < 500
    if "{id}" in expect["path"] and each.status == 404:
        there = each.is_json and not probe.of
    if expect.get("exists", True):
        fine = 200 <= each.status < 300 if probe.of else there
        return ok(told(each), each, seen=seen) if fine else _not_there(case, each, seen)
    if each.status in (404, 405):
        return ok(f"HTTP {each.status}", each, seen=seen)
    return broken(told(each), each, seen=seen)


def _not_there(case: Case, each: Exchange, seen: tuple[str, ...]) -> Finding:
    """What an answer says that is not the API's: little, where the suite's order was taken."""
    create = case.dialect.create
    usual = (case.expect["method"], case.expect["path"]) == (create.method, create.path)
    if usual and each.status != 405 and (taken := _by_task(case)).state == "ok":
        return taken
    if hindered(each) or _veiled(each):
        return unknown(f"{told(each)}, which does not tell whether it is there", each)
    return broken(told(each), each, seen=seen)


def _veiled(each: Exchange) -> bool:
    """Whether a refusal may come from before the API, or from behind the address."""
    absent = each.status in (404, 405, 410, 501)
    if each.status == 404 and each.is_json:
        return "model" in reader.message(each.json, places=each.places).lower()
    return not absent and (each.status or 0) >= 400


def _by_task(case: Case) -> Finding:
    expect = case.expect
    if expect["method"] == "DELETE":
        each = next((found for probe in case.of("delete") if (found := case.sent(probe))), None)
        if each is None or each.status is None:
            return case.skipped() or none(case)
        good = each.status not in (404, 405, 501)
        return ok(told(each, 60), each) if good else broken(told(each), each)
    own = shared(case.world)
    created = case.sent(own)
    if created is None:
        return case.skipped() or none(case)
    if expect["path"] == case.dialect.create.path:
        outcome = case.outcome(created)
        if outcome == "accepted":
            return ok("an order was taken there", created)
        lost = created.status in (404, 405)
        return broken(told(created), created) if lost else unknown(told(created), created)
    polls = case.transcript.by_task.get(own.key, ())
    if not polls:
        return none(case)
    read = [each for each in polls if each.status is not None and 200 <= each.status < 300]
    if read:
        return ok("a task was read there", read[0])
    wrong = next((each for each in polls if not hindered(each)), None)
    return broken(told(wrong), wrong) if wrong else unknown(told(polls[0]), polls[0])


def hindered(each: Exchange) -> bool:
    """Whether an answer speaks of the account or the hour and says nothing of what was asked."""
    return each.status is None or each.status in reader.UNSETTLED or each.status >= 500
