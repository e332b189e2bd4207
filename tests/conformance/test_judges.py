"""No judge fails a gateway that keeps its document: one case for each way it could."""

import io
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import av
import pytest
from aiohttp import ClientSession, web

from conformance.catalogue import documents
from conformance.collect import clip
from conformance.collect.transcript import Exchange, Transcript
from conformance.collect.transport import Outgoing, Transport
from conformance.judge import errors, verdicts
from conformance.judge.case import Case
from conformance.judge.errors import listed
from conformance.judge.verdicts import Result
from conformance.plan import stage
from conformance.plan.ledger import Ledger, Limits
from conformance.plan.probes import Probe, World, shared
from conformance.plan.references import References

LINK = {"status": "succeeded", "content": {"video_url": "https://cdn.example.com/1.mp4"}}
DONE = {
    "id": "task_1", "task_id": "task_1", "object": "video.generation.job", "status": "completed",
    "model": "seedance2.0-mini-480p", "progress": 100, "video_url": "https://example.com/1.mp4",
}  # fmt: skip


def ordered(id: str, created: Any) -> tuple[stage.Plan, Exchange, Probe]:
    """A row's plan, the answer to its first order, and the query of the task that it made."""
    plan = stage.plan(World(documents.catalogue(id.partition(".")[0])), [id])
    own = plan.drawn[id][0]
    poll = Probe("query", "GET", plan.world.dialect.query.path, of=own.key)
    return plan, exchange(1, own, 200, created), poll


def answered(id: str, *answers: tuple[int, Any], **wanted: str) -> Result:
    """The result of a row whose probes that look as wanted are answered so, the last for ever."""
    catalogue = documents.catalogue(id.partition(".")[0])
    world = World(catalogue, control=True, media=True, callback=True)
    plan = stage.plan(world, [id])
    fits = [
        each for each in plan.drawn[id] if all(getattr(each, k) == v for k, v in wanted.items())
    ]
    assert fits, wanted
    exchanges = [
        exchange(number, probe, *answers[min(number, len(answers) - 1)])
        for number, probe in enumerate(fits)
    ]
    return judged(id, plan, exchanges)


def exchange(number: int, probe: Probe, status: int, json: Any) -> Exchange:
    """One answer to a probe."""
    return Exchange(
        number=number,
        probe=probe.key,
        call=probe.call,
        cost=probe.cost,
        want=probe.want,
        method=probe.method,
        url=probe.path,
        auth=probe.auth,
        of=probe.of,
        when=str(probe.when),
        tag=probe.tag,
        status=status,
        json=json,
        is_json=json is not None,
        size=1,
    )


def judged(
    id: str, plan: stage.Plan, exchanges: list[Exchange], *facts: Mapping[str, Any]
) -> Result:
    """The result of a row over these exchanges and facts."""
    row = next(row for row in plan.rows if row.id == id)
    return verdicts.result(Case(row, plan, Transcript({}, tuple(exchanges), facts, True)))


def refusal(text: str) -> dict[str, Any]:
    return {"error": {"code": "InvalidParameter", "message": text}}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("The input image may contain sensitive information.", "not-run"),
        ("The input image 'content[1]' may contain real person.", "not-run"),
        ("The video may be related to copyright restrictions.", "not-run"),
        ("The parameter ratio is not valid.", "fail"),
    ],
)
def test_moderation_of_a_permitted_order_settles_nothing(text: str, result: str) -> None:
    found = answered("apiyi.mode.first-frame", (400, refusal(text)), want="accept")
    assert found.result == result, found.message


@pytest.mark.parametrize(
    ("id", "status", "text", "result"),
    [
        ("apiyi.model.plain", 403, "This token has no access to the model.", "pass"),
        ("apiyi.model.plain", 503, "No available channel.", "pass"),
        ("apiyi.model.plain", 403, "The quota is used up.", "not-run"),
        ("apiyi.media.face", 403, "The image shows a person.", "pass"),
        ("apiyi.mode.audio-alone", 403, "No.", "not-run"),
    ],
)
def test_some_refusals_may_be_403(id: str, status: int, text: str, result: str) -> None:
    assert answered(id, (status, refusal(text)), want="refuse").result == result


