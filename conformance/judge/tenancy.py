"""The judge of what another account's key is told of a task, and what it can do to it."""

from conformance.catalogue import reader
from conformance.collect.transcript import Exchange
from conformance.judge.answers import none
from conformance.judge.case import Case, Finding, broken, ok, told


def tenancy(case: Case) -> Finding:
    """Another account's key gets nothing of a task; with `like`, the answer to an unknown one."""
    own = next(iter(case.of("create")), None)
    created = case.sent(own) if own else None
    id = reader.task_id(case.dialect, created.json) if created else None
    checked = []
    for probe in case.probes:
        each = case.sent(probe)
        if probe.auth != "second" or each is None or probe.tag == "stranger":
            continue
        if wrong := _shown(case, each, id) or _unlike(case, each):
            return broken(wrong, each)
        checked.append(each)
    end = case.ended(own) if own else None
    if end and case.phase(end) == "cancelled" and any(each.call == "delete" for each in checked):
        return broken("another account's key has cancelled the task", *checked, end)
    return ok(f"{len(checked)} calls showed nothing", *checked) if checked else none(case)


def _shown(case: Case, each: Exchange, id: str | None) -> str | None:
    """What an answer of success gives away, in words."""
    good = each.status is not None and 200 <= each.status < 300
    if not good or each.refuses:
        return None
    named = id is not None and id in each.body
    if each.call == "list":
        return "the list of another account holds the task" if named else None
    if each.call == "query":
        return f"another account's key gets {told(each)}" if named or case.phase(each) else None
    strange = _of_none(case, each.call)
    alike = strange is not None and strange.status == each.status and not named
    return None if alike else f"another account's key has the task removed: {told(each)}"


def _of_none(case: Case, call: str) -> Exchange | None:
    """What the same key is answered about a task that nobody has."""
    found = (case.sent(each) for each in case.of(call) if each.tag == "stranger")
    return next(found, None)


def _unlike(case: Case, foreign: Exchange) -> str | None:
    """Where an answer tells a task of somebody else's from none."""
    strange = _of_none(case, foreign.call)
    if "like" not in case.expect or strange is None or strange.status == foreign.status:
        return None
    if any(
        each.status is None or each.status >= 500 or each.status == 429
        for each in (strange, foreign)
    ):
        return None
    return f"a foreign task is HTTP {foreign.status}, an unknown one HTTP {strange.status}"
