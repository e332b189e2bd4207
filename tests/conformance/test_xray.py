"""A simulator behind a gateway: what of an order reaches it, and ends that it is asked for."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web

from conformance.__main__ import main
from conformance.catalogue import documents, orders
from conformance.catalogue.rows import thaw
from conformance.collect import in_real_time, upstream, wireform
from conformance.collect.transcript import Exchange
from conformance.judge import xray as judged
from conformance.plan import stage, xray
from conformance.plan.probes import Probe, World
from conformance.plan.references import References
from conformance.report import curl
from simulator import dialects
from simulator.core.plan import NO_WISH, directive
from tests.conformance.meeting import serving
from tests.driving import encode_form, world
from tests.serving import listening

Order = dict[str, Any]
KEY = "sk-user"


def bent(order: Order) -> Order:
    """What a careless gateway makes of an order: every kind of fault once."""
    changed = {**order, "duration": 5, "user": "gateway"}
    changed["aspect_ratio"] = changed.pop("ratio", None)
    changed.pop("watermark", None)
    for item in changed["content"]:
        if item.get("role") == "first_frame":
            item["role"] = "reference_image"
    return changed


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at tasks as often as their time flies."""
    monkeypatch.setattr(in_real_time, "SOON_S", (0.02, 0.04))


@asynccontextmanager
async def gateway(behind: str, bend: Callable[[Order], Order]) -> AsyncIterator[str]:
    """A gateway of apiyi whose tasks are made by Ark, which answers in the same words."""
    tasks = "/api/v3/contents/generations/tasks"
    async with ClientSession(headers={"Authorization": "Bearer sk-gateway"}) as client:

        async def passed(request: web.Request) -> web.Response:
            if request.headers.get("Authorization") != f"Bearer {KEY}":
                return web.json_response({"error": {"code": "x", "message": "no"}}, status=401)
            path, raw = request.path.removeprefix("/seedance"), await request.read()
            if request.method == "POST" and path == tasks and raw.startswith(b'{"'):
                raw = json.dumps(bend(json.loads(raw))).encode()
            url, headers = f"{behind}/ark{path}", {"Content-Type": "application/json"}
            async with client.request(request.method, url, data=raw, headers=headers) as reply:
                return web.json_response(await reply.json(), status=reply.status)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", passed)
        async with listening(app, 0.1, access_log=None) as base:
            yield base


async def through(
    folder: Path, *more: str, bend: Callable[[Order], Order] = lambda order: order, **also: Any
) -> tuple[int, dict[str, Any]]:
    """Exit status and report of a run through the gateway, whose upstream's time flies."""
    async with serving(rate=20, start=None, **also) as behind, gateway(behind, bend) as base:
        given = ["run", "--dialect", "apiyi", "--base-url", base, "--api-key", KEY]
        given += ["--upstream", behind, "--report-dir", str(folder), *more]
        status = await asyncio.to_thread(main, given)
    path = folder / "report.json"
    return status, json.loads(path.read_text("utf-8")) if path.is_file() else {}


async def test_the_table_names_what_a_gateway_does_to_each_field(tmp_path: Path) -> None:
    code, report = await through(tmp_path, "--select", "apiyi.mode", bend=bent)
    modes = {each["mode"]: each for each in report["xray"]["modes"]}
    assert {each["state"] for each in modes.values()} == {"seen"}
    assert {each["dialect"] for each in modes.values()} == {"ark"}
    fields = {each["field"]: each for each in modes["first-frame"]["fields"]}
    found = {name: (each["outcome"], each["arrived"]) for name, each in fields.items()}
    text = fields["content[0].text"]
    picture = fields["content[1].image_url.url"]
    assert found == {
        "model": ("arrived", [{"field": "model", "value": fields["model"]["sent"]}]),
        "content[0].text": ("arrived", [{"field": "content[0].text", "value": text["sent"]}]),
        "content[1].image_url.url": (
            "changed",
            [{"field": "content[1].image_url.url", "value": picture["sent"]}],
        ),
        "resolution": ("arrived", [{"field": "resolution", "value": "480p"}]),
        "ratio": ("changed", [{"field": "aspect_ratio", "value": "4:3"}]),
        "duration": ("changed", [{"field": "duration", "value": 5}]),
        "seed": ("arrived", [{"field": "seed", "value": fields["seed"]["sent"]}]),
        "generate_audio": ("arrived", [{"field": "generate_audio", "value": False}]),
        "watermark": ("dropped", []),
        "return_last_frame": ("arrived", [{"field": "return_last_frame", "value": True}]),
        "execution_expires_after": (
            "arrived",
            [{"field": "execution_expires_after", "value": 88800}],
        ),
    }
    assert picture["note"] == "sent as first_frame, arrived as reference_image"
    assert picture["row"] == "apiyi.mode.first-frame"
    assert fields["duration"]["row"] == "apiyi.clip.seconds"
    assert fields["ratio"]["note"] == "it is read at ratio there"
    assert modes["first-frame"]["added"] == [{"field": "user", "value": "gateway"}]
    results = {each["id"]: (each["result"], each["message"]) for each in report["rows"]}
    recast = "content[1].image_url.url was sent as first_frame, arrived as reference_image"
    assert results["apiyi.mode.first-frame"] == (
        "warn",
        f"it was accepted, but its {recast}",
    )
    assert results["apiyi.mode.reference-one-image"][0] == "pass"
    assert "all its references reached the upstream" in results["apiyi.mode.reference-one-image"][1]
    assert (code, report["totals"]["effect_not_visible"]) == (1, 0)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert '<span class="id">user = &#34;gateway&#34;</span> (all)' in page
    assert '<tr class="x-dropped"><td class="id">watermark</td>' in page
    assert "dropped\\: watermark" in (tmp_path / "summary.md").read_text("utf-8")


