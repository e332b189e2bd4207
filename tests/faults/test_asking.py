"""Asking for faults: the control plane, prompts, defects, and everything that is a mistake."""

from collections.abc import Iterable
from typing import Any

import pytest

from simulator.dialects import NAMES, faithful
from simulator.faults.catalogue import CATALOGUE
from simulator.faults.fault import CALLS
from simulator.store.redaction import masked
from tests.driving import KEY
from tests.faults.pair import Answer, Side, fitting, pair
from tests.serving import serve


async def refused(side: Side, order: Any) -> tuple[str, str]:
    url = f"{side.server.base}/_sim/faults"
    async with side.server.anonymous.post(url, json=order) as answer:
        assert answer.status == 400, await answer.text()
        error = (await answer.json())["error"]
        return error["field"], error["message"]


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({}, "fault"),
        ({"fault": "429-emtpy"}, "fault"),
        ({"fault": ""}, "fault"),
        ({"fault": {}}, "fault"),
        ({"fault": 5}, "fault"),
        ({"fault": {"status": 99}}, "fault.status"),
        ({"fault": {"status": 600}}, "fault.status"),
        ({"fault": {"status": 100}}, "fault.status"),
        ({"fault": {"status": "429"}}, "fault.status"),
        ({"fault": {"status": 429, "delay": "11s"}}, "fault.delay"),
        ({"fault": {"status": 429, "delay": "-1s"}}, "fault.delay"),
        ({"fault": {"status": 429, "headers": {"a b": "c"}}}, "fault.headers.a b"),
        ({"fault": {"status": 429, "headers": {"a": "c\r\nd: e"}}}, "fault.headers.a"),
        (
            {"fault": {"status": 429, "headers": {"content-length": "0"}}},
            "fault.headers.content-length",
        ),
        ({"fault": {"stat": 429}}, "fault.stat"),
        ({"fault": "429-empty", "times": 0}, "times"),
        ({"fault": "429-empty", "times": -1}, "times"),
        ({"fault": "429-empty", "times": 10**9}, "times"),
        ({"fault": "429-empty", "times": 1.5}, "times"),
        ({"fault": "foreign-task-id", "times": 3}, "times"),
        ({"fault": "429-empty", "when": "sometimes"}, "when"),
        ({"fault": "id-alias", "when": "at-terminal"}, "when"),
        ({"fault": "429-empty", "match": {"call": "create"}, "when": "at-terminal"}, "when"),
        ({"fault": {"status": 418}, "match": {"call": "list"}, "when": "at-terminal"}, "when"),
        ({"fault": "429-empty", "when": "nth:0"}, "when"),
        ({"fault": "429-empty", "when": "nth:99999999"}, "when"),
        ({"fault": "429-empty", "when": "nth:\u0661"}, "when"),
        ({"fault": "429-empty", "share": 0}, "share"),
        ({"fault": "429-empty", "share": 1.1}, "share"),
        ({"fault": "429-empty", "share": "0.5"}, "share"),
        ({"fault": "429-empty", "match": {"dialect": "lumen"}}, "match.dialect"),
        ({"fault": "429-empty", "match": {"call": "poll"}}, "match.call"),
        ({"fault": "429-empty", "match": {"call": "callback"}}, "match.call"),
        ({"fault": "status-case", "match": {"call": "create"}}, "match.call"),
        ({"fault": "429-empty", "match": {"key": ""}}, "match.key"),
        ({"fault": "429-empty", "match": {"task": "x"}}, "match.task"),
        ({"fault": "progress-int", "match": {"dialect": "ark"}}, "match.dialect"),
        ({"fault": "list-lags", "match": {"dialect": "uniall"}}, "match.dialect"),
        ({"fault": "cancel-refused", "match": {"dialect": "apiyi"}}, "match.dialect"),
        ({"fault": "callback-missing", "match": {"dialect": "nbility"}}, "match.dialect"),
        ({"fault": "429-empty", "match": {"dialect": "apiyi", "call": "list"}}, "match.dialect"),
        ({"fault": "429-empty", "until": "1h"}, "until"),
    ],
)
async def test_a_wrong_fault_names_its_field(order: Any, field: str) -> None:
    async with pair("ark") as run:
        assert (await refused(run.faulty, order))[0] == field
        assert (await run.faulty.sim("GET", "/faults"))["total"] == 0


