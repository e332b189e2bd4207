"""A correct client under every fault: it has its clip, or says clearly why not, and pays once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from simulator.dialects import ALL
from simulator.faults.catalogue import CATALOGUE
from tests.driving import KEY
from tests.faults.client import Client, Clip, Trouble
from tests.faults.pair import DIALECTS, ORDERS, fitting
from tests.ordering import understood
from tests.receiving import receiver
from tests.serving import Server, serve

# The dialect in which a fault is met, where that is not ark, and what to bring with it.
ELSEWHERE = {"content-400-early": "uniall", "content-502": "uniall"}
FAILING = {
    "cancelled-word",
    "expired-word",
    "failure-unexplained",
    "error-text-in-result_url",
    "double-refund",
    "refund-missing",
}
EXPIRING = {"expired-never-ends"}
CANCELLING = {"cancel-refused", "cancel-races-completion"}
UNMET = {"url-rejects-authorization", "link-expires-early"}
# What the client tells its user; every other fault is survived.
REPORTED = {
    **dict.fromkeys(FAILING, "failed"),
    "status-stuck": "too long",
    "expired-never-ends": "too long",
    "task-vanishes": "refused",
    "401-exhausted-key": "refused",
    "403-on-poll": "refused",
    "moderation-late": "failed",
    "refund-then-success": "failed",
    "url-missing": "no output",
    "url-expired": "download",
    "url-403": "download",
    "link-expires-during": "download",
    "clip-wrong-length": "not as ordered",
    "clip-wrong-size": "not as ordered",
    "clip-wrong-rate": "not as ordered",
    "clip-silent": "not as ordered",
    "duration-ignored": "not as ordered",
}
CODES = ("error-code-int", "error-code-string", "error-as-string")
# Calls whose answer is lost and which made no task: even a list cannot tell.
NOT_MADE = {
    "200-html",
    "200-empty",
    "200-broken-json",
    "2xx-error-body",
    "500-own",
    "502-html",
    "503-retry-after",
    "504-empty",
    "reset-before-headers",
}


@dataclass
class Met:
    """What became of an order: the clip, or the kind of trouble, and what it cost."""

    outcome: str
    fired: int
    tasks: int
    creates: int


@asynccontextmanager
async def client_of(dialect: str, **settings: Any) -> AsyncIterator[tuple[Server, Client]]:
    async with serve(seed=7, **settings) as server:
        own = DIALECTS[dialect]
        yield (
            server,
            Client(
                session=server.anonymous,
                base=f"{server.base}/{dialect}",
                key=KEY,
                create_path=own.route("create").path,
                query_path=own.route("query").path,
                list_path=own.route("list").path if own.has("list") else "",
                content_path="" if own.reader.link else own.route("download").path,
                form=own.route("create").form,
                reader=own.reader,
                sleep=lambda seconds: server.advance(f"{int(seconds * 1000)}ms"),
            ),
        )


async def sim(server: Server, method: str, path: str, body: Any = None) -> Any:
    async with server.anonymous.request(method, f"{server.base}/_sim{path}", json=body) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def met(dialect: str, name: str, order: dict[str, Any] | None = None, **also: Any) -> Met:
    """Let the client meet a fault."""
    also.setdefault("callbacks", "strict")
    async with client_of(dialect, callbacks=also["callbacks"]) as (server, client):
        if name in FAILING | EXPIRING:
            end = "expired" if name in EXPIRING else "failed"
            await sim(server, "POST", "/plans", {"plan": {"end": end}, "times": None})
        if name in ELSEWHERE:
            client.content_path = DIALECTS[dialect].route("download").path
        for one in also.get("names", [name]):
            await sim(server, "POST", "/faults", {"fault": one, **(order or {})})
        given = {**ORDERS[dialect], **also.get("fields", {})}
        order_of = understood(dialect)
        sound = order_of.sound or bool(given.get("generate_audio"))
        wanted = Clip(order_of.seconds, (order_of.width, order_of.height), sound)
        try:
            data = await client.clip(given, wanted, cancel=name in CANCELLING)
            outcome = "clip" if data else "nothing"
        except Trouble as trouble:
            outcome = trouble.kind
            if not trouble.task and trouble.kind != "unclear":
                raise
        faults = (await sim(server, "GET", "/faults"))["items"]
        tasks = (await sim(server, "GET", "/tasks"))["total"]
        await unconvicted(server)
        return Met(outcome, sum(item["fired"] for item in faults), tasks, client.creates)


async def unconvicted(server: Server) -> None:
    """No fault makes the verdict convict a client that does nothing wrong."""
    url = f"{server.base}/_sim/verdict?key={KEY}"
    async with server.anonymous.get(url) as answer:
        if answer.status == 404:
            return
        found = (await answer.json())["findings"]
    wrong = [item for item in found if item["severity"] in ("error", "warning")]
    assert not [item for item in wrong if item["id"] not in TOLERATED], wrong


TOLERATED: set[str] = set()


def dialect_of(name: str) -> str:
    own = ELSEWHERE.get(name, "ark")
    return own if own in fitting(name) else fitting(name)[0]


SAMPLES = {
    "first_frame": "image/1.png?width=1280&height=720",
    "last_frame": "image/2.png?width=1280&height=720",
}
FRAMES = [
    {"type": "text", "text": "A paper boat"},
    *(
        {"type": "image_url", "image_url": {"url": f"http://x/_sim/media/{sample}"}, "role": role}
        for role, sample in SAMPLES.items()
    ),
]


def once_each() -> list[str]:
    """Faults that are met in their own course; those of every call are met call by call."""
    return [
        name
        for name, fault in CATALOGUE.items()
        if (len(fault.calls) < 4 or name == "bad-gzip") and name not in CODES
    ]


@pytest.mark.parametrize("name", once_each())
async def test_the_client_survives_or_reports(name: str) -> None:
    async with receiver() as told:
        fields: dict[str, Any] = {}
        dialect = dialect_of(name)
        if name.startswith("callback-"):
            fields = {"callback_url": told.url}
        if name in ("frames-swapped", "picture-ignored"):
            fields = {"content": FRAMES}
        if name == "clip-silent":
            fields = {"generate_audio": True}
        names = ["drop-after-accept", name] if name == "list-lags" else [name]
        done = await met(dialect, name, names=names, fields=fields, callbacks="local")
        assert done.outcome == REPORTED.get(name, "clip")
        assert done.tasks == 1 + (name == "order-doubled")
        assert done.creates == 1
        assert (done.fired > 0) == (name not in UNMET)
        if name == "callback-missing":
            assert told.got == []


# These take a second or two of real time each, for any kind of call the same way.
LONG = {
    (name, call) for name in ("slow-first-byte", "dribbled-body") for call in ("create", "download")
}


def call_by_call() -> list[Any]:
    return [
        pytest.param(name, call, marks=pytest.mark.slow if (name, call) in LONG else ())
        for name, fault in CATALOGUE.items()
        if len(fault.calls) >= 4 and name not in ("bad-gzip", "foreign-task-id", *CODES)
        for call in fault.calls
        if call in ("create", "query", "download")
    ]


@pytest.mark.parametrize(("name", "call"), call_by_call())
async def test_the_client_survives_a_bad_call(name: str, call: str) -> None:
    done = await met("ark", name, {"match": {"call": call}})
    made = call != "create" or name not in NOT_MADE
    assert done.outcome == ("clip" if made else "unclear")
    assert done.tasks == int(made)
    assert done.creates == 1 + (call == "create" and name.startswith("429"))
    assert done.fired == 1


@pytest.mark.parametrize("name", ["drop-after-accept", "504-after-accept", "id-missing"])
@pytest.mark.parametrize("dialect", [d.name for d in ALL if not d.reader.items])
async def test_a_lost_answer_is_reported_where_there_is_no_list(name: str, dialect: str) -> None:
    done = await met(dialect, name)
    assert (done.outcome, done.tasks, done.creates) == ("unclear", 1, 1)


@pytest.mark.parametrize("name", CODES)
async def test_the_client_does_not_mind_the_codes_of_refusals(name: str) -> None:
    done = await met("ark", name, {"match": {"call": "query"}}, names=["500-own", name])
    assert (done.outcome, done.tasks, done.fired) == ("clip", 1, 2)


@pytest.mark.parametrize("name", ["link-expires-early"])
async def test_a_link_that_was_kept_too_long_is_reported(name: str) -> None:
    async with client_of("ark") as (server, client):
        await sim(server, "POST", "/faults", {"fault": name})
        task = await client.create(ORDERS["ark"])
        link = await client.wait(task)
        await server.advance("2m")
        with pytest.raises(Trouble, match="Request has expired"):
            await client.download(task, link, Clip(5, (864, 496)))


@pytest.mark.parametrize("dialect", [d.name for d in ALL])
async def test_without_a_fault_every_dialect_gives_its_clip(dialect: str) -> None:
    done = await met(dialect, "", names=[])
    assert (done.outcome, done.tasks, done.creates) == ("clip", 1, 1)