async def test_a_gateway_that_changes_nothing_has_a_clean_table_and_its_ends_are_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ("apiyi.status.failed", "apiyi.query.error", "apiyi.media.face", "apiyi.error")
    code, report = await through(tmp_path, "--select", ",".join(rows))
    assert report["xray"]["totals"]["arrived"] > 100
    assert {**report["xray"]["totals"], "arrived": 0} == {
        **dict.fromkeys(("arrived", "changed", "dropped", "added"), 0)
    }
    results = {each["id"]: each["result"] for each in report["rows"]}
    assert {results[row] for row in rows[:3]} == {"pass"}
    said = {each["id"]: each["message"] for each in report["rows"]}
    assert "InputTextSensitiveContentDetected" in said["apiyi.error.moderation"] or (
        results["apiyi.error.moderation"] == "pass"
    )
    assert results["apiyi.error.quota"] == "pass"
    assert results["apiyi.error.rate"] == "untestable"
    assert "no directive" in said["apiyi.error.rate"]
    assert code == 0
    assert "X-ray: 11 of 11 modes reached the upstream, as ark" in capsys.readouterr().out


@pytest.mark.slow
async def test_a_gateway_that_writes_prompts_anew_is_known_by_the_links_of_its_orders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "PATIENCE_S", 0.1)

    def anew(order: Order) -> Order:
        words = {"text": "A much better prompt"}
        content = [{**each, **(words if "text" in each else {})} for each in order["content"]]
        return {**order, "content": content}

    _, report = await through(tmp_path, "--select", "apiyi.status.words", bend=anew)
    modes = {mode["mode"]: mode for mode in report["xray"]["modes"]}
    assert modes["text"]["state"] == "unseen"
    others = {name: mode["state"] for name, mode in modes.items() if name != "text"}
    assert others == dict.fromkeys(others, "seen")
    prompt = next(f for f in modes["first-frame"]["fields"] if f["field"] == "content[0].text")
    assert prompt["outcome"] == "changed"


@pytest.mark.slow
async def test_runs_side_by_side_know_their_own_orders(tmp_path: Path) -> None:
    """Also those without words, which are known by the links that other runs order too."""
    async with serving(rate=20, start=None) as base:
        given = ["run", "--dialect", "apiyi", "--base-url", f"{base}/apiyi", "--upstream", base]
        given += ["--select", "apiyi.status.words"]
        runs = [
            asyncio.to_thread(main, [*given, "--api-key", key, "--report-dir", str(tmp_path / key)])
            for key in ("sk-one", "sk-two")
        ]
        assert await asyncio.gather(*runs) == [0, 0]
    for key in ("sk-one", "sk-two"):
        report = json.loads((tmp_path / key / "report.json").read_text("utf-8"))
        found = [(each["state"], each["times"]) for each in report["xray"]["modes"]]
        assert found == [("seen", 1)] * 11


@pytest.mark.slow
async def test_what_is_refused_with_every_field_set_is_ordered_as_the_mode_has_it(
    tmp_path: Path,
) -> None:
    def strict(order: Order) -> Order:
        return {**order, "duration": 99} if "watermark" in order else order

    _, report = await through(tmp_path, "--select", "apiyi.status.words", bend=strict)
    for each in report["xray"]["modes"]:
        assert (each["state"], each["every_field"]) == ("seen", True)
        assert "HTTP 400" in each["refused"], "it had reached the upstream, which refused it"
        assert "the upstream refused it" in each["said"]