@pytest.mark.parametrize(
    ("status", "text", "result", "reading"),
    [
        (400, "seedance2.0-4k is not supported", "pass", "It is refused as unavailable."),
        (404, "no such model", "pass", "It is refused as unavailable."),
        (503, "no available channel", "pass", "It is refused as unavailable."),
        (402, "the balance is used up", "not-run", ""),
        (500, "oops", "not-run", ""),
    ],
)
def test_a_model_that_is_not_enabled_is_no_gap(
    status: int, text: str, result: str, reading: str
) -> None:
    plan = stage.plan(World(documents.catalogue("uniall")), ["uniall.model"])
    answer = {"code": "x", "message": text}
    found = []
    for number, probe in enumerate(plan.probes.values()):
        said = (400, answer) if probe.want == "refuse" else (200, DONE)
        away = probe.want == "accept" and probe.body["model"] == "seedance2.0-4k"
        found.append(exchange(number, probe, *((status, answer) if away else said)))
    assert judged("uniall.model.names", plan, found).result == result
    seen = judged("uniall.model.4k", plan, found)
    assert (seen.result, seen.reading) == (result, reading)


@pytest.mark.parametrize(
    ("status", "body", "result"),
    [
        (401, refusal("no key"), "pass"),
        (200, {"code": 401, "message": "no key"}, "warn"),
        (302, None, "not-run"),
        (200, {"id": "cgt-20260101000000-bcdfg"}, "fail"),
    ],
)
def test_a_bad_key_may_be_refused_in_other_ways(status: int, body: Any, result: str) -> None:
    assert answered("apiyi.auth.key", (status, body), tag="").result == result


@pytest.mark.parametrize(("status", "result"), [(403, "not-run"), (502, "not-run"), (404, "fail")])
def test_a_hindered_query_says_nothing_of_its_path(status: int, result: str) -> None:
    id = "apiyi.path.query"
    plan, made, poll = ordered(id, {"id": "cgt-20260101000000-bcdfg"})
    assert judged(id, plan, [made, exchange(2, poll, status, None)]).result == result


def test_a_storage_that_is_down_says_nothing_of_the_key() -> None:
    id = "apiyi.link.keyless"
    assert answered(id, (503, None), call="download").result == "not-run"
    assert answered(id, (403, None), call="download").result == "fail"


@pytest.mark.parametrize(
    ("status", "body", "result"),
    [
        (400, refusal("no body"), "pass"),
        (400, None, "not-run"),
        (500, None, "not-run"),
        (404, refusal("The model is empty."), "not-run"),
        (404, refusal("Nothing is here."), "fail"),
        (404, None, "fail"),
        (405, None, "fail"),
        (200, None, "fail"),
    ],
)
def test_an_address_is_there_whatever_it_says_of_an_empty_order(
    status: int, body: Any, result: str
) -> None:
    found = answered("uniall.create.route", (status, body))
    assert found.result == result, found.message


def followed(id: str, created: Any, *polls: Any, **clip: Any) -> Result:
    """The result of a row whose first order is answered so, and its task's queries so."""
    plan, made, poll = ordered(id, created)
    found = [exchange(number, poll, 200, each) for number, each in enumerate(polls, 2)]
    facts = [{"kind": "clip", "of": poll.of, **clip}] if clip else []
    return judged(id, plan, [made, *found], *facts)


