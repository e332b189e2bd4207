"""The index at the root: a page for people, JSON for programs."""

import asyncio
import json
import re
import shlex
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from simulator.console.index import KEYS, wants_page
from simulator.core.config import Key
from simulator.core.keys import INVALID, WELL_KNOWN
from simulator.dialects import ALL
from tests.serving import Server, serve

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


async def fetch(server: Server, **headers: str) -> Any:
    async with server.anonymous.get(f"{server.base}/", headers=headers) as answer:
        assert answer.status == 200
        return answer, await answer.text()


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("text/*;q=0.5, application/json;q=0.4", True),
        ("", False),
        ("*/*", False),
        ("application/json, text/plain, */*", False),
        ("text/html;q=0.5, application/json", False),
        ("text/html;q=0", False),
        ("text/html;q=x", False),
    ],
)
def test_who_gets_the_page(accept: str, page: bool) -> None:
    assert wants_page(accept) is page


async def test_programs_get_every_dialect_under_the_host_they_use() -> None:
    async with serve() as server:
        answer, text = await fetch(server, Host="sim.test:81")
        assert answer.content_type == "application/json"
        found = json.loads(text)
    assert [one["name"] for one in found["dialects"]] == [dialect.name for dialect in ALL]
    for one in found["dialects"]:
        assert one["base_url"] == f"http://sim.test:81/{one['name']}"
        assert one["documents"]
        assert one["differences"]
        assert all(one["base_url"] in sdk["line"] for sdk in one["sdk"])
        assert not any("{base}" in sdk["line"] or "{key}" in sdk["line"] for sdk in one["sdk"])
        for sdk in one["sdk"]:
            assert (
                "@ai-sdk/bytedance" not in sdk["name"] or "download: async ({ url })" in sdk["line"]
            )


# The programs of ``tests.clients``, each of which uses the client as its line says.
PROGRAMS = {
    "volcengine-ark-runtime, Python": "arkruntime_python.py",
    "volcengine-go-sdk, Go": "ark_go.go",
    "volcengine-java-sdk-ark-runtime, Java": "ArkJava.java",
    "@ai-sdk/bytedance, Node": "ai_sdk_node.mjs",
    "openai, Python": "openai_python.py",
    "openai, Node": "openai_node.mjs",
}


async def test_every_line_for_a_client_is_of_a_program_that_runs() -> None:
    async with serve() as server:
        found = json.loads((await fetch(server))[1])
    folder = Path(__file__).parent / "clients" / "programs"
    lines = [sdk for one in found["dialects"] for sdk in one["sdk"]]
    assert {sdk["name"] for sdk in lines} == set(PROGRAMS)
    for sdk in lines:
        program = (folder / PROGRAMS[sdk["name"]]).read_text("utf-8")
        for word in re.findall(r"[\w.]*\w(?=\()", sdk["line"]):
            name = word.removeprefix("Async").rpartition(".")[2]
            assert name in program, (sdk["name"], word)


async def test_the_public_url_stands_for_the_host() -> None:
    async with serve(public_url="https://sim.example") as server:
        found = json.loads((await fetch(server))[1])
    assert found["dialects"][0]["base_url"].startswith("https://sim.example/")
    assert all(link.startswith("https://sim.example/_sim/") for link in found["control"])


async def test_a_host_that_is_a_dialect_leads_to_all_of_them() -> None:
    async with serve() as server:
        found = json.loads((await fetch(server, Host="ark.localhost:81"))[1])
    assert found["dialects"][0]["base_url"].startswith("http://localhost:81/")


async def test_every_curl_makes_a_task() -> None:
    async with serve() as server:
        found = json.loads((await fetch(server))[1])
        for one in found["dialects"]:
            command = shlex.split(one["curl"].replace("\\\n", " "))
            done = await _run(command)
            assert re.search(r'"(id|task_id)":"[a-z]+', done), (one["name"], done)


async def _run(command: list[str]) -> str:
    try:
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    except FileNotFoundError:
        pytest.skip("no curl on this machine")
    out, _ = await process.communicate()
    return out.decode()


async def test_every_link_of_the_control_plane_answers() -> None:
    async with serve() as server:
        found = json.loads((await fetch(server))[1])
        for link in found["control"]:
            async with server.anonymous.get(link) as answer:
                assert answer.status == 200, link


def test_every_key_with_a_meaning_is_named() -> None:
    assert set(KEYS) == {*WELL_KNOWN, INVALID}


async def test_keys_of_a_file_are_not_shown() -> None:
    async with serve(keys=(Key("sk-private"),)) as server:
        for accept in ("application/json", BROWSER):
            assert "sk-private" not in (await fetch(server, Accept=accept))[1]


class Page(HTMLParser):
    """What a page refers to, and whether its tags fit together."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.links += [given[name] for name in ("href", "src") if name in given]
        self.names.add(given.get("id", ""))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


async def test_people_get_a_page_that_stands_alone() -> None:
    async with serve(dialect="ark") as server:
        answer, text = await fetch(server, Accept=BROWSER)
        assert answer.content_type == "text/html"
        assert answer.headers["Vary"] == "Accept"
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == []
    for link in page.links:
        assert link.startswith(f"{server.base}/_sim/") or link[1:] in page.names, link
    assert "<script" not in text
    assert "width=device-width" in text
    for dialect in ALL:
        assert f"{server.base}/{dialect.name}" in text


async def test_a_hostile_host_is_not_repeated() -> None:
    async with serve() as server:
        for accept in ("application/json", BROWSER):
            _, text = await fetch(server, Accept=accept, Host="<script>alert(1)</script>")
            assert "<script" not in text


async def test_the_root_takes_no_orders() -> None:
    async with serve() as server:
        async with server.anonymous.post(f"{server.base}/", data=b"x") as answer:
            assert answer.status == 404
        async with server.anonymous.head(f"{server.base}/") as answer:
            assert (answer.status, await answer.read()) == (200, b"")
