"""Judges of orders under a key: one key is one order."""

from conformance.catalogue import reader
from conformance.judge.answers import none
from conformance.judge.case import Case, Finding, broken, ok, told, unknown
from conformance.judge.errors import listed


def idempotent(case: Case) -> Finding:
    """The repeated order is the same task, or another under its key is refused."""
    made = {probe.tag: (probe, each) for probe in case.of("create") if (each := case.sent(probe))}
    first, second = made.get(""), made.get("other") or made.get("again")
    if first is None or second is None:
        return case.skipped() or none(case)
    if not case.accepted(first[0]):
        return unknown(f"the first order was not taken: {told(first[1])}", first[1])
    probe, answer = second
    outcome = case.outcome(answer)
    if outcome not in ("accepted", "refused"):
        return unknown(told(answer), answer)
    if probe.tag == "other":
        return _conflict(case, probe, outcome)
    ids = [reader.task_id(case.dialect, each.json) for each in (first[1], answer)]
    if outcome == "refused":
        return broken(f"the order sent again is refused: {told(answer)}", *(first[1], answer))
    if ids[0] != ids[1]:
        return broken(f"the order sent again is another task: {ids[0]} and {ids[1]}", answer)
    name = case.expect.get("replayed", "").lower()
    if name and answer.headers.get(name, "").lower() != "true":
        return broken(f"{name} is {answer.headers.get(name)!r}, not 'true'", answer)
    return ok("it is the same task", first[1], answer)


def _conflict(case: Case, probe: object, outcome: str) -> Finding:
    answer = next(each for p in case.of("create") if p is probe and (each := case.sent(p)))
    if outcome == "accepted":
        return broken("another order under the same key is taken", answer)
    code = answer.code
    if "code" in case.expect and not listed(code, wanted := case.expect["code"]):
        return broken(f"the code is {code!r}, not {' or '.join(map(str, wanted))}", answer)
    if "http" in case.expect and answer.status not in case.expect["http"]:
        return broken(told(answer), answer)
    return ok(f"it is refused: {told(answer)}", answer)