@pytest.mark.parametrize(
    ("created", "queried", "result"),
    [
        ({"id": "task_1"}, {}, "pass"),
        ({"task_id": "task_1"}, {}, "pass"),
        ({"data": {"task_id": "task_1"}}, {}, "pass"),
        ({"task_id": 7}, {"task_id": "7"}, "pass"),
        ({"id": "gen_7", "task_id": "task_1"}, {"id": "gen_7"}, "pass"),
        ({"id": "task_1", "task_id": None}, {}, "pass"),
        ({"id": "task_1"}, {"task_id": "task_2"}, "fail"),
        ({"task_id": "task_1"}, {"task_id": "task_2"}, "fail"),
    ],
)
def test_an_id_may_stand_at_any_of_its_places(created: Any, queried: Any, result: str) -> None:
    early = {"id": "task_1", "status": "queued"}
    assert followed("uniall.id.same", created, early, {**DONE, **queried}).result == result


@pytest.mark.parametrize(("other", "result"), [("task_2", "pass"), ("task_1", "warn")])
def test_tasks_without_the_usual_place_are_not_alike(other: str, result: str) -> None:
    assert answered("uniall.id.unique", (200, {"id": "task_1"}), (200, {"id": other})).result == (
        result
    )


@pytest.mark.parametrize(
    ("progress", "result"), [(100, "pass"), (100.0, "pass"), ("100%", "fail"), (None, "fail")]
)
def test_an_example_alone_names_no_form_of_number(progress: Any, result: str) -> None:
    assert followed("uniall.query.shape", DONE, {**DONE, "progress": progress}).result == result


@pytest.mark.parametrize(("link", "result"), [(DONE["video_url"], "pass"), ("", "fail")])
def test_an_empty_link_is_no_link(link: str, result: str) -> None:
    assert followed("uniall.query.link", DONE, {**DONE, "video_url": link}).result == result


@pytest.mark.parametrize(
    ("more", "result"), [({"request_id": "2"}, "pass"), ({"progress": 99}, "warn")]
)
def test_keys_beyond_the_document_may_change(more: Any, result: str) -> None:
    found = followed("uniall.query.stable", DONE, {**DONE, "request_id": "1"}, {**DONE, **more})
    assert found.result == result, found.message


@pytest.mark.parametrize(
    ("width", "height", "result"),
    [
        (864, 496, "pass"),
        (640, 640, "pass"),
        (480, 480, "pass"),
        (720, 720, "fail"),
        (1280, 720, "fail"),
        (320, 180, "fail"),
    ],
)
def test_a_resolution_may_be_the_side_of_a_square(width: int, height: int, result: str) -> None:
    found = followed("uniall.model.resolution", DONE, DONE, width=width, height=height)
    assert found.result == result, found.message


@pytest.mark.parametrize(
    ("width", "height", "tier"),
    [
        (1280, 720, "720p"),
        (720, 1280, "720p"),
        (960, 960, "720p"),
        (864, 496, "480p"),
        (496, 864, "480p"),
        (1296, 720, ""),
        (640, 360, ""),
    ],
)
@pytest.mark.parametrize(
    ("id", "asked", "wrong"),
    [("evolink.quality.default", "720p", "fail"), ("evolink.quality.name", "480p", "warn")],
)
def test_a_tier_is_any_of_its_sizes_and_of_no_other(
    id: str, asked: str, wrong: str, width: int, height: int, tier: str
) -> None:
    done = {**TASK, "status": "completed", "results": ["https://cdn.example.com/1.mp4"]}
    found = followed(id, TASK, done, width=width, height=height)
    assert tier == asked or found.result == wrong, found.message
    assert tier != asked or found.result != wrong, found.message


@pytest.mark.parametrize(
    ("status", "reading"),
    [(400, "An unknown hint is refused."), (200, "An unknown hint is ignored.")],
)
def test_a_reading_is_told_by_the_orders_to_be_refused(status: int, reading: str) -> None:
    id = "uniall.operation.names"
    plan = stage.plan(World(documents.catalogue("uniall"), media=True), [id])
    found = [
        exchange(number, probe, 200 if probe.want == "accept" else status, DONE)
        for number, probe in enumerate(plan.drawn[id])
    ]
    assert judged(id, plan, found).reading == reading


@pytest.mark.parametrize(("late", "result"), [(404, "pass"), (500, "warn"), (200, "fail")])
def test_a_fault_after_the_lifetime_is_no_fail(late: int, result: str) -> None:
    found = answered("apiyi.link.lifetime", (200, None), (late, None), call="download")
    assert found.result == result, found.message


