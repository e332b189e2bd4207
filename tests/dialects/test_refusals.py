"""Orders that the upstream's review refuses, asked for by plans and prompts, in every dialect."""

import json
from typing import Any

import pytest

from simulator.core.pointers import get, there
from simulator.dialects import ALL, load
from simulator.dialects.evolink.refusals import REFUSED
from simulator.engine.dialect import Dialect
from tests.driving import KEY
from tests.ordering import encoded, saying
from tests.serving import Server, serve

CODE = "InputTextSensitiveContentDetected"
TEXT = "The request failed because the input text may contain sensitive information."
NAMED = "The request failed because the input text 'content[0]' may contain sensitive information."


async def give(server: Server, dialect: Dialect, prompt: str = "", **also: Any) -> tuple[int, Any]:
    """Give the dialect's example order and read what comes back."""
    body = {**(saying(dialect, prompt) if prompt else dialect.example), **also}
    raw, kind = encoded(dialect, body)
    url = f"{server.base}/{dialect.name}{dialect.route('create').path}"
    async with server.client.post(url, data=raw, headers={"Content-Type": kind}) as answer:
        return answer.status, await answer.json()


async def control(server: Server, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    async with server.anonymous.request(method, f"{server.base}/_sim{path}", json=body) as answer:
        return answer.status, await answer.json()


def found(dialect: str, body: Any, observed: bool) -> tuple[Any, str]:
    """The code and the message of a refusal, wherever the dialect has them."""
    if dialect in ("uniall", "octopusx", "newapi") or (dialect == "nbility" and observed):
        assert (body["code"], body["data"]) == ("fail_to_fetch_task", None)
        upstream = json.loads(body["message"])["error"]
        assert (upstream["type"], upstream["param"]) == ("BadRequest", "")
        return upstream["code"], upstream["message"]
    if dialect == "openai" and observed:
        told = body["error"]["message"].partition(" - ")[2].partition("\n\n")[0]
        return found("ark", json.loads(told), observed)
    reader = load(dialect).reader
    code, message = (get(body, there(body, places)[0]) for places in (reader.error, reader.refusal))
    return code, message


@pytest.mark.parametrize("fidelity", ["documented", "observed"])
@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
async def test_every_code_of_a_review_refuses_the_order(dialect: Dialect, fidelity: str) -> None:
    observed = fidelity == "observed"
    async with serve(fidelity=fidelity) as server:
        for code in dialect.refusals:
            plan = {"match": {"dialect": dialect.name}, "plan": {"end": "refused", "code": code}}
            assert (await control(server, "POST", "/plans", plan))[0] == 200
            status, body = await give(server, dialect)
            assert status == (REFUSED[code].status if dialect.name == "evolink" else 400), body
            told, message = found(dialect.name, body, observed)
            if dialect.name == "nbility" and not observed:
                assert (told, message.partition(":")[0]) == ("invalid_request", code)
            else:
                assert str(told) == code
            assert message
            assert "{" not in message
        _, tasks = await control(server, "GET", f"/tasks?key={KEY}")
        _, ledger = await control(server, "GET", f"/ledger?key={KEY}")
        assert (tasks["total"], ledger["total"]) == (0, 0)
        assert (await control(server, "GET", "/plans"))[1]["total"] == 0
        assert (await give(server, dialect))[0] == 200


@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("words", ["refuse", "refuse={}", "fail={}"])
async def test_a_prompt_asks_for_it_too(dialect: Dialect, words: str) -> None:
    codes = [code for code in dialect.refusals if code not in dialect.failures]
    async with serve() as server:
        prompt = f"A boat [[sim: {words.format(codes[-1])}]]"
        status, _ = await give(server, dialect, prompt)
        full = dialect.name == "evolink" and words != "refuse"
        assert status == (503 if full else 400)
        assert (await control(server, "GET", "/tasks"))[1]["total"] == 0


async def test_ark_names_the_item_and_keeps_a_message_that_was_asked_for() -> None:
    ark = load("ark")
    async with serve() as server:
        await control(server, "POST", "/plans", {"plan": {"code": CODE}, "times": 2})
        _, body = await give(server, ark)
        assert body["error"]["message"].partition(" Request id: ")[0] == NAMED
        assert body["error"]["type"] == "BadRequest"
        uniall = load("uniall")
        _, body = await give(server, uniall)
        assert found("uniall", body, False)[1].partition(" Request id: ")[0] == TEXT
        await control(server, "POST", "/plans", {"plan": {"code": CODE, "message": "{no} {item}"}})
        _, body = await give(server, ark)
        assert body["error"]["message"].startswith("{no}")


async def test_a_code_is_for_the_dialects_that_have_it() -> None:
    ark, evolink = load("ark"), load("evolink")
    async with serve() as server:
        await control(server, "POST", "/plans", {"plan": {"code": CODE}})
        assert (await give(server, evolink))[0] == 200
        _, calls = await control(server, "GET", "/calls?kind=create")
        assert f"plan-1 did not apply: evolink has no {CODE}" in calls["items"][-1]["notes"]
        assert (await give(server, ark))[0] == 400


async def test_what_may_be_both_fails_the_task_unless_a_refusal_is_asked_for() -> None:
    code = "InvalidParameter.TaskTypeConstraint"
    ark = load("ark")
    async with serve() as server:
        await control(server, "POST", "/plans", {"plan": {"code": code}})
        assert (await give(server, ark))[0] == 200
        await control(server, "POST", "/plans", {"plan": {"code": code, "end": "refused"}})
        status, body = await give(server, ark)
        assert (status, body["error"]["code"]) == (400, code)
        await server.advance("10s")
        (task,) = (await control(server, "GET", "/tasks"))[1]["items"]
        assert (task["phase"], task["plan"]["code"]) == ("failed", code)


@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
async def test_an_unknown_code_in_a_prompt_is_a_remark_and_no_failure(dialect: Dialect) -> None:
    near = next(iter(dialect.failures))
    async with serve() as server:
        for words in (f"fail={near[:-1]}", f"refuse={near}x", "fail=Foo"):
            status, _ = await give(server, dialect, f"A boat [[sim: {words} queue=2s]]")
            assert status == 200
        await server.advance("1h")
        _, tasks = await control(server, "GET", "/tasks")
        assert [task["phase"] for task in tasks["items"]] == ["succeeded"] * 3
        assert {task["plan"]["queue"] for task in tasks["items"]} == {2000}
        _, calls = await control(server, "GET", "/calls?kind=create")
        notes = [call["notes"][0] for call in calls["items"]]
        assert f"did you mean {near}" in notes[0]
        assert notes[0].count(f" {near} ") < 2
        assert f"'Foo' is not one of {dialect.name}: there are {near}" in notes[2]
