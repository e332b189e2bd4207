"""Judges of refusals: their status, code, words and envelope, situation by situation."""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from conformance.catalogue import orders, reader
from conformance.collect.transcript import Exchange
from conformance.judge.answers import brief, misshapen
from conformance.judge.case import Case, Finding, broken, ok, otherwise, spoken, told, unknown
from conformance.plan import calls

REFUSING = (
    "range", "enum", "type", "required", "count", "excludes", "requires", "alone", "witness",
)  # fmt: skip
# In a text: the id that was asked for, or a header of the answer.
PLACE = re.compile(r"\{([a-z0-9-]+)\}")
BY_ACCOUNT = {"quota": "broke", "rate": "limited", "no-group": "nogroup"}


def exchanges(case: Case, situation: str) -> list[Exchange]:
    """The refusals that show a situation."""
    if situation == "invalid-request":
        return _refusals(case, "invalid-request", case.expect.get("refuse"))
    if situation in ("unreadable-media", "moderation"):
        return [*_refusals(case, situation, None), *_reviewed(case)]
    found = [
        each
        for probe in calls.situation(case.world, situation)
        if (each := case.transcript.sent(probe.key))
    ]
    if situation in BY_ACCOUNT:
        found += _reviewed(case)
        return [each for each in found if case.outcome(each) != "accepted"]
    if situation == "unknown-model":
        found += _refusals(case, "unknown-model", None, kinds=("enum",))
    if situation in ("foreign-task", "missing-model", "missing-content", "unknown-model"):
        found = [each for each in found if case.outcome(each) != "accepted"]
    return list({each.number: each for each in found}.values())


def _reviewed(case: Case) -> list[Exchange]:
    """Orders that an upstream behind the gateway was asked to refuse, and that were not taken."""
    asked = case.of("create") if case.world.upstream else ()
    answers = [each for probe in asked if probe.want == "refuse" and (each := case.sent(probe))]
    return [each for each in answers if case.outcome(each) != "accepted"]


def _refusals(case: Case, as_: str, given: Any, kinds: Iterable[str] = REFUSING) -> list[Exchange]:
    """Orders that were refused for breaking a rule of the dialect that has that refusal."""
    if given:
        own = [each for probe in case.of("create") if (each := case.sent(probe))]
        return [each for each in own if case.outcome(each) == "refused"]
    found: dict[int, Exchange] = {}
    for row in case.world.catalogue.testable:
        fits = row.expect.get("refused_as", "invalid-request") == as_
        media = as_ == "unreadable-media" and row.kind == "media"
        if row.level not in ("must", "should") or not fits or not (row.kind in kinds or media):
            continue
        for probe in case.plan.drawn.get(row.id, ()):
            each = case.transcript.sent(probe.key)
            if each and probe.want == "refuse" and case.outcome(each) == "refused":
                found[each.number] = each
    if as_ == "invalid-request":  # where only some rows are selected, too
        mine = {probe.key for probe in case.of("create")}
        every = case.once("invalid", lambda: tuple(calls.invalid(case.world)))
        drawn = [each for each in every if each.key in mine]
        sent = [each for probe in drawn if (each := case.transcript.sent(probe.key))]
        found |= {each.number: each for each in sent if case.outcome(each) == "refused"}
    return list(found.values())


def error(case: Case) -> Finding:
    """The refusal in that situation is the documented one."""
    expect = case.expect
    situation = expect["situation"]
    if situation in ("cancelled", "expired", "failed"):
        return _ended(case, situation)
    found = exchanges(case, situation)
    if not found:
        return _nothing(case, situation)
    seen = _seen(found)
    for each in found:
        if each.status is None:
            return unknown(told(each), each)
        if wrong := mismatch(case, each):
            return broken(f"{each.short}: {wrong}", each, seen=seen)
    return ok(f"{len(found)} refusals are so", *found[:2], seen=seen)


def _nothing(case: Case, situation: str) -> Finding:
    if skipped := case.skipped():
        return skipped
    if case.probes and any(case.sent(each) for each in case.probes):
        return unknown(f"the situation {situation} did not come about")
    return Finding("untestable", f"nothing shows the situation {situation}")


def mismatch(case: Case, each: Exchange) -> str | None:
    """What of a refusal is not as its row says, in words."""
    expect = case.expect
    if "http" in expect and each.status not in expect["http"]:
        return otherwise(each, expect["http"], 100)
    if "code" in expect and not listed(code := each.code, expect["code"]):
        return f"the code is {brief(code)}, not {_or(map(brief, expect['code']))}"
    kind = reader.named(each.json, each.places.type)
    if "type" in expect and kind not in expect["type"]:
        return f"the type is {brief(kind)}, not {_or(expect['type'])}"
    if "param" in expect and (wrong := _param(case, each)):
        return wrong
    if "text" in expect:
        text, wanted = each.said, _filled(expect["text"], each)
        if wanted.lower() not in text.lower():
            return f"the message {text[:160]!r} lacks {wanted!r}"
    return None