def shown(answer: Answer, names: Iterable[str]) -> dict[str, str]:
    """These headers of an answer, each of which it has once, whatever the case."""
    given = [(name.lower(), value) for name, value in answer.headers.items()]
    assert len(given) == len(dict(given))
    return {name: dict(given)[name.lower()] for name in names}


@pytest.mark.parametrize(
    "headers",
    [
        {"content-TYPE": "application/problem+json"},
        {"Date": "yesterday", "Server": "nginx"},
        {"X-Rule": '"24h文件自动删除"\tñ'},
        {"X-Request-ID": "other"},
    ],
)
@pytest.mark.parametrize("status", [None, 418])
async def test_a_fault_of_ones_own_sets_any_header(headers: Any, status: int | None) -> None:
    async with pair("ark") as run:
        await run.both("create")
        await run.faulty.fault({"status": status, "headers": headers, "body": {"a": 1}})
        answer = await run.faulty.query()
        assert shown(answer, headers) == headers
        assert answer.body == {"a": 1}
    async with pair("ark", {"headers": headers}, order={"match": {"call": "download"}}) as run:
        await run.both("create")
        await run.polls("4s")
        link = run.seen[-1][1].body["content"]["video_url"]
        answer = await run.faulty.send("GET", link)
        assert shown(answer, headers) == headers
        assert answer.raw[4:8] == b"ftyp"


@pytest.mark.parametrize("value", ["a\x85b", "a\x0bb", "a\x7fb", "a\x00", "a\nb", "\x1b[2J"])
async def test_no_header_ends_its_line_or_is_a_command(value: str) -> None:
    async with pair("ark") as run:
        order = {"fault": {"status": 429, "headers": {"a": value}}}
        assert (await refused(run.faulty, order))[0] == "fault.headers.a"


async def test_what_a_dialect_lacks_depends_on_the_fidelity() -> None:
    early = {"fault": "callback-reordered", "match": {"dialect": "octopusx"}}
    async with pair("octopusx") as run:
        assert (await refused(run.faulty, early))[0] == "match.dialect"
    async with pair("octopusx", fidelity="observed") as run:
        assert (await run.faulty.sim("POST", "/faults", early))["id"]


async def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    async with pair("ark") as run:
        assert "429-empty" in (await refused(run.faulty, {"fault": "429-emtpy"}))[1]


async def test_faults_are_listed_and_dropped() -> None:
    async with pair("ark") as run:
        side = run.faulty
        first = await side.fault("500-own", match={"call": "query"}, times=2, when="nth:2")
        second = await side.fault({"status": 418, "body": "teapot"}, share=0.5)
        listed = await side.sim("GET", "/faults")
        assert [item["id"] for item in listed["items"]] == [first, second]
        assert listed["items"][0] == {
            "id": first,
            "fault": "500-own",
            "does": CATALOGUE["500-own"].does,
            "match": {"dialect": None, "key": masked(KEY), "call": "query"},
            "times": 2,
            "when": "nth:2",
            "share": 1.0,
            "permanent": False,
            "fired": 0,
        }
        assert (await side.sim("GET", f"/faults?limit=1&after={first}"))["items"][0]["id"] == second
        assert await side.sim("DELETE", f"/faults/{first}") == {"deleted": 1}
        assert await side.sim("DELETE", "/faults") == {"deleted": 1}
        url = f"{side.server.base}/_sim/faults/{first}"
        async with side.server.anonymous.delete(url) as answer:
            assert answer.status == 404
        await side.create()
        assert await run.faulty.query() is not None


async def statuses(side: Side, number: int) -> list[int]:
    return [(await side.query()).status for _ in range(number)]


async def test_times_and_when() -> None:
    async with pair("ark") as run:
        side = run.faulty
        await side.create()
        query = {"match": {"call": "query"}}
        await side.fault("500-own", **query, times=2)
        assert await statuses(side, 4) == [500, 500, 200, 200]
        await side.fault("500-own", **query, times=None, when="nth:3")
        assert await statuses(side, 4) == [200, 200, 500, 200]
        await side.fault("500-own", **query, times=None, when="first")
        assert await statuses(side, 2) == [500, 200]
        await side.fault("500-own", **query, times=None, when="first:2")
        assert await statuses(side, 3) == [500, 500, 200]
        await side.sim("DELETE", "/faults")
        await side.fault("500-own", **query, times=3, when="at-terminal")
        assert await statuses(side, 2) == [200, 200]
        await side.advance("4s")
        assert await statuses(side, 4) == [500, 500, 500, 200]
        assert (await side.sim("GET", "/faults"))["items"][0]["fired"] == 3