def test_the_actual_value_is_not_the_word_of_the_order() -> None:
    id = "apiyi.ratio.actual"
    plan, made, poll = ordered(id, {"id": "cgt-20260101000000-bcdfg"})
    for value, result in (("adaptive", "fail"), ("9:16", "pass")):
        end = exchange(2, poll, 200, {**LINK, "ratio": value})
        found = judged(id, plan, [made, end])
        assert found.result == result
        assert result == "pass" or 'is "adaptive", not ' in found.message, found.message


@pytest.mark.parametrize(
    ("id", "value", "result"),
    [
        ("ark.25.ratio.actual", "427:240", "pass"),
        ("ark.25.ratio.actual", "16:9", "pass"),
        ("ark.25.ratio.actual", "adaptive", "warn"),
        ("ark.25.ratio.actual", "wide", "warn"),
        ("ark.25.ratio.actual", 1.78, "warn"),
        ("ark.ratio.actual", "16:9", "pass"),
        ("ark.ratio.actual", "427:240", "warn"),
    ],
)
def test_a_ratio_may_be_the_clips_own_where_the_model_shows_it_so(
    id: str, value: Any, result: str
) -> None:
    plan, made, poll = ordered(id, {"id": "cgt-20260101000000-bcdfg"})
    done = {**LINK, "ratio": value}
    found = judged(id, plan, [made, exchange(2, poll, 200, done)])
    assert found.result == result, found.message
    assert result == "pass" or f"{value}" in found.message, found.message


@pytest.mark.parametrize("id", ["ark.ratio.actual", "apiyi.ratio.nearest"])
@pytest.mark.parametrize(
    ("model", "result"),
    [("doubao-seedance-2-5-260628", "pass"), ("doubao-seedance-2-0-260128", "warn")],
)
def test_a_ratio_that_only_the_newest_model_shows_breaks_no_row_of_the_others(
    id: str, model: str, result: str
) -> None:
    plan, made, poll = ordered(id, {"id": "cgt-20260101000000-bcdfg"})
    own = plan.drawn[id][0]
    other = replace(own, body={**own.body, "model": model})
    plan = replace(
        plan,
        probes={**plan.probes, other.key: other},
        users={**plan.users, other.key: (id,)},
    )
    found = [
        made,
        exchange(2, poll, 200, {**LINK, "ratio": "16:9"}),
        exchange(3, other, 200, {"id": "cgt-20260101000001-bcdfg"}),
        exchange(4, replace(poll, of=other.key), 200, {**LINK, "ratio": "427:240"}),
    ]
    assert judged(id, plan, found).result == result


@pytest.mark.parametrize(
    "id", ["ark.task.unknown", "openai.errors.unknown-task", "openai.delete.unknown"]
)
@pytest.mark.parametrize("body", [{"error": {"message": "no such thing"}}, None])
def test_a_wrong_status_is_said_once(id: str, body: Any) -> None:
    message = answered(id, (418, body)).message
    assert message.count("HTTP 418") == 1, message
    assert "not HTTP 4" in message or "no JSON" in message
    assert ("no such thing" if body else "an empty body") in message


def test_a_code_may_be_given_by_its_beginning() -> None:
    wanted = ("InvalidParameter*", "MissingParameter")
    assert listed("InvalidParameter.UnsupportedParameter", wanted)
    assert listed("MissingParameter", wanted)
    assert not listed("MissingParameter.ratio", wanted)
    assert not listed(None, wanted)


def test_a_code_may_be_a_number_and_is_no_text_of_its_digits() -> None:
    assert listed(4010, [4010])
    assert not listed(4000, [4010])
    assert not listed("4010", [4010])
    assert not listed(4010, ["4010"])


TASK = {"id": "task-unified-1793689501-q7c2xd", "status": "pending"}


