"""Faults of HTTP and of connections, as a client with a socket sees them."""

import json
import re
import time
from email.utils import parsedate_to_datetime

import pytest
from aiohttp import ClientError

from simulator.faults import refusals, transport
from simulator.faults.catalogue import CATALOGUE
from simulator.faults.refusals import RETRY_AFTER
from tests.driving import KEY, START
from tests.faults.pair import DIALECTS, ORDERS, differences, pair, read

# Status, type of the content, and a part of the body.
REFUSALS: dict[str, tuple[int, str, bytes]] = {
    "429-empty": (429, "text/plain", b""),
    "429-text": (429, "text/plain", b"Too Many Requests"),
    "429-own": (429, "application/json", b"{"),
    "429-requests": (429, "application/json", b'"rate_limit_exceeded"'),
    "429-upstream": (429, "application/json", b'"bad_response_status_code"'),
    "429-quota": (429, "application/json", b'"insufficient_quota"'),
    "429-new-api": (429, "application/json", b'"new_api_error"'),
    "429-retry-after": (429, "application/json", b"{"),
    "429-retry-after-date": (429, "application/json", b"{"),
    "200-html": (200, "text/html", b"<html"),
    "200-empty": (200, "application/json", b""),
    "200-broken-json": (200, "application/json", b'{"status": "pro'),
    "2xx-error-body": (200, "application/json", b"{"),
    "500-own": (500, "application/json", b"{"),
    "502-html": (502, "text/html", b"nginx"),
    "503-retry-after": (503, "text/html", b"nginx"),
    "504-empty": (504, "text/plain", b""),
    "401-exhausted-key": (401, "application/json", b"{"),
    "403-on-poll": (403, "application/json", b"{"),
}
CREATED = [name for name in REFUSALS if "create" in CATALOGUE[name].calls]


@pytest.mark.parametrize("name", REFUSALS)
@pytest.mark.parametrize("dialect", ["ark", "uniall", "nbility"])
async def test_a_query_is_refused_once_and_nothing_else_is(name: str, dialect: str) -> None:
    async with pair(dialect) as run:
        await run.both("create")
        await run.faulty.fault(name, match={"call": "query"})
        _, faulty = await run.both("query")
        status, kind, part = REFUSALS[name]
        assert (faulty.status, faulty.headers["Content-Type"].partition(";")[0]) == (status, kind)
        assert part in faulty.raw
        assert bool(part) == bool(faulty.raw)
        if CATALOGUE[name].times == 1:
            assert await run.polls("0s") == [set()]
        assert await run.plain.ledger() == await run.faulty.ledger()


@pytest.mark.parametrize("name", CREATED)
async def test_a_create_call_that_is_refused_makes_no_task(name: str) -> None:
    async with pair("ark", name, order={"match": {"call": "create"}}) as run:
        answer = await run.faulty.create()
        assert answer.status == REFUSALS[name][0]
        assert run.faulty.task == ""
        assert (await run.faulty.create()).status == 200


async def test_own_words_are_the_ones_of_the_dialect() -> None:
    for dialect in DIALECTS:
        async with pair(dialect, "401-exhausted-key") as run:
            await run.both("create")
            refused = await run.faulty.query()
            run.plain.key = "sk-sim-invalid"
            wrong = await run.plain.query()
            assert refused.status == wrong.status == 401
            assert differences(refused, wrong) <= {"/error/message", "/error/localized_message"}
            assert set(refused.headers) == set(wrong.headers)


async def test_retry_after_is_a_number_or_a_date_of_the_account() -> None:
    async with pair("ark", "429-retry-after") as run:
        assert (await run.faulty.create()).headers["Retry-After"] == str(RETRY_AFTER)
    async with pair("ark", "429-retry-after-date") as run:
        given = (await run.faulty.create()).headers["Retry-After"]
        assert parsedate_to_datetime(given).timestamp() * 1000 == START + RETRY_AFTER * 1000


@pytest.mark.parametrize("fault", ["429-retry-after", "429-retry-after-date"])
@pytest.mark.parametrize("fidelity", ["documented", "observed"])
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_the_words_say_the_seconds_of_the_header(
    dialect: str, fidelity: str, fault: str
) -> None:
    async with pair(dialect, fault, fidelity=fidelity) as run:
        answer = await run.faulty.create()
    assert answer.status == 429
    assert set(re.findall(rb"\d+(?= seconds)|a minute", answer.raw)) <= {b"%d" % RETRY_AFTER}


async def test_500_at_terminal() -> None:
    async with pair("ark", "500-at-terminal") as run:
        await run.both("create")
        assert await run.polls("0s", "2s") == [set(), set()]
        await run.polls("2s", "1s", "1s")
        assert [answer.status for _, answer in run.seen[2:]] == [500, 500, 200]
        assert await run.polls("1s") == [set()]


async def test_bad_gzip_is_only_for_those_who_take_gzip() -> None:
    async with pair("ark", "bad-gzip") as run:
        plain = {"headers": {"Accept-Encoding": "identity"}}
        await run.plain.create()
        with pytest.raises(ClientError):
            await run.faulty.create()
        with pytest.raises(ClientError):
            await run.faulty.query("cgt-any")
        run.faulty.task = (await run.faulty.sim("GET", "/tasks"))["items"][0]["id"]
        answers = await run.both("query", **plain)
        assert differences(*answers) == set()
        assert "Content-Encoding" not in answers[1].headers


async def test_504_after_accept_makes_the_task() -> None:
    async with pair("ark", "504-after-accept") as run:
        plain, faulty = await run.both("create")
        assert (faulty.status, b"504 Gateway Time-out" in faulty.raw) == (504, True)
        assert run.faulty.task == plain.body["id"]
        assert await run.polls("0s") == [set()]


