"""Rows that tell an answer place by place: what they send, and what they notice of the answer."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs

import pytest

from conformance.catalogue import documents
from conformance.collect import wireform
from conformance.collect.credentials import Accounts
from conformance.judge.verdicts import Result
from conformance.plan import kinds, stage
from conformance.plan.probes import Probe, World
from conformance.plan.references import References
from conformance.plan.terms import MULTIPART, Form, Way, When, fate
from conformance.report import curl
from tests.conformance.test_judges import exchange, judged

RID = "202611200814021234567898268d9d6Ab3dEf7h"
REFUSED = {"code": "", "message": f"Invalid token (request id: {RID})", "type": "new_api_error"}
VIDEO = {"id": "task_1", "task_id": "task_1", "object": "video", "status": "queued"}
WAYS = ("bare", "lower", "unprefixed", "channelled", "x-api-key", "mj-api-secret")


ROWS = r"""
[[group]]
source = "octopusx-create"
section = "Somewhere"
area = "transport"
level = "should"
cost = "free"

[group.row."octopusx.key.missing"]
requirement = "A missing key is told in an object error that names the request."
answered.method = "GET"
answered.path = "/v1/video/generations/{id}"
answered.auth = "missing"
answered.http = [401]
answered.equals = { "/error/code" = "", "/error/type" = "new_api_error" }
answered.fits."/error/message" = '^Invalid token \(request id: \w+\)$'
answered.carries = { "/error/message" = "x-oneapi-request-id" }

[group.row."octopusx.key.balance"]
requirement = "The balance has a boolean for its code."
answered.method = "GET"
answered.path = "/api/usage/token/"
answered.http = [200]
answered.equals = { "/code" = true }
answered.has = { "/data" = "object" }

[group.row."octopusx.paths.page"]
requirement = "Another path is the web page."
answered.method = "GET"
answered.path = "/v2/videos"
answered.http = [200]
answered.headers."content-type" = '^text/html'
answered.fits."" = '(?i)<html'

[group.row."octopusx.paths.head"]
requirement = "HEAD is 404 without a body, and no Allow is sent."
answered.method = "HEAD"
answered.path = "/v1/videos/{id}"
answered.http = [404]
answered.fits."" = '^$'
answered.without = ["allow"]

[group.row."octopusx.prompt.missing"]
requirement = "A missing prompt is told flat, with data that is null."
cost = "contingent"
answered.order = { prompt = "$absent" }
answered.http = [400]
answered.equals = { "/message" = "prompt is required", "/data" = "$null" }
answered.lacks = ["/error"]

[group.row."octopusx.seconds.bounds"]
requirement = "Too many seconds are refused by one build and passed on by another."
level = "observed"
cost = "contingent"
readings = ["The gateway refuses them.", "The model behind refuses them."]
answered.order = { seconds = "3601" }
answered.http = [400]
answered.code = ["invalid_seconds"]
answered.shows = ["code invalid_seconds", "code fail_to_fetch_task"]

[group.row."octopusx.forms.multipart"]
requirement = "A form is the same order at another address."
cost = "own"
answered.path = "/v1/videos"
answered.form = "multipart"
answered.order = {}
answered.http = [200]
answered.has = { "/task_id" = "string" }
answered.shown = { "/data/data/resolution" = "480p", "/data/data/duration" = 4 }

[group.row."octopusx.failure.link"]
requirement = "A failed task has its reason in three places."
level = "observed"
cost = "own"
readings = ["It has.", "It has not."]
answered.method = "GET"
answered.path = "/v1/video/generations/{id}"
answered.fate = { queue = "10s", run = "20s", end = "failed" }
answered.after = 120
answered.http = [200]
answered.agree = ["/data/result_url", "/data/fail_reason", "/data/data/error/message"]