@pytest.mark.parametrize("id", ["evolink.idempotency.conflict", "ark.error.roles"])
@pytest.mark.parametrize(
    ("code", "kept"), [(4010, True), ("InvalidRatio", True), (4011, False), ("4010", False)]
)
def test_every_judge_takes_codes_that_are_numbers_or_beginnings(
    id: str, code: Any, kept: bool
) -> None:
    plan = stage.plan(World(documents.catalogue(id.partition(".")[0])), [id])
    row = next(row for row in plan.rows if row.id == id)
    row = replace(row, expect={**row.expect, "code": (4010, "Invalid*")})
    said = {"error": {"code": code, "message": row.expect.get("text", "no")}}
    found = tuple(
        exchange(number, each, *((400, said) if each.want == "refuse" else (200, TASK)))
        for number, each in enumerate(plan.drawn[id])
    )
    result = verdicts.result(Case(row, plan, Transcript({}, found, (), True)))
    assert result.result == "pass" if kept else "not 4010 or Invalid*" in result.message, result


@pytest.mark.parametrize(
    ("code", "state"), [(4010, "ok"), ("InvalidRatio", "ok"), (4011, "broken"), ([], "broken")]
)
def test_so_does_the_judge_of_tasks_that_end_badly(code: Any, state: str) -> None:
    id = "evolink.status.cancelled"
    plan = stage.plan(World(documents.catalogue("evolink"), control=True), [id])
    own = plan.drawn[id][0]
    made, poll = exchange(1, own, 200, TASK), Probe("query", "GET", "/v1/tasks/{id}", of=own.key)
    row = next(row for row in plan.rows if row.id == id)
    row = replace(row, expect={**row.expect, "code": (4010, "Invalid*")})
    end = {**TASK, "status": "failed", "error": {"code": code, "message": "no"}}
    transcript = Transcript({}, (made, exchange(2, poll, 200, end)), (), True)
    assert errors.error(Case(row, plan, transcript)).state == state


def lived(
    id: str, end: Mapping[str, Any], *facts: Mapping[str, Any], made: Mapping[str, Any] = TASK
) -> Result:
    """The result of a row whose first order was taken, and ended so."""
    world = World(
        documents.catalogue(id.partition(".")[0]), control=True, media=True, callback=True
    )
    plan = stage.plan(world, [id])
    own = next(each for each in plan.drawn[id] if each.call == "create")
    poll = Probe("query", "GET", "/tasks/1", of=own.key)
    sent = [exchange(1, own, 200, made), exchange(2, poll, 200, end)]
    return judged(id, plan, sent, *({**fact, "of": own.key} for fact in facts))


@pytest.mark.parametrize(("end", "result"), [("failed", "pass"), ("completed", "warn")])
def test_a_dead_link_may_be_noticed_by_the_task(end: str, result: str) -> None:
    found = lived("evolink.media.dead", {**TASK, "status": end})
    assert found.result == result, found.message


@pytest.mark.parametrize(
    ("end", "result"),
    [("failed", "warn"), ("completed", "fail"), ("processing", "not-run")],
)
def test_a_task_that_may_yet_fail_is_no_fail(end: str, result: str) -> None:
    found = lived("evolink.mixing.audio-alone", {**TASK, "status": end})
    assert found.result == result, found.message


@pytest.mark.parametrize(
    ("moments", "spacing", "number"),
    [
        ((0, 1000, 3000, 7000), "pass", "pass"),
        ((0, 1000, 2000, 4000), "pass", "pass"),
        ((0, 9000, 18000, 27000), "fail", "pass"),
        ((0, 1000, 3000), "fail", "fail"),
        ((0, 0, 1000, 1001, 3000, 3001, 7000, 7002), "pass", "pass"),
        ((0, 10, 20, 30), "fail", "fail"),
    ],
)
def test_repeats_are_counted_from_either_failure(
    moments: tuple[int, ...], spacing: str, number: str
) -> None:
    end = {**TASK, "status": "completed"}
    facts = [{"kind": "callback", "at": each, "body": end} for each in moments]
    assert lived("evolink.callback.spacing", end, *facts).result == spacing
    assert lived("evolink.callback.retries", end, *facts).result == number


