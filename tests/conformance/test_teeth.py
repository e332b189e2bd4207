"""What is unpleasant but permitted fails nothing; what is broken is found, by every command."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from conformance.__main__ import main
from conformance.catalogue import documents
from conformance.catalogue.wire import Dialect
from conformance.collect.transcript import Exchange, Transcript
from simulator import dialects
from tests.conformance import mutants
from tests.conformance.meeting import judged, noticed, recorded, serving
from tests.conformance.unpleasant import before, more_keys, other_id, reordered, replaced

SEEDS = 20
Step = Callable[[Exchange, Random], Exchange]


async def command(*arguments: str) -> int:
    return await asyncio.to_thread(main, arguments)


def slow(each: Exchange, chance: Random) -> Exchange:
    return replace(each, ms=each.ms + 30_000 * chance.random())


def chunked(each: Exchange, chance: Random) -> Exchange:
    headers = {key: item for key, item in each.headers.items() if key != "content-length"}
    return replace(each, headers={**headers, "transfer-encoding": "chunked", "via": "1.1 proxy"})


def ordered(each: Exchange, chance: Random) -> Exchange:
    """The keys of an answer in another order."""
    return replace(each, json=reordered(each.json, chance))


UNPLEASANT: dict[str, Step] = {"other order": ordered, "slow": slow, "chunked": chunked}


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "name"), list(enumerate(documents.dialects())))
async def test_unpleasant_but_permitted_servers_fail_nothing(
    seed: int, name: str, tmp_path: Path
) -> None:
    async with serving() as base:
        transcript = await recorded(base, name, (), tmp_path)
        async with before(base, seed, documents.catalogue(name).dialect) as gateway:
            unpleasant = await recorded(gateway, name, (), tmp_path)
    usual = judged(transcript)
    assert noticed(usual, judged(unpleasant)) == []
    for number in range(seed, SEEDS, len(documents.dialects())):
        for label, step in UNPLEASANT.items():
            after = judged(changed(transcript, step, Random(number)))
            assert noticed(usual, after) == [], label
        # A gateway has its keys from its code: in every answer the same ones.
        keyed = changed(transcript, _keyed(number), Random(number))
        assert noticed(usual, judged(keyed)) == [], "more keys"
        reshaped = identified(transcript, documents.catalogue(name).dialect, Random(number))
        assert noticed(usual, judged(reshaped)) == [], "other id shapes"


def _keyed(seed: int) -> Step:
    """Answers with more keys, in every one the same."""
    return lambda each, _: keys_of(each, seed)


def keys_of(each: Exchange, seed: int) -> Exchange:
    return replace(each, json=more_keys(each.json, Random(seed)))


def identified(transcript: Transcript, dialect: Dialect, chance: Random) -> Transcript:
    """The transcript of a server that makes other ids, of a form that the documents leave free."""
    tasks = {each.task for each in transcript.exchanges if each.task}
    names = {id: other_id(id, dialect, chance) for id in sorted(tasks)}
    if any(name == id for id, name in names.items()):
        return transcript

    def step(each: Exchange, _: Random) -> Exchange:
        task = names.get(each.task, each.task)
        url = each.url.replace(each.task, task) if each.task else each.url
        return replace(each, task=task, url=url, json=replaced(each.json, names))

    facts = tuple(replaced(dict(fact), names) for fact in transcript.facts)
    return replace(changed(transcript, step, chance), facts=facts)


def changed(transcript: Transcript, step: Step, chance: Random) -> Transcript:
    exchanges = tuple(step(each, chance) for each in transcript.exchanges)
    return replace(transcript, exchanges=exchanges)


def without(name: str, ending: str) -> Any:
    """The dialect without one of its rules."""
    return next(
        dialect
        for label, dialect in mutants.rules(dialects.load(name))
        if label.startswith("rule.removed") and label.endswith(ending)
    )


@pytest.mark.slow
async def test_explore_finds_a_rule_that_is_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(without("uniall", "Between.duration")) as base:
        given = ["--dialect", "uniall", "--base-url", f"{base}/uniall"]
        assert await command("explore", *given, "--report-dir", str(tmp_path)) == 1
    assert "breaks uniall.duration.range" in capsys.readouterr().out
    assert (tmp_path / "vectors.jsonl").exists()


@pytest.mark.slow
async def test_diff_and_replay_tell_two_servers_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = ["apiyi.duration.range"]
    async with serving() as base:
        await recorded(base, "apiyi", ids, tmp_path)
        run = str(tmp_path / "run.jsonl")
        assert await command("replay", ids[0], "--run", run) == 0
        good = ["--dialect", "uniall", "--base-url", f"{base}/uniall"]
        async with serving(without("uniall", "Between.duration")) as other:
            assert await command("diff", *good, "--against", f"{other}/uniall") == 1
    assert "no difference in kind" in capsys.readouterr().out


async def test_the_pytest_plugin_yields_the_same_rows(tmp_path: Path) -> None:
    async with serving() as base:
        given = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        given += ["-p", "no:seedance-conformance", "-p", "conformance.plugin"]
        given += ["--pyargs", "conformance", "--seedance-dialect", "uniall"]
        given += ["--seedance-base-url", f"{base}/uniall", "--seedance-report-dir", str(tmp_path)]
        given += ["--seedance-select", "uniall.duration"]
        process = await asyncio.create_subprocess_exec(
            *given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        said, _ = await process.communicate()
    rows = [
        row
        for row in documents.catalogue("uniall").testable
        if row.id.startswith("uniall.duration.")
    ]
    assert process.returncode == 0, said.decode()
    assert f"{len(rows)} passed" in said.decode()


def test_sample_media_can_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from conformance.collect import clip
    from conformance.plan import samples

    raw, kind = samples.sample("video", 1, "seconds=2&fps=30&width=640&height=360")
    facts = clip.facts(raw)
    assert (facts["width"], facts["height"], facts["fps"], facts["frames"]) == (640, 360, 30.0, 60)
    assert kind == "video/mp4"
    assert samples.name("image", 2, "width=300&height=300") == "image2_height-300_width-300.png"
    assert len(samples.sample("image", 1, "width=300&height=300&size=5000")[0]) == 5000
    assert samples.sample("audio", 1, "format=wav")[0][:4] == b"RIFF"