async def test_when_counts_each_task_for_itself() -> None:
    async with pair("ark", "500-own", order={"when": "first", "times": None}) as run:
        side = run.faulty
        assert (await side.create()).status == 500
        await side.create()
        first = side.task
        await side.create()
        assert await statuses(side, 2) == [500, 200]
        side.task = first
        assert await statuses(side, 2) == [500, 200]


async def test_a_share_is_drawn_from_the_seed() -> None:
    drawn = []
    for _ in range(2):
        async with pair("ark", "500-own", order={"share": 0.3, "times": None}) as run:
            side = run.faulty
            await side.sim("DELETE", "/faults")
            await side.create()
            await side.fault("500-own", share=0.3, times=None)
            drawn.append(await statuses(side, 100))
    assert drawn[0] == drawn[1]
    assert 15 <= drawn[0].count(500) <= 45


async def test_a_fault_is_of_one_account_and_of_one_dialect() -> None:
    async with pair("ark", "500-own", order={"times": None, "match": {"dialect": "ark"}}) as run:
        side = run.faulty
        side.key = "sk-other"
        assert (await side.create()).status == 200
        side.key = KEY
        assert (await side.create()).status == 500


async def test_somebodys_own_fault() -> None:
    async with pair("ark") as run:
        side = run.faulty
        own = {"status": 429, "headers": {"Retry-After": "7", "X-Extra": "a"}, "body": {"no": 1}}
        await side.fault(own, match={"call": "create"})
        answer = await side.create()
        assert (answer.status, answer.body, answer.headers["X-Extra"]) == (429, {"no": 1}, "a")
        assert answer.headers["Retry-After"] == "7"
        await run.both("create")
        await side.fault({"headers": {"X-Extra": "b"}, "delay": "50ms"}, match={"call": "query"})
        plain, faulty = await run.both("query")
        assert (faulty.body, faulty.headers["X-Extra"]) == (plain.body, "b")
        await side.fault({"body": "not JSON"}, match={"call": "query"})
        assert (await side.query()).raw == b"not JSON"
        await side.fault({"status": 503}, match={"call": "query"})
        answer = await side.query()
        assert (answer.status, answer.raw) == (503, b"")


async def test_faults_are_named_in_a_prompt() -> None:
    async with pair("ark", pace="fast") as run:
        side = run.faulty
        text = "A lantern [[sim: fault=status-case fault=refund-missing fail fault=nope]]"
        answer = await side.create(content=[{"type": "text", "text": text}])
        assert answer.status == 200
        assert (await side.query()).body["status"] == "QUEUED"
        await side.advance("4s")
        assert (await side.query()).body["status"] == "FAILED"
        assert [kind for kind, _, _ in await side.ledger()] == ["reserved"]
        task = (await side.sim("GET", "/tasks"))["items"][0]
        assert task["order"]["prompt"] == "A lantern"
        assert task["plan"]["faults"] == ["status-case", "refund-missing"]
        calls = (await side.sim("GET", "/calls"))["items"]
        create = next(call for call in calls if call["kind"] == "create")
        assert create["faults"] == ["refund-missing"]
        assert any("nope" in note for note in create["notes"])
        await side.create()
        assert (await side.query()).body["status"] == "queued"


async def test_the_same_terms_asked_for_twice_are_counted_one_by_one() -> None:
    async with pair("ark") as run:
        side = run.faulty
        for _ in range(2):
            await side.fault("model-substituted", times=1)
        fast = {"model": "doubao-seedance-2-0-fast-260128"}
        for order, fired in ((fast, [0, 0]), ({}, [1, 0]), ({}, [1, 1]), ({}, [1, 1])):
            await side.create(order)
            assert [one["fired"] for one in (await side.sim("GET", "/faults"))["items"]] == fired


async def test_a_lost_answer_is_asked_for_in_a_prompt() -> None:
    async with pair("ark") as run:
        text = [{"type": "text", "text": "A lantern [[sim: fault=504-after-accept]]"}]
        assert (await run.faulty.create(content=text)).status == 504
        assert run.faulty.task
        assert (await run.faulty.query()).status == 200


async def test_a_fault_reports_that_it_fired() -> None:
    async with pair("ark", "status-case") as run:
        side = run.faulty
        await side.create()
        await side.query()
        calls = (await side.sim("GET", "/calls"))["items"]
        assert [call["faults"] for call in calls] == [[], ["status-case"]]