@pytest.mark.parametrize(("status", "result"), [(404, "untestable"), (400, "warn")])
def test_uploads_may_be_at_another_host(status: int, result: str) -> None:
    assert answered("evolink.files.base64", (status, refusal("no"))).result == result


def test_the_model_that_is_used_may_have_another_name() -> None:
    used = {**TASK, "model": "doubao-seedance-2-0-260128", "status": "completed"}
    for id, result in (("evolink.create.model", "pass"), ("evolink.model.shown", "fail")):
        assert lived(id, used, made=used).result == result


@pytest.mark.parametrize(
    ("four", "eight", "result"),
    [(25.004, 50.008, "pass"), (25, 49, "pass"), (25, 52, "pass"), (25, 44, "warn"),
     (25.5, 50.0, "warn")],
)  # fmt: skip
def test_credits_may_be_rounded(four: float, eight: float, result: str) -> None:
    answers = [(200, {**TASK, "usage": {"credits_reserved": each}}) for each in (four, eight)]
    assert answered("evolink.billing.images", *answers, call="create").result == result


@pytest.mark.parametrize(("level", "sound"), [(None, False), (0, False), (9, True)])
def test_a_silent_track_is_no_sound(level: int | None, sound: bool) -> None:
    found = clip.facts(film(level))
    assert (found["sound"], found["frames"]) == (sound, 24)