[group.row."octopusx.content.early"]
requirement = "The file of a task at work is not there."
cost = "shared"
answered.method = "GET"
answered.path = "/v1/videos/{id}/content"
answered.phase = "running"
answered.http = [400]
"""


@cache
def catalogue() -> documents.Catalogue:
    """The rows above, under the head of a real dialect."""
    text = (documents.folder() / "octopusx" / "api.toml").read_text("utf-8")
    with TemporaryDirectory() as folder:
        (path := Path(folder) / "octopusx" / "api.toml").parent.mkdir()
        path.write_text(text[: text.index("[[group]]")] + ROWS, "utf-8")
        return documents.load(path, "octopusx")


def planned(id: str) -> stage.Plan:
    """The plan of one row."""
    return stage.plan(World(catalogue(), control=True, second=True, media=True), [id])


def told(id: str, status: int, body: Any, text: str = "", **headers: str) -> Result:
    """The result of a row whose request is answered so."""
    plan = planned(id)
    probe = plan.drawn[id][-1]
    seen = replace(
        exchange(1, probe, status, body),
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        text=text,
    )
    return judged(id, plan, [seen])


def test_an_answer_as_the_row_has_it_passes() -> None:
    assert told(
        "octopusx.key.missing", 401, {"error": REFUSED}, x_oneapi_request_id=RID
    ).result == ("pass")


@pytest.mark.parametrize(
    ("status", "error", "header", "said"),
    [
        (403, REFUSED, RID, "not HTTP 401"),
        (401, REFUSED | {"type": "error"}, RID, "/error/type is"),
        (401, {key: REFUSED[key] for key in ("message", "type")}, RID, "/error/code is missing"),
        (401, REFUSED | {"code": None}, RID, "/error/code is null"),
        (401, REFUSED | {"message": "Invalid token"}, RID, "/error/message is"),
        (401, REFUSED, "202600000000001", "without the header x-oneapi-request-id"),
        (401, REFUSED, "", "without the header x-oneapi-request-id"),
    ],
)
def test_each_place_of_an_answer_is_looked_at(
    status: int, error: Any, header: str, said: str
) -> None:
    found = told("octopusx.key.missing", status, {"error": error}, x_oneapi_request_id=header)
    assert (found.result, said in found.message) == ("warn", True), found.message
    assert found.message.count(f"HTTP {status}") == 1, found.message


def test_a_true_is_no_one_and_null_is_told_from_absent() -> None:
    usage = {"code": True, "data": {}}
    assert told("octopusx.key.balance", 200, usage).result == "pass"
    assert "/code is 1, not true" in told("octopusx.key.balance", 200, usage | {"code": 1}).message
    refused = {"code": "invalid_request", "message": "prompt is required"}
    assert told("octopusx.prompt.missing", 400, refused | {"data": None}).result == "pass"
    assert "/data is missing" in told("octopusx.prompt.missing", 400, refused).message


def test_pages_are_told_by_their_text_and_headers() -> None:
    page = {"content_type": "text/html; charset=utf-8"}
    assert told("octopusx.paths.page", 200, None, "<!doctype html><html>", **page).result == "pass"
    assert "the body is" in told("octopusx.paths.page", 200, None, "hello", **page).message
    plain = page | {"content_type": "text/plain"}
    found = told("octopusx.paths.page", 200, None, "<html>", **plain)
    assert "the header content-type is" in found.message
    assert told("octopusx.paths.head", 404, None).result == "pass"
    assert "the body is" in told("octopusx.paths.head", 404, None, "gone").message


def test_a_header_that_should_not_be_there_is_noticed() -> None:
    found = told("octopusx.paths.head", 404, None, allow="POST")
    assert (found.result, "there is a header allow" in found.message) == ("warn", True)


def test_places_that_have_to_agree_are_held_against_each_other() -> None:
    data = {"result_url": "no", "fail_reason": "no", "data": {"error": {"message": "no"}}}
    id = "octopusx.failure.link"
    assert told(id, 200, {"data": data}).reading == "It has."
    assert told(id, 200, {"data": data | {"result_url": "x"}}).reading == "It has not."


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_speaks_of_the_hour_settles_nothing(status: int) -> None:
    assert told("octopusx.key.missing", status, {"error": REFUSED}).result == "not-run"


def test_an_order_that_is_refused_for_want_of_money_settles_nothing() -> None:
    body = {"code": "insufficient_user_quota", "message": "用户额度不足", "data": None}
    assert told("octopusx.forms.multipart", 403, body).result == "not-run"
    assert told("octopusx.forms.multipart", 400, body | {"code": "x"}).result == "warn"


@pytest.mark.parametrize(("seconds", "result"), [(4, "pass"), (5, "warn")])
def test_what_an_order_asked_is_looked_up_in_its_task(seconds: int, result: str) -> None:
    id = "octopusx.forms.multipart"
    plan = planned(id)
    own = plan.drawn[id][0]
    inner = {"resolution": "480p", "duration": seconds}
    poll = Probe("query", "GET", plan.world.dialect.query.path, of=own.key)
    done = exchange(2, poll, 200, {"data": {"status": "SUCCESS", "data": inner}})
    assert judged(id, plan, [exchange(1, own, 200, VIDEO), done]).result == result
    assert judged(id, plan, [exchange(1, own, 200, VIDEO)]).result == "not-run"


@pytest.mark.parametrize(
    ("id", "reading"),
    [
        ("invalid_seconds", "The gateway refuses them."),
        ("fail_to_fetch_task", "The model behind refuses them."),
        ("strange", ""),
    ],
)
def test_readings_are_told_by_the_code(id: str, reading: str) -> None:
    body = {"code": id, "message": "seconds must be between 1 and 3600", "data": None}
    assert told("octopusx.seconds.bounds", 400, body).reading == reading


def drawn(id: str) -> tuple[Probe, ...]:
    return planned(id).drawn[id]


def test_a_free_row_asks_about_a_task_that_nobody_has_and_others_about_the_shared_one() -> None:
    (free,) = drawn("octopusx.key.missing")
    assert free.path == "/v1/video/generations/cgt-20200101000000-zzzzz"
    own, read = drawn("octopusx.content.early")
    assert (read.path, read.of, str(read.when)) == ("/v1/videos/{id}/content", own.key, "running")
    assert own.cost == "shared"


def test_a_fate_has_a_task_of_its_own_that_is_read_after_its_time() -> None:
    own, read = drawn("octopusx.failure.link")
    assert own.fate == fate(queue="10s", run="20s", end="failed")
    assert (read.of, read.when) == (own.key, When(at=120))


def test_an_order_goes_where_and_how_the_row_says() -> None:
    (probe,) = drawn("octopusx.forms.multipart")
    assert (probe.call, probe.method, probe.path) == ("create", "POST", "/v1/videos")
    assert (probe.form, probe.want, probe.cost) == (MULTIPART, "accept", "own")
    (bad,) = drawn("octopusx.seconds.bounds")
    assert (bad.want, bad.cost, bad.body["seconds"]) == ("refuse", "contingent", "3601")


def test_forms_carry_tables_as_text_with_their_links() -> None:
    order = {"model": "m", "metadata": {"a": True, "b": ["$image1"]}}
    probe = Probe("create", "POST", "/v1/videos", body=order, form=Form(Way.URLENCODED))
    spoken, media = documents.catalogue("octopusx").dialect, References("https://media.example.com")
    form = wireform.formed(probe, media, {}, spoken)
    assert form.content_type == "application/x-www-form-urlencoded"
    assert isinstance(form.data, bytes)
    sent = json.loads(parse_qs(form.data.decode())["metadata"][0])
    multipart = wireform.formed(replace(probe, form=MULTIPART), media, {}, spoken)
    assert sent == json.loads(multipart.shown["metadata"])
    assert sent["a"] is True
    assert sent["b"][0].startswith("https://media.example.com/")


def test_a_list_of_texts_is_a_part_of_a_form_for_each() -> None:
    catalogue = documents.catalogue("newapi")
    row = next(each for each in catalogue.rows if each.id == "newapi.forms.two-images-parts")
    world = World(catalogue, control=True, media=True)
    (probe,) = kinds.drawn(row, world)
    media = References(media_url="https://example.com/media")
    form = wireform.formed(probe, media, {}, world.dialect)
    assert callable(form.data)
    parts = [part[0]["name"] for part in form.data()._fields]
    assert parts.count("images") == 2
    assert form.shown["images"] == [
        "https://example.com/media/image1.png",
        "https://example.com/media/image2.png",
    ]


@pytest.mark.parametrize("way", WAYS)
def test_scripts_write_the_key_as_the_run_does(way: str) -> None:
    key = "sk-own"
    ((name, value),) = Accounts(key).headers(way).items()
    line = " ".join(curl.headers(Probe("other", "GET", "/", auth=way)))
    plain = line.replace("${SEEDANCE_API_KEY#sk-}", "own").replace("$SEEDANCE_API_KEY", key)
    assert plain == f'-H "{name}: {value}"'


def test_every_key_of_a_row_is_known_to_accounts() -> None:
    accounts = Accounts("sk-own", "sk-two", True, "sk-clean")
    for name in documents.dialects():
        for row in documents.catalogue(name).testable:
            if row.kind == "answered":
                assert accounts.headers(row.expect.get("auth", "key")) is not None, row.id
