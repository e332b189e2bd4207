"""Broken servers: transcripts changed as a defect would have changed them, and rules changed.

A mutant of a transcript is what the suite would have recorded of a server with one defect, so that
it costs nothing to judge. A mutant of the simulator's rules is served and met by the whole suite.
"""

import copy
import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.catalogue import orders, reader
from conformance.catalogue.wire import Dialect, Word
from conformance.collect.transcript import Exchange, Transcript
from conformance.plan.stage import Plan

Change = Callable[[Transcript], Transcript]
Step = Callable[[Exchange], Exchange]


@dataclass(frozen=True)
class Mutant:
    """A defect with a name, and what it does to a transcript."""

    name: str
    change: Change


def answers(match: Callable[[Exchange], bool], step: Step) -> Change:
    """A change of every answer that matches."""

    def change(transcript: Transcript) -> Transcript:
        changed = tuple(step(each) if match(each) else each for each in transcript.exchanges)
        return replace(transcript, exchanges=changed)

    return change


def facts(kind: str, step: Callable[[dict[str, Any]], list[dict[str, Any]]]) -> Change:
    """A change of every fact of a kind; a fact may vanish or become several."""

    def change(transcript: Transcript) -> Transcript:
        found = [
            new
            for fact in transcript.facts
            for new in (step(dict(fact)) if fact["kind"] == kind else [fact])
        ]
        return replace(transcript, facts=tuple(found))

    return change


def status(new: int) -> "Step":
    """The answer under another status."""
    return lambda each: replace(each, status=new)


def having(old: int) -> Callable[[Exchange], bool]:
    """Answers of this status."""
    return lambda each: each.status == old


def _without(pointer: str) -> "Step":
    return lambda each: put(each, pointer, ...)


def _one(
    step: Callable[[dict[str, Any]], dict[str, Any]],
) -> Callable[[dict[str, Any]], list[dict[str, Any]]]:
    return lambda fact: [step(fact)]


def put(exchange: Exchange, pointer: str, value: Any) -> Exchange:
    """The answer with another value at a place; `...` takes the place away."""
    there, _ = orders.at(exchange.json, pointer)
    if not there:
        return exchange
    if not pointer:
        return replace(exchange, json=value)
    body = json.loads(json.dumps(exchange.json))
    *way, last = pointer.split("/")[1:]
    holder = body
    for step in way:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    key: int | str = int(last) if isinstance(holder, list) else last
    if value is ...:
        del holder[key]
    else:
        holder[key] = value(holder[key]) if callable(value) else value
    return replace(exchange, json=body)


def transcripts(transcript: Transcript, dialect: Dialect) -> Iterator[Mutant]:
    """Every mutant of a transcript of a dialect."""
    yield from words(dialect)
    yield from places(transcript, dialect)
    yield from refusals()
    yield from clips()
    yield from links(dialect)
    yield from lives(dialect)
    yield from identities(dialect)
    yield from lists(dialect)
    yield from money(dialect)
    yield from deliveries(dialect)


def lax_and_strict(transcript: Transcript, plan: Plan) -> Iterator[Mutant]:
    """A server that does not enforce one row, and one that refuses what that row permits."""
    taken = next(each.json for each in transcript.exchanges if created(each))
    refused = next(e.json for e in transcript.exchanges if e.call == "create" and e.status == 400)
    usual = plan.world.dialect.cheapest
    for row in plan.rows:
        orders_ = [each for each in plan.drawn[row.id] if each.call == "create" and each.body]
        bad = {each.key for each in orders_ if each.want == "refuse"}
        good = {each.key for each in orders_ if each.want == "accept" and each.body != usual}
        if row.level in ("must", "should") and bad:
            yield Mutant(f"lax.{row.id}", answers(_among(bad), _answered(200, taken)))
        if row.level in ("must", "should") and good:
            yield Mutant(f"strict.{row.id}", answers(_among(good), _answered(400, refused)))


def _among(keys: set[str]) -> Callable[[Exchange], bool]:
    return lambda each: each.probe in keys


def _answered(status: int, body: Any) -> Step:
    return lambda each: replace(each, status=status, json=body, is_json=True)


def polled(each: Exchange) -> bool:
    """Whether it is a good answer about an own task."""
    return each.call == "query" and each.status == 200 and each.auth == "key" and bool(each.of)


