"""Drift: a recording of a simulator of one fidelity, compared with both."""

import asyncio
import html
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData
from msgspec import structs
from PIL import Image

from simulator.cli.drift_command import drift
from simulator.core.config import BadSetting
from simulator.core.reader import Reading
from simulator.core.task import Phase
from simulator.dialects import load
from simulator.upstream.comparing import compared
from simulator.upstream.lives import phases, progress
from tests.ordering import NAMES
from tests.upstream import differences
from tests.upstream.differences import recorded
from tests.upstream.test_passing import pair


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """A recording of each dialect in each fidelity, made once."""
    folder = tmp_path_factory.mktemp("drift")

    def of(name: str, fidelity: str) -> Path:
        file = folder / f"{name}-{fidelity}.jsonl"
        if not file.exists():
            asyncio.run(recorded(name, fidelity, file))
        return file

    return of


Recordings = Callable[[str, str], Path]


PAIRS = [(name, "observed") for name in NAMES] + [("ark", "documented")]
MORE = [pytest.param(name, "documented", marks=pytest.mark.slow) for name in NAMES if name != "ark"]


@pytest.mark.parametrize(("name", "fidelity"), [*PAIRS, *MORE])
def test_a_simulator_does_not_drift_from_itself(
    name: str, fidelity: str, recordings: Recordings
) -> None:
    found = differences.found(recordings(name, fidelity), fidelity == "observed")
    assert differences.rows(found) == []


@pytest.mark.parametrize("name", NAMES)
def test_drift_finds_the_documented_differences_and_no_others(
    name: str, recordings: Recordings
) -> None:
    found = differences.found(recordings(name, "observed"))
    assert differences.rows(found) == json.loads(differences.LIST.read_text("utf-8")).get(name, [])
    assert found.known == set(found.causes)  # each belongs to the other fidelity


@pytest.mark.parametrize("name", ["ark", "newapi", "octopusx", "openai"])
def test_nor_from_how_it_says_that_a_task_failed(name: str, tmp_path: Path) -> None:
    """The message of a failure is told once, with the request's id at its end.

    apiyi's is that of ark.
    """
    file, out = tmp_path / "run.jsonl", io.StringIO()
    asyncio.run(recorded(name, "observed", file, "failed"))
    assert "Request id" in file.read_text("utf-8")
    assert drift(str(file), "observed", out=out) == 0, out.getvalue()


def test_what_each_side_draws_is_known_by_the_dialects_own_names() -> None:
    """By no list of names that the vendors have so far."""
    ark = load("ark")
    reader = structs.replace(ark.reader, progress=("/data/percent",), code=("/data/error/code",))
    fields = replace(ark.fields, places={"seed": "options.dice"})
    other = replace(ark, reader=reader, fields=fields)
    old = {"data": {"task": "rh_a", "percent": 37, "dice": 4, "error": {"code": 5001}}}
    new = {"data": {"task": "rh_b", "percent": 0, "dice": 9, "error": {"code": 5000}}}
    found = list(compared(old, new, other, {"rh_a": "rh_b"}))
    assert found == [("/data/error/code", "5001", "5000")]
    assert len(list(compared(old, new, ark, {}))) == 4
    assert reader.failed_with(old) == "5001"


def test_what_live_services_do_differently_is_drift(tmp_path: Path) -> None:
    file, out = tmp_path / "run.jsonl", io.StringIO()
    asyncio.run(recorded("ark", "observed", file))
    assert drift(str(file), out=out) == 1
    told = io.StringIO()
    assert drift(str(file), as_json=True, out=told) == 1
    found = json.loads(told.getvalue())
    causes = [line for line in out.getvalue().splitlines() if line.startswith("    ")]
    assert len(found["differences"]) == len(causes)
    assert f"seedance-conformance judge {file}" in out.getvalue()
    assert found["documents"] == list(load("ark").documents)


