"""What real new-api answered gives few causes, and each is the true one: no build need be there."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from conformance.__main__ import main
from tests.conformance.replaying import MODEL, Replay, captured, replaying

FAST = "doubao-seedance-2-0-fast-260128"
# What an operator would call the model behind; new-api has no names of UniAll's own.
MAPPED = [f"--model=seedance2.0-{each}={MODEL}" for each in ("480p", "720p", "1080p", "4k")] + [
    f"--model=seedance2.0-{each}={FAST}"
    for each in ("fast-480p", "fast-720p", "mini-480p", "mini-720p")
]


async def met(
    dialect: str, folder: Path, *more: str, key: str = "sk-captured", **settings: Any
) -> tuple[int, dict[str, Any]]:
    """The exit status of a run against what was captured, and its report."""
    replay = captured("newapi", **settings)
    async with replaying(replay) as base:
        given = ["run", "--dialect", dialect, "--base-url", base, "--api-key", key]
        given += ["--control", "none", "--max-wait", "1", "--report-dir", str(folder), *more]
        code = await asyncio.to_thread(main, given)
    report = folder / "report.json"
    return code, json.loads(report.read_text("utf-8")) if report.is_file() else {}


def selected(*ids: str) -> list[str]:
    return [word for id in ids for word in ("--select", id)]


async def test_orders_without_a_prompt_are_one_cause_and_no_rule_is_kept_by_their_refusals(
    tmp_path: Path,
) -> None:
    parts = ("auth", "create", "mode", "duration", "frames", "resolution")
    code, report = await met("octopusx", tmp_path, *selected(*(f"octopusx.{p}" for p in parts)))
    assert code == 1
    (cause,) = report["causes"]
    assert cause["kind"] == "no-order-accepted"
    assert "were answered HTTP 400 'prompt is required'" in cause["message"]
    assert "--dialect nbility or newapi" in cause["change"]
    counts = Counter((row["level"], row["result"]) for row in report["rows"])
    assert counts["must", "fail"] == 1
    # That the route is there and keys are refused needs no order; all else rests on refusals.
    kept = [row for row in report["rows"] if row["result"] == "pass"]
    kinds = {row["id"].split(".")[1] for row in kept if row["level"] in ("must", "should")}
    assert kinds <= {"auth", "create"}
    assert not [row for row in kept if "duration" in row["id"] or "in steps of" in row["message"]]


async def test_a_model_that_nobody_serves_blames_whoever_runs_the_suite(tmp_path: Path) -> None:
    code, report = await met("uniall", tmp_path, *selected("uniall.duration", "uniall.model"))
    assert code == 4
    (cause,) = report["causes"]
    assert (cause["kind"], cause["result"]) == ("no-order-accepted", "not-run")
    assert "No available channel for model seedance2.0" in cause["message"]
    assert "--model" in cause["change"]
    assert not [row for row in report["rows"] if row["result"] == "fail"]


async def test_a_link_elsewhere_and_fields_that_are_dropped_are_a_cause_each(
    tmp_path: Path,
) -> None:
    rows = selected(
        "uniall.query.link", "uniall.link.absolute", "uniall.clip", "uniall.duration.string-effect",
        "uniall.duration.effect", "uniall.aspect-ratio.effect",
    )  # fmt: skip
    code, report = await met("uniall", tmp_path, *MAPPED, *rows)
    assert code == 1
    found = {cause["kind"]: cause for cause in report["causes"]}
    link = found["link-elsewhere"]
    assert link["message"].startswith("a link stands at /metadata/url, and none at /video_url")
    assert link["change"] == "put the clip's link at /video_url"
    unread = [each["message"] for each in report["causes"] if each["kind"] == "field-unread"]
    assert any(text.startswith("`duration` is never read") for text in unread)
    assert any(text.startswith("`aspect_ratio` is never read") for text in unread)
    # Clips are judged by the link that stands elsewhere.
    clips = [row for row in report["rows"] if row["id"].startswith("uniall.clip.")]
    assert Counter(row["result"] for row in clips)["pass"] >= 3


async def test_a_key_that_is_refused_in_words_ends_the_run(tmp_path: Path) -> None:
    code, _ = await met("newapi", tmp_path, key="sk-nobody")
    assert code == 3


async def test_a_word_that_no_page_has_is_named(tmp_path: Path) -> None:
    rows = selected("openai.status", "openai.query.object")
    _, report = await met("openai", tmp_path, *rows, states=(0,))
    message = " ".join(cause["message"] for cause in report["causes"])
    assert 'stand at the status "unknown"' in message


async def test_the_rows_written_from_the_captures_hold_for_the_captures(tmp_path: Path) -> None:
    rows = selected(
        "newapi.auth.missing", "newapi.auth.wrong", "newapi.prompt.*", "newapi.model.required",
        "newapi.model.unknown", "newapi.model.names", "newapi.usage.shape", "newapi.models.list",
        "newapi.create.shape", "newapi.create.exact", "newapi.create.object", "newapi.query.shape",
        "newapi.errors.unknown-*", "newapi.content.unknown", "newapi.object.model",
    )  # fmt: skip
    _, report = await met("newapi", tmp_path, *rows)
    found = {row["id"]: row["message"] for row in report["rows"] if row["result"] == "warn"}
    assert not found
    assert sum(row["result"] == "pass" for row in report["rows"]) > 10


@pytest.mark.parametrize(
    ("order", "status", "message"),
    [
        ({}, 400, "Model name not specified"),
        ({"model": 4}, 400, "field model must be a string"),
        ({"model": "other"}, 503, "No available channel for model other under"),
        ({"model": MODEL}, 400, "prompt is required"),
        ({"model": MODEL, "prompt": " "}, 400, "prompt is required"),
        ({"model": MODEL, "prompt": 7}, 400, "cannot unmarshal number into Go struct field"),
        ({"model": MODEL, "prompt": "A", "seconds": "-1"}, 400, "seconds must be between"),
        ({"model": MODEL, "prompt": "A", "metadata": {"resolution": 480}}, 500, "of type string"),
    ],
)
async def test_the_gateway_complains_in_the_captured_order(
    order: dict[str, Any], status: int, message: str
) -> None:
    headers = {"Authorization": "Bearer sk-captured"}
    async with (
        replaying(captured("newapi")) as base,
        ClientSession(base, headers=headers) as client,
        client.post("/v1/videos", json=order) as reply,
    ):
        assert reply.status == status
        assert message in await reply.text()


async def test_a_task_goes_through_its_captured_states() -> None:
    headers = {"Authorization": "sk-captured"}
    replay: Replay = captured("newapi", states=(0, 1, 2, 3))
    async with replaying(replay) as base, ClientSession(base, headers=headers) as client:
        order = {"model": FAST, "prompt": "A", "seconds": "4"}
        async with client.post("/v1/video/generations", json=order) as reply:
            made = await reply.json()
        assert made["model"] == FAST
        said = []
        for _ in range(5):
            async with client.get(f"/v1/video/generations/{made['id']}") as reply:
                said.append((await reply.json())["data"])
        words = ["NOT_START", "QUEUED", "IN_PROGRESS", "SUCCESS", "SUCCESS"]
        assert [each["status"] for each in said] == words
        assert {each["task_id"] for each in said} == {made["id"]}
        async with client.get(said[-1]["result_url"]) as reply:
            assert (await reply.read())[4:8] == b"ftyp"
        async with client.get("/v1/nope") as reply:
            assert "Invalid URL (GET /v1/nope)" in await reply.text()