async def test_an_order_may_be_doubled() -> None:
    async with pair("nbility", "order-doubled") as run:
        _, faulty = await run.both("create")
        tasks = (await run.faulty.sim("GET", "/tasks"))["items"]
        assert len(tasks) == 2
        assert faulty.body["id"] == tasks[1]["id"]
        assert len({task["order"]["prompt"] for task in tasks}) == 1
        assert [kind for kind, _, _ in await run.faulty.ledger()] == ["reserved", "reserved"]
        await run.faulty.create()
        assert (await run.faulty.sim("GET", "/tasks"))["total"] == 3


async def test_cancelling_may_be_refused() -> None:
    async with pair("ark", "cancel-refused") as run:
        await run.both("create")
        plain, faulty = await run.both("call", "delete")
        assert (plain.status, faulty.status) == (200, 409)
        assert faulty.body["error"]["code"] == "InvalidAction.RunningTaskDeletion"
        assert (await run.faulty.query()).body["status"] == "queued"
        await run.faulty.advance("4s")
        assert (await run.faulty.call("delete")).status == 200


async def test_cancelling_may_come_too_late() -> None:
    async with pair("ark", "cancel-races-completion") as run:
        await run.both("create")
        plain, faulty = await run.both("call", "delete")
        assert differences(plain, faulty) == set()
        await run.both("advance", "4s")
        plain, faulty = await run.both("query")
        assert (plain.body["status"], faulty.body["status"]) == ("cancelled", "succeeded")
        assert [kind for kind, _, _ in await run.faulty.ledger()] == ["reserved", "settled"]


@pytest.mark.parametrize("name", ["content-400-early", "content-502"])
@pytest.mark.parametrize("dialect", ["uniall", "octopusx"])
async def test_the_content_call_fails_twice(name: str, dialect: str) -> None:
    async with pair(dialect, name) as run:
        await run.both("create")
        await run.both("advance", "4s")
        answers = [(await run.both("call", "download"))[1] for _ in range(3)]
        wanted = 400 if name == "content-400-early" else 502
        assert [answer.status for answer in answers] == [wanted, wanted, 200]
        assert answers[2].raw[4:8] == b"ftyp"
        assert await run.polls("0s") == [set()]


RESETS = ("reset-before-headers", "reset-in-headers", "reset-in-body", "truncated-body")


@pytest.mark.parametrize("name", RESETS)
async def test_a_connection_breaks_once(name: str) -> None:
    async with pair("ark") as run:
        await run.both("create")
        await run.faulty.fault(name, match={"call": "query"})
        path = run.dialect.route("query").target(id=run.faulty.task)
        head = f"GET /ark{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {KEY}\r\n\r\n"
        assert not complete(await read(run.faulty, head.encode()))
        assert await run.faulty.fired() == 1
        assert await run.polls("0s") == [set()]


@pytest.mark.parametrize("name", ["drop-after-accept", *RESETS])
async def test_a_lost_answer_to_a_create_call(name: str) -> None:
    async with pair("ark", name, order={"match": {"call": "create"}}) as run:
        with pytest.raises(ClientError):
            await run.faulty.create()
        made = (await run.faulty.sim("GET", "/tasks"))["total"]
        assert made == (0 if name == "reset-before-headers" else 1)


def complete(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].split()
    return bool(length) and len(body) >= int(length[0])


def raw_create(key: str = "sk-test") -> bytes:
    body = json.dumps(ORDERS["ark"]).encode()
    head = "POST /ark/api/v3/contents/generations/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    head += f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    return head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


async def test_what_of_an_answer_comes_before_the_end() -> None:
    heads = {}
    for name in RESETS:
        async with pair("ark", name, order={"match": {"call": "create"}}) as run:
            heads[name] = await read(run.faulty, raw_create())
    assert heads["reset-before-headers"] == b""
    assert b"\r\n\r\n" not in heads["reset-in-headers"]
    head, _, body = heads["truncated-body"].partition(b"\r\n\r\n")
    whole = int(head.lower().partition(b"content-length: ")[2].split()[0])
    assert len(body) == whole // 2


async def test_a_create_call_may_be_answered_twice() -> None:
    async with pair("ark", "create-answered-twice") as run:
        got = await read(run.faulty, raw_create(), 0.2)
        answers = got.split(b"HTTP/1.1 200 OK\r\n")
        assert len(answers) == 3
        bodies = {answer.partition(b"\r\n\r\n")[2] for answer in answers[1:]}
        assert len(bodies) == 1
        assert (await run.faulty.sim("GET", "/tasks"))["total"] == 1


async def test_a_body_may_dribble() -> None:
    async with pair("ark", "dribbled-body") as run:
        await run.plain.create()
        since = time.monotonic()
        answer = await run.faulty.create()
        assert time.monotonic() - since > 0.5
        assert answer.body["id"] == run.plain.task
        assert await run.polls("0s") == [set()]


async def test_the_first_byte_may_be_slow() -> None:
    async with pair("ark", "slow-first-byte") as run:
        with pytest.raises(TimeoutError):
            await run.faulty.create(limit=0.2)
        assert (await run.faulty.sim("GET", "/tasks"))["total"] == 1


async def test_every_fault_of_http_is_tested_here() -> None:
    here = {*REFUSALS, *RESETS, "drop-after-accept", "slow-first-byte", "dribbled-body"}
    here |= {"create-answered-twice", "order-doubled", "504-after-accept", "bad-gzip"}
    here |= {"500-at-terminal", "cancel-refused", "cancel-races-completion"}
    here |= {"content-400-early", "content-502"}
    assert here == {fault.name for module in (refusals, transport) for fault in module.FAULTS}
