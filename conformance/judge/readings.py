"""Which reading of an unclear row was seen, told by its lines of `shows`."""

from conformance.catalogue import orders
from conformance.collect.transcript import Exchange
from conformance.judge.case import Case, Finding


def seen(case: Case, finding: Finding) -> str:
    """The sentence of the reading that was seen; the empty string where none fits."""
    row = case.row
    if finding.state in ("unknown", "missing", "untestable") or not row.readings:
        return ""
    for line, sentence in zip(row.expect.get("shows", ()), row.readings, strict=False):
        if _holds(case, finding, line):
            return sentence
    if "shows" in row.expect:
        return ""
    if finding.state == "ok":
        return row.readings[0]
    return row.readings[1] if len(row.readings) == 2 else ""


def _holds(case: Case, finding: Finding, line: str) -> bool:
    if line in finding.seen:
        return True
    word, _, rest = line.partition(" ")
    if case.row.kind == "envelope" and word in ("has", "lacks") and rest.startswith("error:"):
        return False  # its judge has looked at all refusals, not at its own alone
    if word in ("has", "lacks", "is"):
        pointer, _, value = rest.partition(" ")
        return _at_place(case, word, pointer, value)
    if word == "http":
        return any(str(each.status) == rest for each in _exchanges(case, "error"))
    if word in ("clip", "formula", "code"):
        return _clip(case, rest) if word == "clip" else False
    return False


def _at_place(case: Case, word: str, where: str, value: str) -> bool:
    call, _, pointer = where.partition(":")
    found = _exchanges(case, call)
    if not found:
        return False
    if call == "headers":
        there = [pointer[1:] in each.headers for each in found]
        return all(there) if word == "has" else not any(there)
    values = [orders.at(each.json, pointer) for each in found]
    if word == "lacks":
        return not any(there for there, _ in values)
    if word == "has":
        return any(there for there, _ in values)
    return any(there and _is(item, value) for there, item in values)


def _is(item: object, value: str) -> bool:
    if value in ("string", "integer", "null", "object", "array", "boolean"):
        return orders.type_name(item) == value
    return str(item) == value


def _exchanges(case: Case, call: str) -> list[Exchange]:
    own = [each for probe in case.probes if (each := case.sent(probe))]
    polls = [each for probe in case.of("create") for each in case.polls(probe)]
    if call == "query":
        phase = case.expect.get("phase")
        kept = [each for each in polls if phase is None or case.phase(each) == phase]
        return kept or [each for each in own if each.call == "query"]
    if call == "create":
        return [each for each in own if each.call == "create" and (each.status or 999) < 300]
    if call == "error":
        return [each for each in own if each.status is not None and each.status >= 400]
    if call == "headers":
        return own
    return [each for each in own if each.call == call]


def _clip(case: Case, rest: str) -> bool:
    name, _, value = rest.partition(" ")
    for probe in case.of("create"):
        clip = case.clip(probe)
        if clip is None or "problem" in clip:
            continue
        if name == "aspect" and value != "adaptive":
            width, _, height = value.partition(":")
            real = float(clip["width"] / clip["height"])
            return abs(real / (int(width) / int(height)) - 1) < 0.05
        if name == "seconds":
            return abs(float(clip["seconds"]) - float(value)) < 0.5
        if name == "sound":
            return str(clip["sound"]).lower() == value
        if str(clip.get(name)).lower() == value:
            return True
    return False
