"""Faults of the connection by the bytes on the socket: what arrives, and how it ends."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from simulator.core.pointers import get, there
from simulator.engine.delivery import Delivery
from simulator.faults import catalogue, transport
from simulator.http.responses import beginning
from tests.driving import KEY
from tests.faults.pair import ORDERS, Pair, Side, pair
from tests.ordering import encoded

PATIENCE = 10.0
# Longer than any pause of a fault.
SILENCE = 0.3
FIN, RST, OPEN = "closed in order", "reset", "left open"
KINDS = ("create", "query", "list", "delete", "download")


@dataclass
class Heard:
    """What came over one connection, in its pieces, and how it ended."""

    pieces: list[bytes]
    end: str

    @property
    def raw(self) -> bytes:
        return b"".join(self.pieces)


async def hear(base: str, request: bytes, silence: float = 0.0, room: int = 1 << 20) -> Heard:
    """Send a request and read until the connection ends, or has been silent after an answer."""
    host, port = base.removeprefix("http://").split(":")
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    own.setblocking(False)
    await asyncio.get_running_loop().sock_connect(own, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=own, limit=room)
    writer.write(request)
    pieces: list[bytes] = []
    try:
        while True:
            whole = complete(b"".join(pieces))
            if whole and not silence:
                return Heard(pieces, OPEN)
            async with asyncio.timeout(silence if whole else PATIENCE):
                chunk = await reader.read(1 << 20)
            if not chunk:
                return Heard(pieces, FIN)
            pieces.append(chunk)
    except ConnectionResetError:
        return Heard(pieces, RST)
    except TimeoutError:
        return Heard(pieces, OPEN)
    finally:
        writer.close()


def complete(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].split()
    return bool(length) and len(body) >= int(length[0])


def asking(side: Side, kind: str, target: str) -> bytes:
    """A request as it stands on the wire; a download's link needs no key."""
    method = {"create": "POST", "delete": "DELETE"}.get(kind, "GET")
    body, content_type = encoded(side.dialect) if kind == "create" else (b"", "")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {side.server.base.removeprefix('http://')}"]
    if not target.startswith("/tos/"):
        lines.append(f"Authorization: Bearer {KEY}")
    if body:
        lines += [f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Case:
    """Two servers at the same point of the same story; ``ask`` makes the same call of both."""

    run: Pair
    kind: str
    targets: tuple[str, str]

    async def plain(self) -> Heard:
        return await hear(self.run.plain.server.base, self.request(0))

    async def faulty(self) -> Heard:
        return await hear(self.run.faulty.server.base, self.request(1), SILENCE)

    def request(self, at: int) -> bytes:
        side = (self.run.plain, self.run.faulty)[at]
        return asking(side, self.kind, self.targets[at])


@asynccontextmanager
async def case(dialect: str, kind: str, fault: str) -> AsyncIterator[Case]:
    async with pair(dialect) as run:
        if kind != "create":
            await run.both("create")
        if kind == "download":
            await run.polls("4s")
        await run.faulty.fault(fault, match={"call": kind})
        yield Case(run, kind, (target(run, kind, 0), target(run, kind, 1)))


def target(run: Pair, kind: str, at: int) -> str:
    side = (run.plain, run.faulty)[at]
    if kind == "download":
        body = run.seen[-1][at].body
        link = str(get(body, there(body, run.dialect.reader.link)[0]))
        return link.removeprefix(side.server.base)
    return f"/{run.dialect.name}{run.dialect.route(kind).target(id=side.task)}"


def parts(raw: bytes) -> tuple[str, dict[str, str], bytes]:
    """Status line, headers in small letters, body."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    named = [line.partition(": ") for line in lines]
    return first, {name.lower(): value for name, _, value in named}, body


def alike(answer: bytes, whole: Heard, kind: str) -> bytes:
    """The body of an answer whose head is the whole one's, but for what names its call."""
    first, headers, body = parts(answer)
    wanted, given, _ = parts(whole.raw)
    assert first == wanted
    own = {"date", "server"} | {name for name in given if "id" in name.split("-")}
    own |= {name for name in given if "request" in name or "trace" in name}
    assert {name: headers[name] for name in headers if name not in own} == {
        name: value for name, value in given.items() if name not in own
    }
    assert set(headers) <= set(given)
    return body


Check = Callable[[Heard, Heard, str], None]


def nothing(end: str) -> Check:
    def check(got: Heard, whole: Heard, kind: str) -> None:
        assert (got.raw, got.end) == (b"", end)

    return check


def half_a_head(got: Heard, whole: Heard, kind: str) -> None:
    assert got.end == RST
    assert got.raw.startswith(parts(whole.raw)[0].encode() + b"\r\n")
    assert b"\r\n\r\n" not in got.raw
    assert len(got.raw) > len(parts(whole.raw)[0])


def half_a_body(end: str) -> Check:
    def check(got: Heard, whole: Heard, kind: str) -> None:
        body = alike(got.raw, whole, kind)
        length = int(parts(got.raw)[1]["content-length"])
        assert (got.end, len(body)) == (end, length // 2)
        assert body or length < 2

    return check


def twice(got: Heard, whole: Heard, kind: str) -> None:
    first, *answers = got.raw.split(b"HTTP/1.1 ")
    assert (first, len(answers), got.end) == (b"", 2, OPEN)
    bodies = [alike(b"HTTP/1.1 " + answer, whole, kind) for answer in answers]
    assert bodies[0] == bodies[1] != b""


def in_pieces(number: int) -> Check:
    def check(got: Heard, whole: Heard, kind: str) -> None:
        assert got.end == OPEN
        body = alike(got.raw, whole, kind)
        assert len(body) == int(parts(got.raw)[1]["content-length"])
        assert len(got.pieces) >= min(number, len(body))

    return check


def all_of_it(got: Heard, whole: Heard, kind: str) -> None:
    assert got.end == OPEN
    assert len(alike(got.raw, whole, kind)) == int(parts(got.raw)[1]["content-length"])


def short_promise(got: Heard, whole: Heard, kind: str) -> None:
    body = parts(got.raw)[2]
    assert got.end == FIN
    assert int(parts(got.raw)[1]["content-length"]) == len(body) // 2
    assert body == parts(whole.raw)[2]


WIRE: dict[str, Check] = {
    "drop-after-accept": nothing(RST),
    "reset-before-headers": nothing(RST),
    "reset-in-headers": half_a_head,
    "reset-in-body": half_a_body(RST),
    "truncated-body": half_a_body(FIN),
    "create-answered-twice": twice,
    "dribbled-body": in_pieces(10),
    "slow-first-byte": all_of_it,
    "download-cut": half_a_body(FIN),
    "link-expires-during": half_a_body(FIN),
    "download-trickle": in_pieces(20),
    "download-length-wrong": short_promise,
}
LOST = {"drop-after-accept", "reset-before-headers", "reset-in-headers", "reset-in-body"}
LOST |= {"truncated-body", "download-cut", "link-expires-during"}
# An order that is doubled is answered once, and as ever; test_calls has it.
UNTOUCHED = {"order-doubled"}
# These take a second of real time each, for any kind of call the same way.
LONG = {("dribbled-body", "query"), ("dribbled-body", "list"), ("download-trickle", "download")}
CASES = [
    pytest.param(
        name, kind, id=f"{name}-{kind}", marks=pytest.mark.slow if (name, kind) in LONG else ()
    )
    for name in WIRE
    for kind in KINDS
    if kind in catalogue.CATALOGUE[name].calls
]


@pytest.mark.parametrize(("name", "kind"), CASES)
async def test_what_arrives_and_how_it_ends(
    name: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "slow-first-byte":
        monkeypatch.setattr("simulator.http.responses.LONGEST_WAIT", 0.1)
    async with case("ark", kind, name) as given:
        whole = await given.plain()
        assert whole.end == OPEN
        WIRE[name](await given.faulty(), whole, kind)
        assert await given.run.faulty.fired() == 1
        # Only what is missing in the answer makes it a lost one.
        calls = (await given.run.faulty.sim("GET", "/calls"))["items"]
        lost = [call["lost"] for call in calls if name in call["faults"]]
        assert [bool(one) for one in lost] == [name in LOST]


@pytest.mark.parametrize("dialect", [name for name in ORDERS if name != "ark"])
@pytest.mark.parametrize("name", ["drop-after-accept", "reset-in-body"])
async def test_an_accepted_order_is_lost_in_every_dialect(name: str, dialect: str) -> None:
    async with case(dialect, "create", name) as given:
        whole = await given.plain()
        WIRE[name](await given.faulty(), whole, "create")
        assert (await given.run.faulty.sim("GET", "/tasks"))["total"] == 1


async def test_half_of_a_long_body_arrives_before_a_reset() -> None:
    """More than the caller's system takes in at once: a reset drops what is still on its way."""
    async with pair("ark") as run:
        long = "x" * 1_000_000
        await run.faulty.fault({"status": 599, "body": long}, times=1)
        await run.faulty.fault("reset-in-body")
        request = asking(run.faulty, "query", "/ark/api/v3/contents/generations/tasks/cgt-1")
        got = await hear(run.faulty.server.base, request, room=4096)
        first, headers, body = parts(got.raw)
        assert (first.strip(), headers["content-length"]) == ("HTTP/1.1 599", str(len(long)))
        assert (len(body), got.end) == (len(long) // 2, RST)


async def test_a_refusal_that_left_the_body_unread_is_still_closed_in_order() -> None:
    async with pair("ark", "truncated-body") as run:
        head = asking(run.faulty, "query", "/ark/api/v3/contents/generations/tasks/cgt-1")
        body = b"y" * 300_000
        head = head.replace(b"\r\n\r\n", f"\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        assert (await hear(run.faulty.server.base, head + body)).end == FIN


@pytest.mark.parametrize(
    ("delivery", "sent"),
    [
        (Delivery(head=0), b""),
        (Delivery(head=0.5), b"HE"),
        (Delivery(head=0.5, body=0.5), b"HE"),
        (Delivery(body=0), b"HEAD"),
        (Delivery(body=0.5), b"HEADbo"),
        (Delivery(), b"HEADbody"),
    ],
)
def test_no_byte_of_the_body_comes_before_the_whole_head(delivery: Delivery, sent: bytes) -> None:
    assert beginning(b"HEAD", b"body", delivery) == sent


async def test_the_server_as_it_is_started_resets_too() -> None:
    """With the loop and the bare server of the command, not those of the other tests."""
    command = (sys.executable, "-m", "simulator", "serve", "--port", "0", "--seed", "1")
    process = await asyncio.create_subprocess_exec(
        *command, "--defect", "drop-after-accept", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        base = (await process.stdout.readline()).decode().split()[-1]
        body = json.dumps(ORDERS["ark"]).encode()
        head = "POST /ark/api/v3/contents/generations/tasks HTTP/1.1\r\nHost: localhost\r\n"
        head += f"Authorization: Bearer {KEY}\r\nContent-Type: application/json\r\n"
        request = head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
        got = await hear(base, request)
        assert (got.raw, got.end) == (b"", RST)
    finally:
        process.terminate()
        await process.wait()


def test_every_fault_of_the_wire_is_tested_here() -> None:
    delivering = {fault.name for fault in transport.FAULTS} - UNTOUCHED
    assert delivering <= set(WIRE)
    moved: set[Any] = {name for name in catalogue.CATALOGUE if name.startswith("download-")}
    assert moved - set(WIRE) == {"download-html", "download-empty", "download-truncated"}