async def test_a_fault_that_waits_says_why_it_did_not_happen() -> None:
    async with pair("ark") as run:
        side = run.faulty
        for order in (
            {"fault": "500-own", "match": {"key": KEY, "dialect": "uniall"}},
            {"fault": "500-own", "match": {"key": "sk-other"}},
            {"fault": "500-own", "match": {"key": KEY, "call": "delete"}},
            {"fault": "500-at-terminal", "times": 1},
            {"fault": "content-502", "times": 1},
        ):
            await side.sim("POST", "/faults", order)
        await side.create()
        await side.query()
        calls = (await side.sim("GET", "/calls"))["items"]
        assert calls[1]["notes"] == [
            "the fault 500-own did not apply: the dialect is 'ark', not 'uniall'",
            "the fault 500-own did not apply: it is for another key",
            "the fault 500-own did not apply: the call is 'query', not 'delete'",
            "the fault 500-at-terminal did not apply: it is not its turn",
        ]  # nothing of the one that is of downloads alone


async def test_a_defect_is_of_everybody_and_stays() -> None:
    async with pair("ark", defect=("status-case", "429-empty")) as run:
        side = run.faulty
        assert (await side.create()).status == 429
        listed = (await side.sim("GET", "/faults"))["items"]
        assert [(item["id"], item["permanent"]) for item in listed] == [
            ("defect-status-case", True),
            ("defect-429-empty", True),
        ]
        assert await side.sim("DELETE", "/faults") == {"deleted": 0}
        await side.sim("POST", "/reset", {})
        await side.sim("POST", "/reset", {"key": KEY})
        assert (await side.create()).status == 429
        url = f"{side.server.base}/_sim/faults/defect-429-empty"
        async with side.server.anonymous.delete(url) as answer:
            assert (await answer.json())["error"]["code"] == "permanent"


async def test_a_reset_ends_what_was_asked_for() -> None:
    async with pair("ark", "500-own") as run:
        await run.faulty.fault("500-own")
        await run.faulty.sim("POST", "/reset", {"key": "sk-other"})
        assert (await run.faulty.sim("GET", "/faults"))["total"] == 2
        await run.faulty.sim("POST", "/reset", {"key": KEY})
        assert (await run.faulty.sim("GET", "/faults"))["total"] == 0


async def test_faults_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.control.faults.MOST_FAULTS", 2)
    async with pair("ark", "500-own") as run:
        await run.faulty.fault("500-own")
        assert (await refused(run.faulty, {"fault": "500-own"}))[0] == "fault"


def test_every_fault_says_what_it_does_in_a_sentence() -> None:
    for name, fault in CATALOGUE.items():
        assert name == fault.name
        assert fault.does.endswith(".")
        assert fault.does[0].isupper()
        assert 15 < len(fault.does) <= 110
        assert fault.seen
        assert not fault.seen.endswith(".")
        assert set(fault.calls) <= set(CALLS)
        assert fitting(name), name


def test_no_fault_is_for_a_call_that_no_dialect_has() -> None:
    assert {call for fault in CATALOGUE.values() for call in fault.calls} == set(CALLS)


@pytest.mark.parametrize("fidelity", ["documented", "observed"])
async def test_what_can_never_happen_in_a_dialect_is_refused_there(fidelity: str) -> None:
    """And whatever is not refused does happen: test_answers holds that."""
    async with serve(fidelity=fidelity) as server:
        for dialect in NAMES:
            for name, fault in CATALOGUE.items():
                asked = {"fault": name, "match": {"dialect": dialect}}
                lacking = fault.lacks(faithful(dialect, fidelity == "observed"))
                url = f"{server.base}/_sim/faults"
                async with server.anonymous.post(url, json=asked) as answer:
                    text = await answer.text()
                    assert answer.status == (200 if lacking is None else 400), (asked, text)
                assert lacking is None or f"it does not have {lacking}" in text
            async with server.anonymous.delete(f"{server.base}/_sim/faults") as answer:
                assert answer.status == 200
    assert CATALOGUE["numbers-as-strings"].lacks(faithful("nbility", False)) is not None
    assert CATALOGUE["numbers-as-strings"].lacks(faithful("nbility", True)) is None
    assert CATALOGUE["url-escaped"].lacks(faithful("uniall", True)) is not None