def film(level: int | None) -> bytes:
    """A second of film: without a track, or with one of so loud a square wave."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as box:
        picture: Any = box.add_stream("mpeg4", rate=24)
        picture.width, picture.height, picture.pix_fmt = 32, 32, "yuv420p"
        track: Any = None if level is None else box.add_stream("aac", rate=32000)
        for _ in range(24):
            frame = av.VideoFrame(32, 32, "yuv420p")
            for packet in picture.encode(frame):
                box.mux(packet)
        for number in range(0 if track is None else 16):
            sample = av.AudioFrame("s16", "mono", 1024)
            sample.rate, sample.pts = 32000, number * 1024
            sample.planes[0].update((bytes([0, level or 0]) * 16 + bytes(32)) * 32)
            for packet in track.encode(sample):
                box.mux(packet)
        for stream in (picture, track):
            for packet in stream.encode(None) if stream is not None else ():
                box.mux(packet)
    return file.getvalue()


@pytest.mark.parametrize(("redirects", "status"), [(True, 200), (False, 302)])
async def test_only_downloads_follow_redirects(
    redirects: bool, status: int, tmp_path: Path
) -> None:
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/clip":
            return web.Response(body=b"film")
        raise web.HTTPFound("/clip")

    runner = web.ServerRunner(web.Server(handle))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/signed"
    ledger = Ledger(tmp_path / "ledger.jsonl", Limits())
    try:
        async with ClientSession() as session:
            out = Outgoing("p", "free", Decimal(0), "GET", url, {}, redirects=redirects)
            answer = await Transport(session, ledger).send(out, lambda _: "refused")
    finally:
        ledger.close()
        await runner.cleanup()
    assert answer.status == status


def nbility(
    id: str, *bodies: Mapping[str, Any], clip: Mapping[str, Any] | None = None, **wanted: Any
) -> Result:
    """The result of a row over the task of one of its orders, whose polls say so."""
    plan = stage.plan(World(documents.catalogue("nbility"), control=True, loopback=True), [id])
    fits = (each for each in plan.drawn[id] if each.call == "create")
    own = next(each for each in fits if all(each.body.get(k) == v for k, v in wanted.items()))
    poll = Probe("query", "GET", "/v1/video/generations/task_1", of=own.key)
    made = exchange(1, own, 200, {"id": "task_1", "status": "IN_PROGRESS"})
    said = [
        exchange(number, poll, 200, {"code": "success", "data": {"task_id": "task_1", **body}})
        for number, body in enumerate(bodies, 2)
    ]
    facts = [{"kind": "clip", "of": own.key, "seconds": 4.0, **clip}] if clip else []
    return judged(id, plan, [made, *said], *facts)


def done(link: str, inner: str = "") -> dict[str, Any]:
    more = {"result_url": link, "data": {"video_url": inner or link}}
    return {"status": "SUCCESS", "progress": "100%", **more}


@pytest.mark.parametrize(
    ("model", "size", "result"),
    [
        ("seedance-2-480p", (640, 640), "pass"),
        ("seedance-2-480p", (480, 480), "pass"),
        ("seedance-2-480p", (720, 720), "fail"),
        ("seedance-2-1080p", (1080, 1080), "pass"),
        ("seedance-2-1080p", (960, 960), "fail"),
        ("seedance-2-4k", (2940, 1260), "fail"),
    ],
)
def test_a_resolution_is_an_area_or_the_shorter_side(
    model: str, size: tuple[int, int], result: str
) -> None:
    clip = {"width": size[0], "height": size[1]}
    link = done("https://cdn.example.com/1.mp4")
    found = nbility("nbility.model.suffix-resolution", link, clip=clip, model=model)
    assert found.result == result, found.message


@pytest.mark.parametrize(
    ("size", "result"),
    [
        ((2560, 1440), "pass"),
        ((2048, 1152), "pass"),
        ((1920, 1080), "warn"),
        ((3840, 2160), "warn"),
    ],
)
def test_2k_is_more_than_1080p_and_less_than_4k(size: tuple[int, int], result: str) -> None:
    clip = {"width": size[0], "height": size[1]}
    link = done("https://cdn.example.com/1.mp4")
    assert nbility("nbility.model.suffix-2k", link, clip=clip).result == result


@pytest.mark.parametrize("id", ["nbility.model.suffix-resolution", "nbility.clip.size"])
def test_the_fixed_price_model_has_the_resolution_of_its_route(id: str) -> None:
    clip = {"width": 864, "height": 496}
    link = done("https://cdn.example.com/1.mp4")
    assert nbility(id, link, clip=clip, model="seedance-2-cheap").result == "not-run"


@pytest.mark.parametrize(
    ("word", "progress", "result"),
    [
        ("FAILURE", {}, "pass"),
        ("FAILURE", {"progress": None}, "pass"),
        ("FAILURE", {"progress": 100}, "fail"),
        ("IN_PROGRESS", {}, "fail"),
        ("IN_PROGRESS", {"progress": "half"}, "pass"),
    ],
)
def test_no_page_gives_a_failed_task_a_progress(
    word: str, progress: Mapping[str, Any], result: str
) -> None:
    assert nbility("nbility.progress.form", {"status": word, **progress}).result == result


def test_a_link_may_be_signed_at_each_reading() -> None:
    one, two = "https://cdn.example.com/1.mp4?sig=a", "https://cdn.example.com/1.mp4?sig=b"
    assert nbility("nbility.query.same-link", done(one), done(two)).result == "pass"
    assert nbility("nbility.query.same-link", done(one), done(one, two)).result == "warn"


def test_a_reading_may_tell_its_own_time() -> None:
    one, two = done("https://cdn.example.com/1.mp4"), done("https://cdn.example.com/1.mp4")
    assert nbility("nbility.query.stable", {**one, "read": 1}, {**two, "read": 2}).result == "pass"
    assert nbility("nbility.query.stable", one, {**two, "progress": "99%"}).result == "warn"


@pytest.mark.parametrize(
    ("body", "result"),
    [
        ({"status": "FAILURE"}, "pass"),
        ({"status": "FAILED"}, "fail"),
        (done("https://cdn.example.com/1.mp4"), "fail"),
    ],
)
def test_a_task_that_was_made_to_fail_says_so(body: Mapping[str, Any], result: str) -> None:
    assert nbility("nbility.status.failure", body).result == result


@pytest.mark.parametrize(
    ("status", "body", "taken", "result"),
    [
        (400, {"error": "no model"}, False, "pass"),
        (400, None, False, "not-run"),
        (500, None, False, "not-run"),
        (404, {"error": "no such page"}, False, "fail"),
        (404, {"error": {"message": "no such model"}}, False, "not-run"),
        (404, {"error": "no such page"}, True, "pass"),
        (400, None, True, "pass"),
        (405, None, True, "fail"),
    ],
)
def test_an_address_that_takes_orders_is_there(
    status: int, body: Any, taken: bool, result: str
) -> None:
    id = "nbility.create.route"
    world = World(documents.catalogue("nbility"), control=True)
    plan = stage.plan(world, [id])
    said = [exchange(1, plan.drawn[id][0], status, body)]
    if taken:
        said.append(exchange(2, shared(world), 200, {"id": "task_1", "status": "IN_PROGRESS"}))
    assert judged(id, plan, said).result == result


def test_all_that_is_wrong_with_an_answer_is_told_and_what_a_clip_lacks() -> None:
    bare = {"status": "SUCCESS", "progress": 100}
    found = nbility("nbility.query.success-shape", bare)
    assert found.result == "fail"
    for place in ("/data/progress", "/data/result_url", "/data/data/video_url"):
        assert place in found.message, found.message
    found = nbility("nbility.clip.container", bare)
    assert (found.result, found.message[:27]) == ("not-run", "there is no clip to judge: ")


def test_an_order_that_was_taken_says_nothing_of_the_list_at_its_address() -> None:
    world = World(documents.catalogue("ark"), control=True)
    plan = stage.plan(world, ["ark.path.list"])
    said = [exchange(1, plan.drawn["ark.path.list"][0], 404, None)]
    said.append(exchange(2, shared(world), 200, {"id": "cgt-1"}))
    assert judged("ark.path.list", plan, said).result == "warn"


@pytest.mark.parametrize(("status", "result"), [(200, "pass"), (203, "pass"), (404, "fail")])
def test_any_good_status_shows_that_a_task_can_be_read(status: int, result: str) -> None:
    id = "nbility.query.route"
    plan, made, poll = ordered(id, {"id": "task_1", "status": "IN_PROGRESS"})
    assert judged(id, plan, [made, exchange(2, poll, status, {})]).result == result


@pytest.mark.parametrize(("status", "reading"), [(415, "is refused"), (200, "like the form")])
def test_a_reading_is_seen_in_what_was_to_be_refused(status: int, reading: str) -> None:
    id = "nbility.create.json"
    plan = stage.plan(World(documents.catalogue("nbility")), [id])
    task = {"id": "task_1", "status": "IN_PROGRESS"}
    usual, strange = sorted(plan.drawn[id], key=lambda each: each.want)
    said = [exchange(1, usual, 200, task), exchange(2, strange, status, task)]
    assert reading in judged(id, plan, said).reading


def test_bytes_that_are_no_sound_are_called_a_sound() -> None:
    assert References().file("$text", "audio").kind == "audio/mpeg"
    assert References().file("$text", "video").kind == "video/mp4"


@pytest.mark.parametrize(
    ("row", "progress", "result"),
    [
        ("bounds", 33, "pass"), ("bounds", None, "pass"), ("bounds", 101, "warn"),
        ("bounds", "33%", "warn"), ("completed", 100, "pass"), ("completed", None, "pass"),
        ("completed", 33, "warn"),
    ],
)  # fmt: skip
def test_progress_that_may_be_null_says_nothing_then(row: str, progress: Any, result: str) -> None:
    created = {"id": "video_1", "status": "queued"}
    done = {"id": "video_1", "status": "completed", "progress": progress}
    assert followed(f"openai.progress.{row}", created, done).result == result


@pytest.mark.parametrize(
    ("status", "result"), [(400, "pass"), (401, "pass"), (404, "warn"), (200, "warn")]
)
def test_the_statuses_that_refuse_a_key_are_those_of_the_row(status: int, result: str) -> None:
    assert answered("openai.auth.unknown-key", (status, {"data": []})).result == result
