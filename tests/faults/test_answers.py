"""What faults of statuses, ids, results and types do to answers, and that they do no more."""

import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from simulator.core.pointers import above, get, there
from simulator.core.task import Phase
from simulator.dialects import NAMES, faithful
from simulator.faults.catalogue import CATALOGUE
from simulator.faults.identities import FOREIGN
from tests.faults.pair import Answer, Pair, differences, pair

Truth = Callable[[Pair], Awaitable[None]]
TRUTHS: dict[str, Truth] = {}
# Queued, running, running, over, over.
COURSE = ("0s", "2s", "1s", "1s", "1s")
NOTHING: set[str] = set()


def true_of(*names: str) -> Callable[[Truth], Truth]:
    def enter(truth: Truth) -> Truth:
        TRUTHS.update(dict.fromkeys(names, truth))
        return truth

    return enter


def cases() -> Iterator[Any]:
    """Each fault with the dialects it makes sense for, and in the fidelity in which it does.

    What a fault does in both is shown in one here, and in the other with the slow proofs.
    """
    for name in TRUTHS:
        for dialect in NAMES:
            able = [
                fidelity
                for fidelity in ("documented", "observed")
                if CATALOGUE[name].lacks(faithful(dialect, fidelity == "observed")) is None
            ]
            for fidelity in able:
                marks = () if fidelity == able[0] else pytest.mark.slow
                yield pytest.param(name, dialect, fidelity, marks=marks)


async def course(run: Pair, **plan: str) -> list[set[str]]:
    """Where the answers to five queries differ."""
    if plan:
        await run.both("plan", **plan)
    await run.both("create")
    return await run.polls(*COURSE)


def places(run: Pair, name: str) -> set[str]:
    """The places of this name in the last answer without a fault."""
    return set(there(run.seen[-1][0].body, getattr(run.dialect.reader, name)))


def at(run: Pair, number: int, name: str) -> object:
    """What stands at the first place of this name in an answer with the fault."""
    body = run.seen[number][1].body
    found = there(body, getattr(run.dialect.reader, name))
    return get(body, found[0]) if found else None


@true_of("status-unknown-first")
async def _(run: Pair) -> None:
    differ = await course(run)
    status = places(run, "status")
    assert differ == [status, status, NOTHING, NOTHING, NOTHING]
    assert at(run, 0, "status") == at(run, 1, "status")
    reader, word = run.dialect.reader, at(run, 0, "status")
    assert str(word).lower() in ("unknown", "not_start") or not reader.spelled
    assert reader.phase(word) in (None, Phase.QUEUED)


@true_of("status-missing")
async def _(run: Pair) -> None:
    differ = await course(run)
    status = places(run, "status")
    assert differ == [status, status, NOTHING, NOTHING, NOTHING]
    assert at(run, 0, "status") is None


@true_of("status-synonym", "status-case")
async def _(run: Pair) -> None:
    differ = await course(run)
    assert differ == [places(run, "status")] * 5
    words = [str(at(run, number, "status")) for number in range(5)]
    assert len(set(words)) == 3


@true_of("status-regress")
async def _(run: Pair) -> None:
    differ = await course(run)
    assert [bool(found) for found in differ] == [False, True, False, False, False]
    assert run.seen[1][1].body == run.seen[0][1].body


@true_of("status-stuck")
async def _(run: Pair) -> None:
    differ = await course(run)
    assert differ[:3] == [NOTHING] * 3
    assert at(run, 4, "status") == at(run, 2, "status")
    ledgers = await run.both("ledger")
    assert ledgers[0] == ledgers[1]


@true_of("expired-never-ends")
async def _(run: Pair) -> None:
    for end in ("expired", "cancelled"):
        await run.both("plan", end=end)
        await run.both("create")
        differ = await run.polls(*COURSE, "25h")
        assert differ[:3] == [NOTHING] * 3
        assert differ[5]
        assert at(run, -1, "status") == at(run, -4, "status")
    await run.plain.sim("DELETE", "/plans")
    await run.faulty.sim("DELETE", "/plans")
    assert await course(run) == [NOTHING] * 5


@true_of("status-lags")
async def _(run: Pair) -> None:
    await course(run)
    assert run.seen[4][1].body == run.seen[0][0].body
    assert (await run.polls("58s"))[0]
    assert await run.polls("1s") == [NOTHING]


@true_of("outer-inner-disagree")
async def _(run: Pair) -> None:
    differ = await course(run)
    inner = set(run.dialect.reader.inner)
    assert differ == [NOTHING, NOTHING, NOTHING, inner, inner]
    assert at(run, 4, "inner") in ("running", "processing")


@true_of("cancelled-word", "expired-word")
async def _(run: Pair) -> None:
    differ = await course(run, end="failed")
    status = places(run, "status")
    assert differ == [NOTHING, NOTHING, NOTHING, status, status]
    assert str(at(run, 4, "status")).lower() in ("cancelled", "expired")