def created(each: Exchange) -> bool:
    """Whether it is an accepted order."""
    return each.call == "create" and each.status == 200


def words(dialect: Dialect) -> Iterator[Mutant]:
    """Status words: a synonym, another case; of a number another one, and its text."""
    pointer = dialect.answer["status"][0]
    for phase, listed in dialect.words.items():
        if phase == "tolerated":
            continue
        for word in listed:
            for other in _others(word):
                step = _word(pointer, word, other)
                yield Mutant(f"word.{word}.{other}", answers(polled, step))


def _others(word: Word) -> tuple[Word, ...]:
    return (f"{word}_", word.swapcase()) if isinstance(word, str) else (word + 100, str(word))


def _word(pointer: str, word: Word, other: Word) -> Step:
    return lambda each: put(each, pointer, lambda old: other if old == word else old)


OTHER: Mapping[str, Any] = {
    "string": 7,
    "integer": "7",
    "number": "7.5",
    "boolean": "yes",
    "object": "text",
    "array": "text",
    "null": "text",
}


def places(transcript: Transcript, dialect: Dialect) -> Iterator[Mutant]:
    """Each key of each answer: gone, of another type, null."""
    seen: dict[tuple[str, str], str] = {}
    for each in transcript.exchanges:
        group = _group(each, dialect)
        if group and each.is_json:
            for pointer, kind in _pointers(each.json):
                seen.setdefault((group, pointer), kind)
    for (group, pointer), kind in seen.items():
        match = _in_group(group, dialect)
        yield Mutant(f"gone.{group}:{pointer}", answers(match, _without(pointer)))
        other = OTHER[kind]
        step = _retyped(pointer, other)
        yield Mutant(f"type.{group}:{pointer}", answers(match, step))


def _retyped(pointer: str, other: Any) -> Step:
    return lambda each: put(each, pointer, lambda old: other)


def _in_group(group: str, dialect: Dialect) -> Callable[[Exchange], bool]:
    return lambda each: _group(each, dialect) == group


def _group(each: Exchange, dialect: Dialect) -> str:
    if created(each):
        return "create"
    if polled(each):
        return f"query.{reader.phase(dialect, each.json)}"
    if each.status is not None and each.status >= 400 and each.call in ("create", "query"):
        return "error"
    if each.call == "asset" and each.is_json:
        return "asset." + each.url.partition("?")[0].rpartition("/")[2]
    return "list" if each.call == "list" and each.status == 200 else ""


def _pointers(value: Any, head: str = "") -> Iterator[tuple[str, str]]:
    if head:
        yield head, orders.type_name(value)
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _pointers(item, f"{head}/{key}")
    elif isinstance(value, list) and value:
        yield from _pointers(value[0], f"{head}/0")


def refusals() -> Iterator[Mutant]:
    """Other statuses and codes, and doors left open."""
    for old, new in (
        (400, 422), (400, 500), (400, 403), (401, 403), (401, 400), (404, 410), (404, 400),
        (404, 500), (403, 500), (429, 503), (409, 400), (413, 500), (503, 500), (405, 500),
    ):  # fmt: skip
        yield Mutant(f"status.{old}.{new}", answers(having(old), status(new)))
    for new in (201, 202):
        yield Mutant(f"create.{new}", answers(created, status(new)))
    yield Mutant("query.202", answers(polled, status(202)))
    yield Mutant("code.other", answers(_refused, _other_code))
    yield Mutant("error.html", answers(_refused, _html))
    yield Mutant("error.empty", answers(_refused, lambda e: replace(e, json=None, is_json=False)))
    for auth in ("missing", "wrong", "empty", "scheme"):
        yield Mutant(f"open.{auth}", answers(_with(auth), lambda e: replace(e, status=200)))
    yield Mutant("silence", answers(_hostile, lambda e: replace(e, status=None, fault="closed")))
    yield Mutant("hostile.500", answers(_hostile, lambda e: replace(e, status=500)))
    yield Mutant("gzip.bad", answers(_encoded, _bad_gzip))


def _refused(each: Exchange) -> bool:
    return each.status is not None and each.status >= 400 and each.call in ("create", "query")


def _with(auth: str) -> Callable[[Exchange], bool]:
    return lambda each: each.auth == auth and each.call in ("create", "query")