def test_each_difference_names_the_row_of_the_dialect_that_it_belongs_to(
    recordings: Recordings, tmp_path: Path
) -> None:
    """The documented differences of a live service, in all three forms."""
    page, text, told = tmp_path / "drift.html", io.StringIO(), io.StringIO()
    file = recordings("evolink", "observed")
    assert drift(str(file), html=str(page), out=text) == 1
    assert drift(str(file), as_json=True, out=told) == 1
    found = json.loads(told.getvalue())["differences"]
    rows = {(one["call"], one["place"]): one["rows"] for one in found}
    reserved, coded = rows["query", "/usage/cost"], rows["create", "/error/code"]
    assert reserved == [
        {"part": "answer", "name": "usage", "call": "GET /v1/tasks/{id}", "says": ""}
    ]
    call = "POST /v1/videos/generations"
    says = "model is required"
    assert coded == [{"part": "rule", "name": "Required model", "call": call, "says": says}]
    for heading in (
        "usage in the answer of GET /v1/tasks/{id}",
        f"rule Required model of {call}: {says}",
        "refusal choice of GET /v1/tasks/{id}",
    ):
        assert f"\n  {heading}" in text.getvalue()
        assert f'colspan="5">{html.escape(heading)}' in page.read_text("utf-8")
    assert "EvoLink: Seedance 2.0 Reference to Video" in page.read_text("utf-8")


@pytest.mark.parametrize(("name", "field"), [("ark", "duration"), ("evolink", "duration")])
def test_an_order_refused_on_one_side_alone_names_the_rule_or_says_that_there_is_none(
    name: str, field: str, recordings: Recordings, tmp_path: Path
) -> None:
    file = tmp_path / "run.jsonl"

    def rows(change: Callable[[dict[str, Any]], None]) -> list[dict[str, str]]:
        lines = [json.loads(one) for one in recordings(name, "documented").read_text().splitlines()]
        order = next(one for one in lines if one.get("call") == "create" and one["status"] < 300)
        change(order)
        file.write_text("".join(json.dumps(one) + "\n" for one in lines), "utf-8")
        told = io.StringIO()
        assert drift(str(file), as_json=True, out=told) == 1
        of = [one for one in json.loads(told.getvalue())["differences"] if one["call"] == "create"]
        found: list[list[dict[str, str]]] = [o["rows"] for o in of if o["place"] == "status"]
        assert len(found) == 1
        return found[0]

    call = f"POST {load(name).route('create').path}"
    (here,) = rows(lambda order: order["sent"].update({field: 99}))
    assert (here["part"], here["call"]) == ("rule", call)
    assert field in here["name"]
    assert here["says"].startswith(f"{field} must be")
    refusal = {"status": 400, "json": {"error": {"code": "X", "message": "no"}}}
    (there,) = rows(lambda order: order.update(refusal))
    assert (there["part"], there["call"]) == ("no rule", call)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('{"kind":"meta","version":1,"dialect":"sora"}\n', "sora"),
        ('{"kind":"meta","version":3,"dialect":"ark"}\n', "version 3"),
        ("", "no recording"),
        (
            '{"kind":"meta","version":1,"dialect":"ark"}\n'
            '{"kind":"exchange","call":"create","status":200,"sent_headers":"x"}\n',
            "line 2 has a sent_headers that cannot be read",
        ),
        (
            '{"kind":"meta","version":1,"dialect":"ark"}\n'
            '{"kind":"file","task":"cgt-1","name":"../x","sha256":"../x"}\n',
            "line 2 names a file",
        ),
    ],
)
def test_a_file_that_is_no_recording_is_a_mistake(text: str, part: str, tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    file.write_text(text, "utf-8")
    with pytest.raises(BadSetting, match=part):
        drift(str(file))


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('"status": "succeeded"', '"status": "done"', "/status"),
        ('"total_tokens": ', '"total_tokens": 1', "/usage/total_tokens"),
        ('"resolution": "480p", "ratio"', '"resolution": 480, "ratio"', "/resolution"),
        ('"ratio": ', '"aspect": ', "/aspect"),
    ],
)
def test_each_difference_has_its_place(old: str, new: str, place: str, tmp_path: Path) -> None:
    file, out = tmp_path / "run.jsonl", io.StringIO()
    asyncio.run(recorded("ark", "documented", file))
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    assert drift(str(file), out=out) == 1
    assert f"query {place}:" in out.getvalue()