@true_of("failure-unexplained")
async def _(run: Pair) -> None:
    differ = await course(run, end="failed")
    told = places(run, "message") | places(run, "code")
    assert differ == [NOTHING, NOTHING, NOTHING, told, told]
    assert at(run, 4, "message") == ""


@true_of("progress-string", "progress-int")
async def _(run: Pair) -> None:
    assert await course(run) == [places(run, "progress")] * 5
    kinds = [type(get(answer.body, run.dialect.reader.progress[0])) for answer in run.seen[4]]
    assert set(kinds) == {int, str}


@true_of("progress-frozen", "progress-reset")
async def _(run: Pair) -> None:
    differ = await course(run)
    assert differ[3:] == [NOTHING, NOTHING]
    assert differ[1] == places(run, "progress")
    assert at(run, 1, "progress") in (0, "0%")


@true_of("not-found-after-create")
async def _(run: Pair) -> None:
    await course(run)
    stranger = replace(run.plain, key="sk-stranger")  # for whom there is no such task
    missing = await stranger.query()
    assert [answer.status for _, answer in run.seen] == [missing.status] * 2 + [200] * 3
    assert (await run.plain.ledger()) == (await run.faulty.ledger())


@true_of("task-vanishes")
async def _(run: Pair) -> None:
    await course(run)
    assert all(answer.status in (400, 404) for _, answer in run.seen)
    assert (await run.plain.ledger()) == (await run.faulty.ledger())


@true_of("id-alias", "id-missing")
async def _(run: Pair) -> None:
    plain, faulty = await run.both("create")
    ids = there(plain.body, run.dialect.reader.created)
    assert not there(faulty.body, ids)
    given = get(faulty.body, above(ids[0]) + "/generation_id")
    assert given in (get(plain.body, ids[0]), get({}, "/none"))
    run.faulty.task = run.plain.task  # which the client was not told
    assert await run.polls(*COURSE) == [NOTHING] * 5


@true_of("id-changes-on-query")
async def _(run: Pair) -> None:
    assert await course(run) == [places(run, "id")] * 5
    assert at(run, 4, "id") == at(run, 0, "id") != run.plain.task


@true_of("foreign-task-id")
async def _(run: Pair) -> None:
    plain, faulty = await run.both("create")
    ids = there(plain.body, run.dialect.reader.created)
    given = str(get(faulty.body, ids[0]))
    assert given == FOREIGN + str(get(plain.body, ids[0]))
    run.faulty.task = given
    assert await run.polls(*COURSE) == [places(run, "id")] * 5
    first = there(run.seen[4][0].body, run.dialect.reader.id)[0]
    assert at(run, 4, "id") == FOREIGN + str(get(run.seen[4][0].body, first))


@true_of("list-lags")
async def _(run: Pair) -> None:
    await run.both("create")
    listed, total = run.dialect.reader.listed, run.dialect.reader.total
    # LiteLLM wants to be told whose list it is, and nobody else minds.
    path = run.dialect.route("list").path + "?custom_llm_provider=volcengine"
    plain, faulty = await run.both("send", "GET", path)
    assert (len(listed(plain.body) or ()), listed(faulty.body)) == (1, [])
    for place in there(plain.body, total):
        assert (get(plain.body, place), get(faulty.body, place)) == (1, 0)
    await run.both("advance", "10s")
    plain, faulty = await run.both("send", "GET", path)
    assert len(listed(plain.body) or ()) == len(listed(faulty.body) or ()) == 1


@true_of("url-missing", "url-in-fail_reason", "url-elsewhere", "url-relative")
async def _(run: Pair) -> None:
    differ = await course(run)
    links = places(run, "link")
    assert differ[:3] == [NOTHING] * 3
    assert len(differ[4] - links - {place.removesuffix("/0") for place in links}) <= 1
    for place in links:
        assert not str(get(run.seen[4][1].body, place)).startswith("http")


@true_of("url-inner-only")
async def _(run: Pair) -> None:
    links = [p for p in run.dialect.reader.link if "last_frame" not in p]
    differ = await course(run)
    kept = there(run.seen[4][1].body, links)
    shown = there(run.seen[4][0].body, links)
    assert differ[4] == ({shown[0]} if len(shown) > 1 else NOTHING)
    assert kept


@true_of("url-escaped")
async def _(run: Pair) -> None:
    assert await course(run) == [NOTHING] * 5
    assert b"&" in run.seen[4][0].raw
    assert b"&" not in run.seen[4][1].raw
    assert b"\\u0026" in run.seen[4][1].raw


@true_of("error-text-in-result_url")
async def _(run: Pair) -> None:
    differ = await course(run, end="failed")
    assert differ[:3] == [NOTHING] * 3
    assert len(differ[4]) == 1
    body = run.seen[4][1].body
    (place,) = differ[4]
    added = get(body, place)
    text = at(run, 4, "message")
    assert text
    assert str(text) in json.dumps(added)