async def test_an_upstream_that_sees_no_order_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "PATIENCE_S", 0.1)
    async with serving(rate=20, start=None) as other:
        code, _ = await through(tmp_path, "--upstream", other)
    assert code == 2
    told = capsys.readouterr().err
    assert "no order of this run has reached the simulator" in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--upstream", "http://127.0.0.1:9/ark"], "no simulator answers there"),
        (["--upstream", "http://127.0.0.1:9", "--control", "http://127.0.0.1:9"], "exclude"),
        (["--upstream", "http://127.0.0.1:9", "--profile", "lite"], "--profile full"),
        (["--upstream", "ftp://x"], "no http or https address"),
    ],
)
def test_what_cannot_be_is_one_line(
    more: list[str], told: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    given = ["run", "--dialect", "ark", "--base-url", "http://127.0.0.1:9", "--api-key", KEY]
    assert main([*given, "--report-dir", str(tmp_path), *more]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("also", "told"),
    [
        ({"freeze": True}, "its clock stands still"),
        ({"admin_token": "secret"}, "SEEDANCE_SIM_ADMIN_TOKEN"),
    ],
)
async def test_an_upstream_that_cannot_be_a_witness_is_refused(
    also: Mapping[str, Any], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(start=None, **also) as base:
        given = ["run", "--dialect", "apiyi", "--base-url", f"{base}/apiyi", "--api-key", KEY]
        given += ["--upstream", f"{base}/ark", "--report-dir", str(tmp_path)]
        assert await asyncio.to_thread(main, given) == 2
    assert told in capsys.readouterr().err


async def test_orders_of_the_x_ray_stay_within_the_budget_and_are_resumed(tmp_path: Path) -> None:
    def told() -> dict[str, Any]:
        found: dict[str, Any] = json.loads((tmp_path / "report.json").read_text("utf-8"))
        return found

    def states(report: dict[str, Any]) -> list[str]:
        return [each["state"] for each in report["xray"]["modes"]]

    async with serving(rate=20, start=None) as behind, gateway(behind, dict) as base:
        given = ["run", "--dialect", "apiyi", "--base-url", base, "--api-key", KEY]
        given += ["--upstream", behind, "--report-dir", str(tmp_path)]
        limited = ["--select", "apiyi.status.words", "--max-paid-tasks", "3"]
        assert await asyncio.to_thread(main, [*given, *limited]) == 4
        assert states(report := told()) == ["seen"] * 3 + ["not-sent"] * 8
        assert "--max-paid-tasks" in json.dumps([report["gaps"], report["xray"]])
        assert report["totals"]["tasks"] == 3
        again = ["--resume", str(tmp_path / "run.jsonl")]
        assert await asyncio.to_thread(main, [*given, *again]) == 0
    assert states(report := told()) == ["seen"] * 11
    assert report["totals"]["tasks"] == 12


def written(probe: Probe, references: References, dialect: Any) -> tuple[bytes, str]:
    """The bytes of an order and their type, as the suite would send it."""
    if dialect.form == "json":
        form = wireform.formed(probe, references, {}, dialect)
        assert isinstance(form.data, bytes)
        return form.data, str(form.content_type)
    parts: dict[str, str | bytes] = {}
    for field, value in probe.body.items():
        medium = str(value).startswith(("$image", "$video", "$audio"))
        parts[field] = (
            references.file(value, field).raw
            if medium
            else wireform.text(orders.replaced(value, references.link))
        )
    return encode_form(parts)


@pytest.mark.parametrize("name", documents.dialects())
async def test_an_order_with_every_field_set_is_one_that_the_dialect_takes(name: str) -> None:
    dialect = dialects.load(name)
    here, catalogue = world(dialect), documents.catalogue(name)
    references = References("http://sim.test/_sim/media", True, known={"$run": "r-1"})
    for ray in xray.rays(World(catalogue, media=True, upstream=True)):
        if "$asset" in str(ray.probe.body):
            continue  # an account has no asset before it has put one there
        raw, kind = written(ray.probe, references, catalogue.dialect)
        status, body = await here.json("POST", ray.probe.path, raw, headers={"Content-Type": kind})
        assert status == 200, (ray.mode.name, body)
        here.advance("1h")


def test_a_script_writes_an_order_of_the_x_ray_as_a_form_too() -> None:
    plan = stage.plan(World(documents.catalogue("nbility"), upstream=True))
    ray = next(each for each in xray.rays(plan.world) if each.mode.name == "images")
    sent = Exchange(1, ray.probe.key, "create", "own", "accept", "POST", "/", status=200)
    text = "\n".join(curl.call(plan, ray.probe, sent, {}, False))
    assert "--form-string 'prompt=(again images) The person" in text
    assert '-F "image_1=@$folder/image1.png' in text


def compared(name: str, mode: str, upstream: str, sent: Order, body: Order) -> Any:
    catalogue = documents.catalogue(name)
    world = World(catalogue, media=True, upstream=True)
    ray = next(each for each in xray.rays(world) if each.mode.name == mode)
    passages, added = judged.compared(catalogue, ray, sent, upstream, body)
    return {each.field: (each.outcome, dict(each.arrived)) for each in passages}, dict(added)


@pytest.mark.parametrize("name", documents.dialects())
def test_no_key_that_only_a_simulator_keeps_is_sent_to_a_gateway_before_one(name: str) -> None:
    made = stage.plan(World(documents.catalogue(name), media=True, second=True, upstream=True))
    sent = {probe.auth for probe in made.probes.values()}
    assert {"broke", "limited", "nogroup", "clean"} & sent == set()
    assert "key" in sent


def test_a_field_that_decides_over_another_stands_alone_and_arrives_as_that_one() -> None:
    ray = next(
        each for each in xray.rays(World(documents.catalogue("newapi"), upstream=True)) if each.full
    )
    sent = thaw(ray.probe.body)
    assert (sent["seconds"], "duration" in sent["metadata"]) == ("5", False)
    body = {"model": sent["model"], "content": [], "duration": 5}
    found, _ = compared("newapi", "text", "ark", sent, body)
    assert found["seconds"] == ("arrived", {"duration": 5})
    found, _ = compared("newapi", "text", "ark", sent, {**body, "duration": 4})
    assert found["seconds"] == ("changed", {"duration": 4})


def test_names_of_another_dialect_are_known() -> None:
    sent = {
        "model": "m-1",
        "prompt": "A boat",
        "image_urls": ["https://a.example/1.png", "https://a.example/2.png"],
        "quality": "480p",
        "aspect_ratio": "9:16",
        "duration": 7,
        "generate_audio": False,
    }
    picture = {"type": "image_url", "role": "reference_image"}
    body = {
        "model": "m-2",
        "content": [
            {"type": "text", "text": "A boat"},
            {**picture, "image_url": {"url": "https://a.example/1.png"}},
        ],
        "resolution": "480p",
        "ratio": "9:16",
        "duration": "7",
        "generate_audio": True,
        "watermark": False,
    }
    found, added = compared("evolink", "nine-images", "ark", sent, body)
    assert found == {
        "model": ("changed", {"model": "m-2"}),
        "prompt": ("arrived", {"content[0].text": "A boat"}),
        "image_urls[0]": ("arrived", {"content[1].image_url.url": "https://a.example/1.png"}),
        "image_urls[1]": ("dropped", {}),
        "quality": ("arrived", {"resolution": "480p"}),
        "aspect_ratio": ("arrived", {"ratio": "9:16"}),
        "duration": ("arrived", {"duration": "7"}),
        "generate_audio": ("changed", {"generate_audio": True}),
    }
    assert added == {"watermark": False, "content[1].role": "reference_image"}


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ({"resolution": "720p", "ratio": "16:9"}, "arrived"),
        ({"resolution": "1080p", "ratio": "16:9"}, "changed"),
        ({"resolution": "720p"}, "changed"),
        ({"size": "1280x720"}, "arrived"),
        ({}, "dropped"),
    ],
)
def test_a_size_arrives_as_resolution_and_ratio(body: Order, outcome: str) -> None:
    found, added = compared("openai", "text", "ark", {"size": "1280x720"}, body)
    assert found["size"] == (outcome, body)
    assert not added


@pytest.mark.parametrize("name", documents.dialects())
def test_the_directives_are_those_that_the_simulator_has(name: str) -> None:
    catalogue = documents.catalogue(name)
    made = stage.plan(World(catalogue, media=True, callback=True, second=True, upstream=True))
    asking = [probe for probe in made.probes.values() if "[[sim:" in str(probe.body)]
    assert len(asking) > len(catalogue.modes)
    for probe in asking:
        prompt, wish, unknown = directive(
            str(catalogue.dialect.request.value(probe.body, "prompt"))
        )
        assert (unknown, wish == NO_WISH, "[[" in prompt) == ((), False, False), probe.body