def _hostile(each: Exchange) -> bool:
    return (
        each.form.startswith(("raw:", "socket:"))
        and each.form not in ("raw:empty",)
        and each.auth == "key"
    )


def _encoded(each: Exchange) -> bool:
    return each.tag == "encoding"


def _bad_gzip(each: Exchange) -> Exchange:
    return replace(each, status=None, json=None, fault="the body cannot be read: gzip")


def _html(each: Exchange) -> Exchange:
    return replace(each, json=None, is_json=False, text="<html>no</html>")


def _other_code(each: Exchange) -> Exchange:
    for pointer in ("/error/code", "/code"):
        each = put(each, pointer, "Strange")
    return each


def clips() -> Iterator[Mutant]:
    """Files that are not what was promised."""
    changes: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "wider": lambda clip: {**clip, "width": clip["width"] + 16},
        "half": lambda clip: {**clip, "width": clip["width"] // 2, "height": clip["height"] // 2},
        "turned": lambda clip: {**clip, "width": clip["height"], "height": clip["width"]},
        "fps25": lambda clip: {**clip, "fps": 25.0},
        "longer": lambda clip: {
            **clip,
            "seconds": clip["seconds"] + 1,
            "frames": clip["frames"] + 24,
        },
        "shorter": lambda clip: {
            **clip,
            "seconds": clip["seconds"] - 1,
            "frames": clip["frames"] - 24,
        },
        "always5": lambda clip: {**clip, "seconds": 5.0, "frames": 120},
        "silent": lambda clip: {**clip, "sound": False, "channels": 0},
        "stereo": lambda clip: {**clip, "channels": 2 * clip.get("channels", 0)},
        "loud": lambda clip: {**clip, "sound": True, "channels": 1},
        "webm": lambda clip: {**clip, "container": "webm", "codec": "vp9"},
        "cut": lambda clip: {
            "kind": "clip",
            "of": clip["of"],
            "container": "mp4",
            "problem": "cut",
        },
    }
    for name, step in changes.items():
        yield Mutant(f"clip.{name}", facts("clip", _clip(step)))
    stills: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "jpeg": lambda still: {**still, "format": "jpeg"},
        "small": lambda still: {**still, "width": still["width"] // 2},
        "other": lambda still: {**still, "distance": 90.0},
    }
    for name, step in stills.items():
        yield Mutant(f"still.{name}", facts("still", _one(step)))


def _clip(
    step: Callable[[dict[str, Any]], dict[str, Any]],
) -> Callable[[dict[str, Any]], list[dict[str, Any]]]:
    return lambda clip: [step(clip) if "width" in clip else clip]


def links(dialect: Dialect) -> Iterator[Mutant]:
    """Links that need a key, survive tampering, end early or never."""

    def tagged(tag: str) -> Callable[[Exchange], bool]:
        return lambda each: each.call == "download" and each.tag == tag

    def good(each: Exchange) -> Exchange:
        return replace(each, status=200, size=1000, is_json=False, json=None)

    def bad(each: Exchange) -> Exchange:
        return replace(each, status=403, size=100)

    yield Mutant("link.key-needed", answers(tagged("plain"), bad))
    yield Mutant("link.forgeable", answers(tagged("tampered"), good))
    yield Mutant("link.prolonged", answers(tagged("prolonged"), good))
    yield Mutant("link.unsigned", answers(tagged("unsigned"), good))
    late = _of_time(True)
    early = _of_time(False)
    yield Mutant("link.for-ever", answers(late, good))
    yield Mutant("link.too-short", answers(early, bad))
    for pointer in dialect.answer["clip"][:2]:
        step = _relative(pointer)
        yield Mutant(f"link.relative:{pointer}", answers(polled, step))
        yield Mutant(f"link.other:{pointer}", _alternating(pointer))


def _relative(pointer: str) -> Step:
    return lambda each: put(each, pointer, "/files/clip.mp4")


def _of_time(late: bool) -> Callable[[Exchange], bool]:
    def match(each: Exchange) -> bool:
        refused = each.status is not None and each.status >= 400
        timed = each.when.startswith("at:") and each.call == "download"
        return timed and refused is late

    return match


def _alternating(pointer: str) -> Change:
    count = iter(range(10**6))
    return answers(polled, lambda each: put(each, pointer, f"https://x.example/{next(count)}.mp4"))