@true_of("request-echoed")
async def _(run: Pair) -> None:
    assert await course(run) == [{"/request"}] * 5


@true_of("usage-late")
async def _(run: Pair) -> None:
    differ = await course(run)
    usage = places(run, "usage")
    assert differ == [NOTHING, NOTHING, NOTHING, usage, usage]
    assert await run.polls("1s") == [NOTHING]


@true_of("numbers-as-strings")
async def _(run: Pair) -> None:
    differ = await course(run)
    assert all(differ)
    for plain, faulty in run.seen:
        assert _textual(plain.body) == faulty.body or _stripped(plain) == _stripped(faulty)


def _textual(value: object) -> object:
    if isinstance(value, dict):
        return {name: _textual(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_textual(inner) for inner in value]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if number else value


def _stripped(answer: Answer) -> object:
    """What is told without the links, which differ by their server."""
    return _no_links(_textual(answer.body))


def _no_links(value: object) -> object:
    if isinstance(value, dict):
        return {name: _no_links(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_no_links(inner) for inner in value]
    return "" if isinstance(value, str) and value.startswith("http") else value


@true_of("strings-as-numbers")
async def _(run: Pair) -> None:
    differ = await course(run)
    texts = set(run.dialect.reader.texts)
    assert differ[4]
    assert all(found <= texts for found in differ)
    assert all(isinstance(get(run.seen[4][1].body, place), int) for place in differ[4])


@true_of("nulls-for-objects")
async def _(run: Pair) -> None:
    differ = await course(run)
    assert all(found <= set(run.dialect.reader.objects) for found in differ)
    assert any(differ)
    for (_, faulty), found in zip(run.seen, differ, strict=True):
        assert all(get(faulty.body, place) is None for place in found)


@true_of("unknown-extra-keys")
async def _(run: Pair) -> None:
    differ = await course(run)
    known = {"user_id", "channel_id", "quota", "object", "upstream"}
    assert all({place.rpartition("/")[2] for place in found} <= known for found in differ)
    assert all(differ)
    assert at(run, 4, "status") == get(
        run.seen[4][0].body, there(run.seen[4][0].body, run.dialect.reader.status)[0]
    )


@true_of("error-code-int", "error-code-string")
async def _(run: Pair) -> None:
    plain, faulty = await run.both("query", "task-unified-none")
    differ = {place for place in differences(plain, faulty) if place}
    assert differ <= set(run.dialect.reader.error)
    assert len(differ) == 1
    assert str(get(faulty.body, differ.pop())) == str(faulty.status)


@true_of("error-as-string")
async def _(run: Pair) -> None:
    plain, faulty = await run.both("query", "task-unified-none")
    texts = [get(plain.body, place) for place in run.dialect.reader.refusal]
    assert faulty.body == {"error": next(text for text in texts if isinstance(text, str))}
    assert faulty.status == plain.status
    differ = await course(run, end="failed")
    told = {place for place in places(run, "message") if above(place).endswith("/error")}
    where = {above(place) for place in told}
    assert differ == [NOTHING, NOTHING, NOTHING, where, where]
    for place in told:
        assert get(run.seen[4][1].body, above(place)) == get(run.seen[4][0].body, place)


@true_of("content-as-array")
async def _(run: Pair) -> None:
    differ = await course(run)
    where = {above(place) for place in places(run, "link") if above(place).endswith("/content")}
    assert differ == [NOTHING, NOTHING, NOTHING, where, where]
    for place in where:
        (inner,) = get(run.seen[4][1].body, place)
        assert set(inner) == set(get(run.seen[4][0].body, place))


@true_of("model-substituted")
async def _(run: Pair) -> None:
    differ = await course(run)
    ordered, made = await models(run)
    assert made == run.dialect.cheaper[ordered]
    assert made.replace("-fast", "") == ordered
    shown = {place for found in differ for place in found}
    upstream = {"/data/data/model", "/data/properties/upstream_model_name"}
    upstream |= {"/data/properties/origin_model_name"}
    assert shown <= {"/model", "/task_info/estimated_time", *upstream} | places(run, "link")
    assert await run.plain.ledger() == await run.faulty.ledger()


async def models(run: Pair) -> tuple[str, str]:
    """The models by which the tasks of both were made."""
    one, other = await run.both("sim", "GET", "/tasks")
    return one["items"][0]["order"]["model"], other["items"][0]["order"]["model"]


@pytest.mark.parametrize(("name", "dialect", "fidelity"), [*cases()])
async def test_the_sentence_is_true_and_no_more(name: str, dialect: str, fidelity: str) -> None:
    async with pair(dialect, name, fidelity=fidelity) as run:
        await TRUTHS[name](run)
        assert await run.faulty.fired() > 0
