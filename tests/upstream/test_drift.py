"""Drift: a recording of a simulator of one fidelity, compared with both."""

import asyncio
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.cli.drift_command import drift
from simulator.core.config import BadSetting
from simulator.dialects import load
from simulator.upstream.drift import compared
from tests.ordering import NAMES
from tests.serving import serve
from tests.upstream.test_passing import Pair


async def recorded(name: str, fidelity: str, file: Path) -> None:
    """A life, a list, and what is refused."""
    async with (
        serve(seed=2, fidelity=fidelity) as behind,
        serve(dialect=name, upstream=f"{behind.base}/{name}", record=str(file)) as front,
    ):
        here = Pair(front, behind, load(name))
        _, made = await here.order()
        task = here.dialect.reader.created_id(made)
        for span in ("0s", "1s", "1s", "1s", "1s", "1h"):
            await behind.advance(span)
            await front.advance(span)
            await here.poll(task)
        if here.dialect.has("list"):
            await here.get(here.dialect.route("list").target())
        create = here.dialect.route("create")
        async with front.client.post(here.url + create.target(), json={}) as answer:
            await answer.read()
        await here.get(here.dialect.route("query").target(id="nobody"))


# One that tells at once, and one that asks its upstream from time to time.
QUICK = ("ark", "nbility")
OTHERS = [pytest.param(name, marks=pytest.mark.slow) for name in NAMES if name not in QUICK]


@pytest.mark.parametrize("name", [*QUICK, *OTHERS])
def test_a_simulator_does_not_drift_from_itself(name: str, tmp_path: Path) -> None:
    file, out = tmp_path / "run.jsonl", io.StringIO()
    asyncio.run(recorded(name, "observed", file))
    assert drift(str(file), "observed", out=out) == 0, out.getvalue()


def test_what_each_side_draws_is_known_by_the_dialects_own_names() -> None:
    """By no list of names that the vendors have so far."""
    ark = load("ark")
    reader = replace(ark.reader, progress=("/data/percent",), code=("/data/error/code",))
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
    assert len(found["differences"]) == len(out.getvalue().splitlines()) - 1


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