def lives(dialect: Dialect) -> Iterator[Mutant]:
    """States that go back, stick, or change under a reader's eyes."""
    pointer = dialect.answer["status"][0]
    running, done = dialect.words["running"][0], dialect.words["succeeded"][0]
    queued = dialect.words["queued"][0]

    def late(each: Exchange) -> bool:
        return polled(each) and each.when.startswith("at:")

    yield Mutant("life.back", _last_says(pointer, running))
    yield Mutant("life.back-to-queue", _last_says(pointer, queued))
    yield Mutant("life.sticks", answers(polled, _says(pointer, done, running)))
    yield Mutant("life.fails", _last_says(pointer, dialect.words["failed"][0]))
    yield Mutant("life.unstable", _unstable(dialect))
    yield Mutant("life.forgets", answers(late, lambda e: replace(e, status=404)))
    for place in dialect.answer["error_message"]:
        yield Mutant(f"life.unexplained:{place}", answers(polled, _retyped(place, "")))
    for progress in dialect.answer["progress"]:
        for name, value in (("text", "half"), ("beyond", 250), ("frozen", 10), ("zero", 0)):
            step = _retyped(progress, value)
            yield Mutant(f"progress.{name}", answers(polled, step))


def _says(pointer: str, word: Word, other: Word) -> Step:
    return lambda each: put(each, pointer, lambda old: other if old == word else old)


def _last_says(pointer: str, word: Word) -> Change:
    def change(transcript: Transcript) -> Transcript:
        last = {
            each.of: each.number for each in transcript.exchanges if polled(each) and not each.tag
        }
        numbers = set(last.values())
        changed = tuple(
            put(each, pointer, word) if each.number in numbers else each
            for each in transcript.exchanges
        )
        return replace(transcript, exchanges=changed)

    return change


def _unstable(dialect: Dialect) -> Change:
    """Another progress, or seed, at every reading."""
    count = iter(range(10**6))
    place = (dialect.answer["progress"] or dialect.answer["seed"])[0]

    def other(old: Any) -> Any:
        number = next(count) % 100
        return f"{number}%" if isinstance(old, str) else number

    return answers(polled, lambda each: put(each, place, other))


def identities(dialect: Dialect) -> Iterator[Mutant]:
    """Ids that change or repeat, and other people's tasks."""
    place = dialect.id["query"][0]
    yield Mutant("id.changes", answers(polled, lambda e: put(e, place, "task_other")))
    place = dialect.id["create"][0]

    def same(transcript: Transcript) -> Transcript:
        first = next((orders.at(e.json, place)[1] for e in transcript.exchanges if created(e)), "")
        return answers(created, lambda e: put(e, place, first))(transcript)

    yield Mutant("id.repeats", same)
    yield Mutant("id.form", answers(created, lambda e: put(e, place, "1234")))

    def foreign(transcript: Transcript) -> Transcript:
        own = {e.of: e for e in transcript.exchanges if polled(e)}

        def match(each: Exchange) -> bool:
            return each.auth == "second" and each.tag == "foreign" and each.of in own

        return answers(match, lambda e: replace(e, status=200, json=own[e.of].json))(transcript)

    yield Mutant("tenancy.open", foreign)

    def telling(each: Exchange) -> bool:
        return each.auth == "second" and each.tag == "foreign"

    yield Mutant("tenancy.telling", answers(telling, lambda e: replace(e, status=403)))

    def removing(each: Exchange) -> bool:
        return telling(each) and each.call == "delete" and each.when == "succeeded"

    yield Mutant("tenancy.deletes", answers(removing, lambda e: replace(e, status=200, json={})))


def lists(dialect: Dialect) -> Iterator[Mutant]:
    """Lists that stand upside down."""

    def listed(each: Exchange) -> bool:
        return each.call == "list" and each.status == 200 and each.auth == "key"

    def turned(each: Exchange) -> Exchange:
        return put(each, dialect.list.items, lambda old: [*reversed(old)])

    yield Mutant("list.turned", answers(listed, turned))


