"""Runs official clients under every fault of HTTP and prints what they do, as a Markdown table.

    python -m tests.faults.sdks [--only FAULT]... [--js FOLDER]

FOLDER has ``ai`` and ``@ai-sdk/bytedance`` in its node_modules; without it they are installed into
a temporary one, and where that fails the column stays empty. Each run has 20 seconds.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.faults import refusals, transport
from simulator.faults.fault import Fault
from tests.serving import Server, serve

LIMIT_S = 20
AT_ONCE = 2
PROGRAMS = Path(__file__).parent / "programs"
CALLS = ("create", "query")


@dataclass(frozen=True)
class Client:
    """A program to run, and how its column is called."""

    title: str
    dialect: str
    command: tuple[str, ...]
    folder: str = ""


@dataclass(frozen=True)
class Ran:
    """What a client did: the word it said, and what the server saw of it."""

    word: str
    fired: int
    tasks: int
    calls: Counter[str]

    def __str__(self) -> str:
        if not self.fired:
            return "—"
        creates = self.calls["create"]
        more = [f"{creates} creates"] if creates > 1 else []
        if self.tasks != 1:
            more.append(f"**{self.tasks} tasks**" if self.tasks else "no task")
        return ", ".join([self.word, *more])


async def run(server: Server, client: Client, fault: Fault, call: str, key: str) -> Ran:
    """Let one client meet one fault."""
    match = {"key": key, "call": call}
    asked = await sim(server, "POST", "/faults", {"fault": fault.name, "match": match})
    command = [*client.command, server.base, key, client.folder]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), LIMIT_S)
        word = said.decode().strip().rpartition("\n")[2] or "ended without a word"
    except TimeoutError:
        process.kill()
        await process.wait()
        word = "hangs"
    calls = (await sim(server, "GET", f"/calls?key={key}&limit=1000"))["items"]
    tasks = (await sim(server, "GET", f"/tasks?key={key}"))["total"]
    faults = (await sim(server, "GET", "/faults?limit=1000"))["items"]
    fired = sum(item["fired"] for item in faults if item["id"] == asked["id"])
    return Ran(word, fired, tasks, Counter(item["kind"] for item in calls))


async def sim(server: Server, method: str, path: str, body: Any = None) -> Any:
    async with server.anonymous.request(method, f"{server.base}/_sim{path}", json=body) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


def cases(only: Sequence[str]) -> list[tuple[Fault, str]]:
    faults = (*refusals.FAULTS, *transport.FAULTS)
    return [
        (fault, call)
        for fault in faults
        for call in CALLS
        if call in fault.calls and (not only or fault.name in only)
    ]


async def table(clients: Sequence[Client], only: Sequence[str]) -> str:
    """The whole table, a row for each fault and call."""
    turn = asyncio.Semaphore(AT_ONCE)
    async with serve(freeze=False, rate=4) as server:

        async def one(number: int, client: Client, fault: Fault, call: str) -> str:
            async with turn:
                return str(await run(server, client, fault, call, f"sk-run-{number}"))

        rows = cases(only)
        cells = await asyncio.gather(
            *[
                one(row * len(clients) + column, client, fault, call)
                for row, (fault, call) in enumerate(rows)
                for column, client in enumerate(clients)
            ]
        )
    head = ["fault", "call", *(client.title for client in clients)]
    lines = [head, ["---"] * len(head)]
    for row, (fault, call) in enumerate(rows):
        lines.append([f"`{fault.name}`", call, *cells[row * len(clients) :][: len(clients)]])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


async def installed(folder: str) -> bool:
    """Install the packages into a folder, if that can be done."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return False
    install = await asyncio.create_subprocess_exec(
        "npm", "install", "--no-audit", "--no-fund", "ai", "@ai-sdk/bytedance", cwd=folder,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    return await install.wait() == 0


async def main(arguments: Sequence[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--js", type=os.path.abspath)
    given = parser.parse_args(arguments)
    clients = [
        Client("Ark SDK", "ark", (sys.executable, str(PROGRAMS / "ark_sdk.py"))),
        Client("OpenAI SDK", "uniall", (sys.executable, str(PROGRAMS / "openai_sdk.py"))),
    ]
    with tempfile.TemporaryDirectory(prefix="sdks-") as made:
        folder = given.js or made
        if given.js or await installed(made):
            clients.append(Client("AI SDK", "ark", ("node", str(PROGRAMS / "ai_sdk.cjs")), folder))
        sys.stdout.write(await table(clients, given.only) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
