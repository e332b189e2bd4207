"""More transcripts as a defect would have changed them, most of them made for one row each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from conformance.catalogue import orders
from conformance.catalogue.rows import Row
from conformance.collect.transcript import Exchange, Transcript
from conformance.plan.stage import Plan
from tests.conformance import mutants
from tests.conformance.mutants import Mutant, Step, answers, created, facts, polled, put


def _missing(each: Exchange) -> Exchange:
    return replace(each, status=404, json=None, is_json=False, text="404 page not found")


STRANGE = "https://example.com/strange.png"


def of_plan(transcript: Transcript, plan: Plan) -> Iterator[Mutant]:
    """Every mutant of these kinds."""
    yield from routes(transcript)
    yield from doors(transcript)
    yield from extra(plan)
    yield from headers(plan)
    yield from lists()
    yield from deletes()
    yield from stills(plan)
    yield from pictures()
    yield from numbers(plan)


def routes(transcript: Transcript) -> Iterator[Mutant]:
    """A call that is not there."""
    for name in sorted({_route(each) for each in transcript.exchanges}):
        match = _on(name)
        yield Mutant(f"route.gone.{name}", answers(match, _missing))
        yield Mutant(f"route.405.{name}", answers(match, lambda e: replace(e, status=405)))
        yield Mutant(f"route.500.{name}", answers(match, lambda e: replace(e, status=500)))


def _route(each: Exchange) -> str:
    return f"asset:{_last(each)}" if each.call == "asset" else each.call


def _last(each: Exchange) -> str:
    return each.url.partition("?")[0].rpartition("/")[2]


def _on(name: str) -> Callable[[Exchange], bool]:
    return lambda each: _route(each) == name


def doors(transcript: Transcript) -> Iterator[Mutant]:
    """A call that needs no good key."""
    for auth in ("missing", "wrong", "empty", "scheme"):
        calls = {each.call for each in transcript.exchanges if each.auth == auth}
        for call in sorted(calls - {"download"}):

            def match(each: Exchange, call: str = call, auth: str = auth) -> bool:
                return each.call == call and each.auth == auth

            yield Mutant(f"open.{auth}.{call}", answers(match, lambda e: replace(e, status=200)))


def extra(plan: Plan) -> Iterator[Mutant]:
    """Ids that are nowhere, answers that show the order, other statuses for the poor and busy."""
    places = plan.world.dialect.id["create"]

    def without_id(each: Exchange) -> Exchange:
        for place in places:
            each = put(each, place, ...)
        return each

    yield Mutant("id.missing", answers(created, without_id))

    def echo(transcript: Transcript) -> Transcript:
        sent = {each.probe: each.sent for each in transcript.exchanges if each.call == "create"}
        return answers(polled, lambda e: added(e, "request", sent.get(e.of)))(transcript)

    yield Mutant("query.echoes", echo)
    for old, new in ((402, 403), (402, 500), (429, 400), (409, 500), (422, 500)):
        yield Mutant(f"status.{old}.{new}.all", answers(mutants.having(old), mutants.status(new)))


def added(each: Exchange, key: str, value: Any) -> Exchange:
    """The answer with one key more."""
    return replace(each, json={**each.json, key: value}) if isinstance(each.json, dict) else each


def headers(plan: Plan) -> Iterator[Mutant]:
    """A header that is not there, or says something else."""
    for name in sorted({row.expect["name"].lower() for row in plan.rows if row.kind == "header"}):

        def gone(each: Exchange, name: str = name) -> Exchange:
            kept = {key: value for key, value in each.headers.items() if key.lower() != name}
            return replace(each, headers=kept)

        def other(each: Exchange, name: str = name) -> Exchange:
            told = {key: "~" if key.lower() == name else v for key, v in each.headers.items()}
            return replace(each, headers=told)

        yield Mutant(f"header.gone.{name}", answers(lambda e: True, gone))
        yield Mutant(f"header.other.{name}", answers(lambda e: True, other))


def lists() -> Iterator[Mutant]:
    """Lists that are empty, end early, last for ever, do not filter."""

    def listed(each: Exchange) -> bool:
        return each.call == "list" and each.status == 200

    def items(transcript: Transcript) -> Any:
        return max((orders.at(e.json, "/items")[1] or [] for e in transcript.exchanges
                    if listed(e)), key=len, default=[])  # fmt: skip

    def whole(transcript: Transcript) -> Transcript:
        every = items(transcript)
        return answers(listed, lambda e: put(e, "/items", every))(transcript)

    def kept(transcript: Transcript) -> Transcript:
        every = items(transcript)
        late = lambda e: listed(e) and e.when.startswith("at:")  # noqa: E731
        return answers(late, lambda e: put(e, "/items", every))(transcript)

    yield Mutant("list.empty", answers(listed, lambda e: put(e, "/items", [])))
    yield Mutant("list.unfiltered", whole)
    yield Mutant("list.keeps", kept)
    yield Mutant("list.total-off", answers(listed, lambda e: put(e, "/total", lambda n: n + 1)))


def deletes() -> Iterator[Mutant]:
    """Deletions that are refused, or say so and do nothing."""

    def deleted(each: Exchange) -> bool:
        return each.call == "delete" and each.status is not None and each.status < 300

    for new in (202, 404, 500):
        yield Mutant(f"delete.{new}", answers(deleted, mutants.status(new)))

    def undone(transcript: Transcript) -> Transcript:
        good = {e.of: e for e in transcript.exchanges if polled(e) and not e.tag}

        def match(each: Exchange) -> bool:
            return each.tag == "deleted" and each.of in good

        step: Step = lambda e: replace(e, status=200, json=good[e.of].json)  # noqa: E731
        return answers(match, step)(transcript)

    def shown(transcript: Transcript) -> Transcript:
        good = {e.of: e for e in transcript.exchanges if polled(e) and not e.tag}

        def match(each: Exchange) -> bool:
            return each.tag == "unlisted" and each.of in good

        def step(each: Exchange) -> Exchange:
            place = next((p for p in ("/items", "/data") if orders.at(each.json, p)[0]), "/items")
            return put(each, place, [good[each.of].json])

        return answers(match, step)(transcript)

    yield Mutant("delete.undone", undone)
    yield Mutant("delete.listed", shown)


def stills(plan: Plan) -> Iterator[Mutant]:
    """A last frame for everybody, and one for nobody."""
    for pointer in plan.world.dialect.answer["last_frame"][:1]:
        holder, _, key = pointer.rpartition("/")

        def always(each: Exchange, holder: str = holder, key: str = key) -> Exchange:
            return put(each, holder, lambda old: {key: STRANGE, **old} if _map(old) else old)

        yield Mutant("still.always", answers(polled, always))


def pictures() -> Iterator[Mutant]:
    """Pictures that are in no clip: all were others, by each of their colours."""

    def other(fact: dict[str, Any]) -> list[dict[str, Any]]:
        ways = ("cut", "stretched", "padded")
        told = {way: fact[way] for way in ways if isinstance(fact.get(way), list)}
        far = {way: [[(c + 128) % 256 for c in each] for each in v] for way, v in told.items()}
        return [{**fact, **far}]

    yield Mutant("picture.other", facts("picture", other))


def _map(value: Any) -> bool:
    return isinstance(value, dict)


def numbers(plan: Plan) -> Iterator[Mutant]:
    """Orders that cost other than the documents compare, one order of a row at a time."""
    for row in plan.rows:
        if row.level not in ("must", "should") or row.kind not in ("billing", "compare"):
            continue
        for number, probe in enumerate(plan.drawn[row.id]):
            if probe.call != "create":
                continue
            for name, share in (("more", 1.5), ("less", 0.5)):
                step = _scaled(row, plan, share)
                label = f"price.{name}.{row.id}.{number}"
                yield Mutant(label, _both(probe.key, step, share))


def _scaled(row: Row, plan: Plan, share: float) -> Step:
    told = row.expect.get("at", "").partition(":")[2]
    places = [told] if told else list(plan.world.dialect.answer["usage"])

    def step(each: Exchange) -> Exchange:
        for place in places:
            each = put(each, place, lambda old: old * share if _number(old) else old)
        return each

    return step


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _both(key: str, step: Step, share: float) -> Callable[[Transcript], Transcript]:
    """The answers about one order and its books, by the same share."""

    def entries(fact: dict[str, Any]) -> list[dict[str, Any]]:
        if fact.get("of") != key:
            return [fact]
        return [{**fact, "entries": [_off(each, share) for each in fact["entries"]]}]

    told = answers(lambda e: key in (e.probe, e.of), step)
    booked = facts("books", entries)
    return lambda transcript: booked(told(transcript))


def _off(entry: Mapping[str, Any], share: float) -> dict[str, Any]:
    return {**entry, "amount": float(entry["amount"]) * share}