def test_an_order_that_is_not_taken_is_one_cause_with_all_that_follows(tmp_path: Path) -> None:
    file, out = tmp_path / "run.jsonl", io.StringIO()
    asyncio.run(recorded("ark", "documented", file))
    text = file.read_text("utf-8")
    assert text.count('"duration": 5, "generate_audio": false}, ') == 1
    file.write_text(
        text.replace('"duration": 5, "generate_audio"', '"duration": 99, "generate_audio"')
    )
    assert drift(str(file), out=out) == 1
    told = re.findall(r"^    (\w+) (.*)$", out.getvalue(), re.MULTILINE)
    (refused,) = [text for call, text in told if call == "create"]
    assert re.match("status: recorded 200, simulated 400 .*duration.*exchanges 1, 2, 3", refused)
    assert {call for call, _ in told} == {"create", "list"}  # which has no such task


def test_headers_that_a_client_goes_by_are_compared(tmp_path: Path) -> None:
    file, out = tmp_path / "run.jsonl", io.StringIO()
    asyncio.run(recorded("ark", "documented", file))
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    for line in lines:
        if line.get("call") == "query":
            line["headers"] |= {"retry-after": "3", "cf-ray": "7d1", "X-Request-Id": "r-1"}
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    assert drift(str(file), out=out) == 1
    assert "header retry-after: recorded seconds, simulated nothing" in out.getvalue()
    assert "cf-ray" not in out.getvalue()


@pytest.mark.parametrize(
    ("told", "order", "shape"),
    [
        ([("queued", 0), ("running", 9), ("queued", 5)], "queued, running, queued", "falls"),
        ([("queued", None), ("running", None)], "queued, running", "none"),
        (
            [("queued", 10), ("succeeded", 100)],
            "queued, succeeded",
            "queued at 10; succeeded at 100",
        ),
    ],
)
def test_a_life_has_an_order_and_a_shape(
    told: list[tuple[str, int | None]], order: str, shape: str
) -> None:
    readings = [Reading(word, Phase(word), progress) for word, progress in told]
    assert phases(readings) == order
    assert shape in progress(readings)


def test_the_page_shows_what_was_found_as_text(tmp_path: Path) -> None:
    file, page = tmp_path / "run.jsonl", tmp_path / "drift.html"
    asyncio.run(recorded("ark", "observed", file))
    text = file.read_text("utf-8").replace('"status": "running"', '"status": "<script>x</script>"')
    file.write_text(text, "utf-8")
    assert drift(str(file), html=str(page), out=io.StringIO()) == 1
    shown = page.read_text("utf-8")
    assert "&lt;script&gt;x&lt;/script&gt;" in shown
    assert "<script" not in shown
    assert "/usage/total_tokens" in shown
    with pytest.raises(BadSetting, match="--html: cannot write"):
        drift(str(file), html=str(tmp_path / "no" / "x.html"), out=io.StringIO())


def test_ids_in_queries_are_those_of_each_side(tmp_path: Path) -> None:
    async def listed() -> None:
        async with pair("ark", record=str(file)) as here:
            _, made = await here.order()
            await here.get(f"{here.dialect.route('list').target()}?filter.task_ids={made['id']}")

    file, out = tmp_path / "run.jsonl", io.StringIO()
    asyncio.run(listed())
    assert drift(str(file), out=out) == 0, out.getvalue()


@pytest.mark.parametrize(
    ("model", "left"),
    [("doubao-seedance-2-0-260128", 3), ("nope", 1)],  # which was refused: no list can have it
)
def test_an_order_whose_picture_was_not_kept_is_left_out(
    model: str, left: int, tmp_path: Path
) -> None:
    async def pictured() -> None:
        async with pair("openai", record=str(file)) as here:
            create = here.dialect.route("create")
            body = FormData({"model": model, "prompt": "x"})
            Image.new("RGB", (720, 1280), "teal").save(png := io.BytesIO(), "png")
            made = {"filename": "a.png", "content_type": "image/png"}
            body.add_field("input_reference", png.getvalue(), **made)
            async with here.front.client.post(here.url + create.target(), data=body) as answer:
                task = here.dialect.reader.created_id(await answer.json())
            assert bool(task) == (left == 3)
            if task:
                await here.poll(task)
            await here.get(here.dialect.route("list").target())

    file, out = tmp_path / "run.jsonl", io.StringIO()
    asyncio.run(pictured())
    assert drift(str(file), out=out) == 0, out.getvalue()
    assert f"{left} left out" in out.getvalue()