def money(dialect: Dialect) -> Iterator[Mutant]:
    """Tokens and charges that are off."""
    for pointer in dialect.answer["usage"][:1]:
        for name, share in (("double", 2.0), ("frame", 1.012), ("second", 1.2), ("none", 0.0)):
            step = _scaled(pointer, share)
            yield Mutant(f"usage.{name}", answers(polled, step))
            yield Mutant(f"usage.create.{name}", answers(created, step))

    def kept(fact: dict[str, Any]) -> list[dict[str, Any]]:
        reserved = [each for each in fact["entries"] if each.get("kind") == "reserved"]
        return [{**fact, "entries": reserved}]

    def more(fact: dict[str, Any]) -> list[dict[str, Any]]:
        entries = [{**each, "amount": float(each["amount"]) * 1.1} for each in fact["entries"]]
        return [{**fact, "entries": entries}]

    yield Mutant("refund.missing", facts("books", kept))
    yield Mutant("charge.more", facts("books", more))


def _scaled(pointer: str, share: float) -> Step:
    def scaled(old: Any) -> Any:
        return int(old * share) if isinstance(old, int) else old

    def real(old: Any) -> Any:
        return old * share if isinstance(old, float) else scaled(old)

    return lambda each: put(each, pointer, real)


def deliveries(dialect: Dialect) -> Iterator[Mutant]:
    """Callbacks that do not come, come twice, or say something else."""
    yield Mutant("callback.missing", facts("callback", lambda fact: []))
    yield Mutant("callback.empty", facts("callback", lambda fact: [{**fact, "body": {}}]))
    yield Mutant("callback.once", _never_again)
    yield Mutant("callback.twice", facts("callback", lambda fact: [fact, fact]))


def _never_again(transcript: Transcript) -> Transcript:
    """The first attempt of each callback, whatever the receiver says to it."""
    kept: list[Mapping[str, Any]] = []
    made: set[str] = set()
    for fact in transcript.facts:
        told = json.dumps([fact.get("of"), fact.get("body")], sort_keys=True)
        if fact["kind"] != "callback" or told not in made:
            kept.append(fact)
        made.add(told)
    return replace(transcript, facts=tuple(kept))


def rules(dialect: Any) -> Iterator[tuple[str, Any]]:
    """The simulator's dialect with one rule of its orders removed, widened or narrowed."""
    place = next(n for n, route in enumerate(dialect.routes) if route.method == "POST")
    route = dialect.routes[place]
    for number, rule in enumerate(route.rules):
        name = f"{number:02d}.{type(rule).__name__}.{getattr(rule, 'field', '')}"
        rest = (*route.rules[:number], *route.rules[number + 1 :])
        yield f"rule.removed.{name}", _with_rules(dialect, place, rest)
        for kind, other in altered(rule):
            changed = (*route.rules[:number], other, *route.rules[number + 1 :])
            yield f"rule.{kind}.{name}", _with_rules(dialect, place, changed)


def _with_rules(dialect: Any, place: int, changed: tuple[Any, ...]) -> Any:
    route = replace(dialect.routes[place], rules=changed)
    routes = (*dialect.routes[:place], route, *dialect.routes[place + 1 :])
    return replace(dialect, routes=routes)


def altered(rule: Any) -> Iterator[tuple[str, Any]]:
    """The rule with one of its limits moved by one, or one of its values taken away."""
    for each in dataclasses.fields(rule):
        value = getattr(rule, each.name)
        if isinstance(value, bool) or each.name == "field":
            continue
        if isinstance(value, int):
            yield f"plus.{each.name}", _other(rule, each.name, value + 1)
            yield f"minus.{each.name}", _other(rule, each.name, value - 1)
        elif isinstance(value, tuple) and len(value) > 1 and all(isinstance(v, str) for v in value):
            yield f"fewer.{each.name}", _other(rule, each.name, value[:-1])
            yield f"fewer-first.{each.name}", _other(rule, each.name, value[1:])
        elif isinstance(value, Mapping) and all(map(dataclasses.is_dataclass, value.values())):
            yield from _in_one(rule, each.name, value)


def _in_one(rule: Any, name: str, rows: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The rule with the row of one model removed or altered, where each model has its own."""
    for key, row in rows.items():
        others = {other: kept for other, kept in rows.items() if other != key}
        if others:
            yield f"removed.{key}", _other(rule, name, others)
        for kind, changed in altered(row):
            yield f"{kind}.{key}", _other(rule, name, {**rows, key: changed})


def _other(rule: Any, name: str, value: Any) -> Any:
    made = copy.copy(rule)
    object.__setattr__(made, name, value)
    return made
