"""The reference: it has everything there is, and its examples work."""

import asyncio
import shlex
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest

from simulator.cli.main import main
from simulator.client.fixture import Seedance
from simulator.client.remote import Remote
from simulator.console.reference import LINES, reference
from simulator.control import ROUTES
from simulator.core.plan import DIRECTIVES, directive
from simulator.dialects import ALL, load
from simulator.faults.catalogue import CATALOGUE
from simulator.openapi.examples import EXAMPLES, QUERIES
from simulator.openapi.plane import reads
from simulator.server.app import WORLD
from tests.serving import Server, serve


def test_it_has_every_call_fault_code_and_method(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reference"]) == 0
    told = capsys.readouterr().out
    lines = {line.strip() for line in told.splitlines()}
    assert {f"{method} /_sim{path}" for method, path, _ in ROUTES} <= lines
    assert set(CATALOGUE) <= lines
    for dialect in ALL:
        assert {*dialect.failures, *dialect.refusals} <= lines
    for name, one in vars(Seedance).items():
        if not name.startswith("_") and (callable(one) or isinstance(one, property)):
            assert f"seedance.{name}" in told
    assert "plan.then.end: cancelled | expired | failed | succeeded" in lines


@pytest.mark.parametrize("words", DIRECTIVES)
def test_every_directive_is_understood(words: str) -> None:
    prompt, _, unknown = directive(f"A boat [[sim: {words}]]")
    assert (prompt, unknown) == ("A boat", ())


def test_a_word_chooses_and_one_that_stands_nowhere_is_a_mistake(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["reference", "drop-after-accept"]) == 0
    assert "FAULTS" in capsys.readouterr().out
    assert main(["reference", "nowhere-at-all"]) == 2
    assert "stands nowhere" in capsys.readouterr().err


async def order(server: Server, key: str) -> Any:
    """The answer of ark to its example, and to a query once its task has ended."""
    ark = load("ark")
    url, headers = (
        f"{server.base}/ark{ark.route('create').path}",
        {"Authorization": f"Bearer {key}"},
    )
    async with server.anonymous.post(url, json=dict(ark.example), headers=headers) as answer:
        made = (await answer.json())["id"]
    await server.advance("1h", key)
    async with server.anonymous.get(f"{url}/{made}", headers=headers) as answer:
        told = await answer.json()
    async with server.anonymous.get(told["content"]["video_url"]) as clip:
        assert await clip.read()
    return told


async def test_everything_has_an_example() -> None:
    async with serve() as server:
        plane = server.app[WORLD].plane
        sections = await reference(plane, ALL, Seedance)
        for section in sections:
            for entry in section.entries:
                assert entry.example, f"{section.title}: {entry.name}"
        for method, path, handler in ROUTES:
            told = await reads(plane, handler)
            if told.parameters:
                shown = {name for query in QUERIES[method, path].values() for name in query}
                pages = {"after"} if path != "/calls" else set()
                assert set(told.parameters) - pages == shown, path


@pytest.mark.parametrize("call", EXAMPLES)
async def test_every_field_stands_in_an_example(call: tuple[str, str]) -> None:
    async with serve() as server:
        found = await reference(server.app[WORLD].plane, ())
    (entry,) = [one for one in found[0].entries if one.name == "{} /_sim{}".format(*call)]
    fields = {detail.partition(":")[0] for detail in entry.details}
    shown = {name for body in EXAMPLES[call].values() for name in leaves(body)}
    assert not fields - shown


def leaves(body: Any, above: str = "") -> Iterator[str]:
    """The names of the fields of a body, as the reference writes them."""
    for name, value in body.items():
        yield above + name
        if isinstance(value, dict):
            yield from leaves(value, f"{above}{name}.")


async def test_every_line_for_a_shell_is_answered_with_what_it_asks_for() -> None:
    async with serve() as server:
        sections = await reference(server.app[WORLD].plane, ALL)
        lines = [
            line
            for section in sections
            for entry in section.entries
            for line in entry.example.splitlines()
            if line.startswith("curl")
        ]
        assert len(lines) > len(CATALOGUE) + len(EXAMPLES)
        for line in lines:
            made = await one_of(server, line) if "$ID" in line else ""
            words = shlex.split(line.replace("$SIM", server.base).replace("$ID", made))
            assert await status(server, words[1:]) == 200, line


async def one_of(server: Server, line: str) -> str:
    """The id of a new task, plan or fault, for a line that is about one."""
    if "/tasks/" in line:
        return str((await order(server, "sk-a"))["id"])
    path = "/plans" if "/plans/" in line else "/faults"
    body = next(iter(EXAMPLES["POST", path].values()))
    async with server.anonymous.post(f"{server.base}/_sim{path}", json=body) as answer:
        return str((await answer.json())["id"])


async def status(server: Server, words: list[str]) -> int:
    """What a command of curl is answered with, of the options that the reference uses."""
    method, data, url = "GET", None, ""
    while words:
        match words.pop(0):
            case "-s":
                pass
            case "-X":
                method = words.pop(0)
            case "-d":
                method, data = "POST", words.pop(0)
            case word:
                url = word
    async with server.anonymous.request(method, url, data=data) as answer:
        return answer.status


@pytest.mark.parametrize("name", LINES)
async def test_every_line_for_a_test_stands_in_one(name: str) -> None:
    assert name in {one for one in vars(Seedance) if not one.startswith("_")}
    async with serve() as server:
        seedance = Seedance(Remote(server.base), "sk-of-a-test")
        answer = await order(server, seedance.key)
        given = {"seedance": seedance, "answer": answer, "run_my_client": lambda *_: None}
        wrapped = f"async def test():\n{textwrap.indent(LINES[name], '    ')}\n"
        exec(wrapped, given)
        await asyncio.to_thread(lambda: asyncio.run(given["test"]()))