def _filled(text: str, each: Exchange) -> str:
    """The words that are due: with the id that was asked for, and headers of the answer."""
    headers = {name.lower(): value for name, value in each.headers.items()}
    asked = unquote(urlsplit(each.url).path.rpartition("/")[2])
    return PLACE.sub(lambda place: {"id": asked, **headers}.get(place[1], place[0]), text)


def listed(code: Any, wanted: Iterable[str | int]) -> bool:
    """Whether a code is one of the wanted; `Invalid*` stands for all that begin so."""
    return any(
        code == each
        or (isinstance(each, str) and each.endswith("*") and str(code).startswith(each[:-1]))
        for each in wanted
    )


def _param(case: Case, each: Exchange) -> str | None:
    wanted, param = case.expect["param"], reader.named(each.json, each.places.param)
    if wanted == "$field":
        rows = {row.id: row for row in case.plan.rows}
        users = case.plan.users.get(each.probe, ())
        fields = {str(rows[id].expect.get("field", "")) for id in users if id in rows}
        named = {part for field in fields for part in (field, field.split("[")[0].split(".")[0])}
        named.discard("")
        model = case.dialect.request.first("model")
        if not named or model in named or any(str(param).startswith(name) for name in named):
            return None
        return f"param is {brief(param)}, not {_or(sorted(named))}"
    return None if param == wanted else f"param is {brief(param)}, not {wanted}"


def _ended(case: Case, situation: str) -> Finding:
    for probe in case.of("create"):
        each = case.ended(probe)
        if each is None:
            continue
        code = orders.first_at(each.json, case.dialect.answer["error_code"])
        word = reader.word(case.dialect, each.json)
        seen = (f"code {code}",)
        if "code" in case.expect and not listed(code, case.expect["code"]):
            return broken(f"the code is {brief(code)} at {word}", each, seen=seen)
        return ok(f"{word} with the code {code}", each, seen=seen)
    return case.skipped() or unknown(f"no task that is {situation} was seen")


def _seen(found: list[Exchange]) -> tuple[str, ...]:
    statuses = {f"http {each.status}" for each in found}
    codes = {f"code {each.code}" for each in found}
    lines = [*statuses] if len(statuses) == 1 else []
    lines += [*codes] if len(codes) == 1 else []
    return (*lines, "refused")


def envelope(case: Case) -> Finding:
    """The refusal in each of the situations has the documented places."""
    found = [each for name in case.expect["situations"] for each in exchanges(case, name)]
    if not found:
        return _nothing(case, ", ".join(case.expect["situations"]))
    wrong = [(each, why) for each in found if (why := unshaped(case, each))]
    seen = tuple(_common(case, found))
    if not wrong:
        return ok(f"{len(found)} refusals have it", *found[:2], seen=seen)
    each, why = wrong[0]
    if len(wrong) == len(found):
        return broken(f"{each.short}: {why}", each, seen=seen)
    text = f"{len(wrong)} of {len(found)} refusals are otherwise, as {each.short}: {why}"
    return broken(text, each, seen=seen)


def refusal(case: Case) -> Finding:
    """What is refused is refused by its status too."""
    found = [each for name in case.expect["situations"] for each in exchanges(case, name)]
    if not found:
        return _nothing(case, ", ".join(case.expect["situations"]))
    wrong = [each for each in found if each.status is not None and each.status < 400]
    if wrong:
        text = f"{len(wrong)} of {len(found)} refusals come as a success, as {wrong[0].short}: "
        return broken(text + told(wrong[0]), *wrong)
    return ok(f"{len(found)} refusals have a status of 400 or more", *found[:2])


def _common(case: Case, found: list[Exchange]) -> Iterator[str]:
    """The lines of `shows` about places that hold of each refusal."""
    for line in case.expect.get("shows", ()):
        word, _, where = line.partition(" error:")
        there = {orders.at(each.json, where.partition(" ")[0])[0] for each in found}
        if (word, there) in (("has", {True}), ("lacks", {False})):
            yield line


def unshaped(case: Case, each: Exchange) -> str | None:
    """What a refusal's body lacks of its row's envelope, in words."""
    if each.status is None or each.status >= 500:
        return None
    if not each.is_json:
        return f"the body is no JSON: {spoken(each)}"
    return next(misshapen(case.expect, each.json), None)


def _or(values: Iterable[object]) -> str:
    return " or ".join(str(each) for each in values)
