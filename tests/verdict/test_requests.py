"""What the verdict finds in what was asked: ignored fields, private links, wrong paths, batches."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pytest
from aiohttp import ClientError, FormData

from simulator.core.concepts import CONCEPTS
from simulator.core.fields import Fields
from simulator.core.media import Facts
from simulator.media.samples import render
from simulator.server.app import WORLD
from tests.driving import KEY
from tests.faults.pair import DIALECTS
from tests.ordering import encoded
from tests.serving import Server, serve
from tests.verdict.clients import Careful, ask, findings, verdict


async def order(
    server: Server, name: str, more: Mapping[str, Any] | None = None, *, key: str = KEY, **also: Any
) -> tuple[int, Any]:
    """Order in a dialect, with these fields beside or in the place of the usual ones."""
    body = {**DIALECTS[name].example, **(more or {}), **also}
    raw, kind = encoded(DIALECTS[name], body)
    url = f"{server.base}/{name}{DIALECTS[name].route('create').path}"
    headers = {"Authorization": f"Bearer {key}", "Content-Type": kind}
    async with server.anonymous.post(url, data=raw, headers=headers) as answer:
        return answer.status, await answer.json()


async def ignored(server: Server, key: str = KEY) -> dict[str, str]:
    """The titles of what was ignored, by field."""
    found = (await verdict(server, key))["findings"]
    titles = [one["title"] for one in found if one["id"] == "field-ignored"]
    return {title.split()[2]: title for title in titles}


@pytest.mark.parametrize(
    ("name", "sent", "said"),
    [
        ("evolink", {"resolution": "1080p"}, "place for the resolution is quality"),
        ("evolink", {"ratio": "9:16"}, "place for the ratio is aspect_ratio"),
        ("evolink", {"seed": 7}, "no field for the seed"),
        ("uniall", {"ratio": "9:16"}, "place for the ratio is aspect_ratio"),
        ("uniall", {"resolution": "1080p"}, "is the name of the model"),
        ("uniall", {"seconds": 9}, "place for the length is duration"),
        ("nbility", {"seconds": 9}, "place for the length is duration"),
        ("nbility", {"image_4": "x"}, "only image_1, image_2, image_3 are read"),
        ("nbility", {"video_2": "x"}, "only video is read"),
        ("nbility", {"generate_audio": "false"}, "no field for the sound"),
        ("nbility", {"first_frame": "x"}, "image_1 is a reference"),
        ("evolink", {"size": "720x1280"}, "is quality and the place for the ratio is aspect_ratio"),
        (
            "evolink",
            {"size": "9:16"},
            "ignored by evolink: the place for the ratio is aspect_ratio",
        ),
        ("evolink", {"audio": False}, "place for the sound is generate_audio"),
        ("evolink", {"audio": ["https://x.test/a.mp3"]}, "is audio_urls"),
        ("octopusx", {"extra_body": {"seed": 7}}, "the place for the seed is metadata.seed"),
        ("octopusx", {"promt": "x"}, "is an item of content of type text"),
        ("apiyi", {"output_format": "mov"}, "of Seedance 2.5 alone"),
        ("octopusx", {"ratio": "9:16"}, "is metadata.ratio"),
        ("octopusx", {"watermark": False}, "is metadata.watermark"),
        ("octopusx", {"generate_audio": True}, "is metadata.generate_audio"),
        ("octopusx", {"prompt": "A lantern"}, "is an item of content of type text"),
        ("apiyi", {"aspect_ratio": "9:16"}, "place for the ratio is ratio"),
        ("apiyi", {"seconds": 9}, "place for the length is duration"),
        (
            "apiyi",
            {"parameters": {"ratio": "9:16"}},
            "nothing in it is read: ratio belongs beside it",
        ),
        ("ark", {"aspect_ratio": "9:16"}, "place for the ratio is ratio"),
        ("ark", {"fps": 30}, "24 frames a second"),
        ("ark", {"durration": 9}, "did you mean duration?"),
        ("ark", {"zebra": "x"}, "no page has such a field"),
        ("ark", {"n": 4}, "an order is one clip"),
        *[
            (name, {"negative_prompt": "blur"}, "can only be said in the prompt")
            for name in DIALECTS
        ],
    ],
)
async def test_a_field_that_nobody_reads_is_told(name: str, sent: Any, said: str) -> None:
    async with serve() as server:
        status, body = await order(server, name, **sent)
        assert status == 200, body
        titles = await ignored(server)
        assert list(titles) == list(sent)
        assert all(said in title for title in titles.values()), titles
        assert (await findings(server))["field-ignored"] == "warning"


@pytest.mark.parametrize("name", list(DIALECTS))
async def test_what_asks_for_nothing_is_no_finding(name: str) -> None:
    """Nulls of SDKs, what is empty, and values that ask for what there is anyway."""
    sent: dict[str, Any] = {"n": 1, "seed": -1, "user": "u-1", "stream": False, "fps": 24.0}
    if DIALECTS[name].route("create").form:  # which has only text
        sent |= {"fps": "null", "watermark": "false", "camera_fixed": "0", "negative_prompt": ""}
    else:
        sent |= {"tools": None, "webhook": "", "extra": {}, "images": None, "negative_prompt": ""}
        sent |= {"output_format": None, "parameters": {"seed": None, "webhook": ""}}
        sent |= {"draft": False, "service_tier": "default"}
    async with serve() as server:
        status, body = await order(server, name, **sent)
        assert status == 200, body
        assert await ignored(server) == {}


async def test_notes_of_the_client_are_no_settings() -> None:
    async with serve() as server:
        assert (await order(server, "ark", metadata={"order": "A-17"}))[0] == 200
        assert await ignored(server) == {}
        assert (await order(server, "ark", metadata={"order": "A-17", "duration": 9}))[0] == 200
        assert "duration belongs beside it" in (await ignored(server))["metadata"]


@pytest.mark.parametrize(("data", "found"), [(b"", set()), (b"GIF89a", {"image_4"})])
async def test_an_empty_file_is_nothing(data: bytes, found: set[str]) -> None:
    form = FormData({name: str(value) for name, value in DIALECTS["nbility"].example.items()})
    form.add_field("image_4", data, filename="4.gif")
    async with serve() as server:
        url = f"{server.base}/nbility{DIALECTS['nbility'].route('create').path}"
        async with server.client.post(url, data=form) as answer:
            assert answer.status == 200, await answer.text()
        assert set(await ignored(server)) == found


async def test_nested_fields_are_looked_at_where_the_dialect_has_some() -> None:
    async with serve() as server:
        metadata = {**DIALECTS["octopusx"].example["metadata"], "aspect_ratio": "9:16"}
        assert (await order(server, "octopusx", metadata=metadata))[0] == 200
        content = [{"type": "text", "text": "A lantern", "weight": 2}]
        assert (await order(server, "ark", content=content))[0] == 200
        assert set(await ignored(server)) == {"metadata.aspect_ratio", "content[0].weight"}


async def test_what_is_read_as_observed_is_not_ignored_there() -> None:
    async with serve(fidelity="observed") as server:
        assert (await order(server, "octopusx", ratio="9:16"))[0] == 200
        assert await ignored(server) == {}


async def test_extra_body_may_lie_flat_as_the_openai_sdk_sends_it() -> None:
    async with serve() as server:
        assert (await order(server, "uniall", seed=7, watermark=True))[0] == 200
        assert (await order(server, "uniall", extra_body={"seed": 7, "sead": 8}))[0] == 200
        assert set(await ignored(server)) == {"extra_body.sead"}


async def test_a_refused_order_has_no_ignored_fields() -> None:
    async with serve() as server:
        assert (await order(server, "ark", ratio="2:1", aspect_ratio="9:16"))[0] == 400
        assert await ignored(server) == {}


def test_every_dialect_says_what_it_reads() -> None:
    for name, dialect in DIALECTS.items():
        assert dialect.fields.read, name
        assert set(dialect.fields.places) <= set(CONCEPTS), name
        assert not dialect.fields.ignored(dialect.example), name


def test_objects_in_objects_are_looked_into_once() -> None:
    deep: dict[str, Any] = {"seed": 1}
    for _ in range(900):
        deep = {"metadata": deep, "parameters": deep}
    assert [one.name for one in DIALECTS["ark"].fields.ignored({"parameters": deep})] == [
        "parameters"
    ]


def test_a_body_without_end_is_looked_at_for_a_while() -> None:
    fields = Fields(frozenset({"content[].type"}))
    body = {f"field{n}": 1 for n in range(1000)} | {"content": [{"a": 1}] * 1000}
    assert len(fields.ignored(body)) == 20


PNG = render(Facts("image", "png", 0, 400, 300), "")
LINKS = [
    "http://localhost:3000/a.png",
    "http://192.168.1.5/a.png",
    "http://10.0.0.1:9000/a.png",
    "https://nas.local/a.png",
    "http://[::1]/a.png",
    "http://[fd00::1]/a.png",
    "http://169.254.169.254/a.png",
    "http://2130706433/a.png",
    "http://0x7f.1/a.png",
    "http://printer/a.png",
    "http://\uff11\uff12\uff17.0.0.1/a.png",
    "http://192.168.1.5/files/a.png",
    "http://192.168.1.5/tos/a.png",
]


def picture(url: str) -> dict[str, Any]:
    content = [
        {"type": "text", "text": "A lantern"},
        {"type": "image_url", "image_url": {"url": url}, "role": "reference_image"},
    ]
    return {"content": content}


@pytest.mark.parametrize("url", LINKS)
async def test_a_link_that_no_upstream_reaches(url: str) -> None:
    async with serve() as server:
        assert (await order(server, "ark", **picture(url)))[0] == 200
        assert await findings(server) == {"reference-not-public": "warning"}
    async with serve(fidelity="observed") as server:
        for name in ("ark", "apiyi", "octopusx"):
            status, body = await order(server, name, **picture(url))
            assert status == 400
            assert "download" in str(body), body
        assert "reference-not-public" not in await findings(server)


@pytest.mark.parametrize("fidelity", ["documented", "observed"])
async def test_links_of_the_simulator_and_named_hosts_are_as_good_as_public(fidelity: str) -> None:
    async with serve(fidelity=fidelity, allow_host=("nas.local",)) as server:
        for url in (
            f"{server.base}/_sim/media/image?width=640&height=640",
            "https://nas.local/a.png",
            "https://example.com/a.png",
            "http://93.184.216.34/a.png",
        ):
            assert (await order(server, "ark", **picture(url)))[0] == 200, url
        assert await findings(server) == {}


@pytest.mark.parametrize("prefix", ["", "/sim"])
async def test_clips_and_uploads_are_references_for_everybody(prefix: str) -> None:
    """Though they stand where the simulator does, on this machine."""
    async with serve(fidelity="observed", public_url=f"http://10.1.2.3:8000{prefix}") as server:
        _, made = await order(server, "ark")
        await server.advance("1m")
        path = f"/ark{DIALECTS['ark'].route('query').path}".replace("{id}", made["id"])
        async with server.client.get(server.base + path) as answer:
            clip = (await answer.json())["content"]["video_url"]
        assert clip.startswith(f"http://10.1.2.3:8000{prefix}/tos/")
        form = FormData({"file": BytesIO(PNG), "fileName": "a.png"})
        async with server.client.post(
            f"{server.base}/evolink/api/v1/files/upload/stream", data=form
        ) as answer:
            upload = (await answer.json())["data"]["file_url"]
        assert upload.startswith(f"http://10.1.2.3:8000{prefix}/files/")
        video = {"type": "video_url", "video_url": {"url": clip}, "role": "reference_video"}
        body = {"content": [*picture(upload)["content"], video]}
        assert (await order(server, "ark", body))[0] == 200
        assert "reference-not-public" not in await findings(server)


async def test_what_is_noted_of_an_order_is_bounded_and_counted() -> None:
    async with serve() as server:
        host = "a" * 100_000
        sent = {f"{n}{'x' * 1000}": 1 for n in range(100)}
        assert (await order(server, "ark", {**picture(f"http://{host}/a.png"), **sent}))[0] == 200
        found = (await verdict(server))["findings"]
        assert len(found) == 21
        assert max(len(one["title"]) for one in found) < 500
        kept = server.app[WORLD].engine.journal
        (made,) = [one for one in kept.exchanges(KEY) if one.kind == "create"]
        assert made.bytes > 2 * sum(map(len, made.notes)) > 8000


async def test_a_host_is_named_in_any_case() -> None:
    async with serve(fidelity="observed", allow_host=("NAS.local",)) as server:
        assert (await order(server, "ark", picture("http://nas.LOCAL./a.png")))[0] == 200


async def test_names_of_fields_are_shown_without_keys() -> None:
    async with serve() as server:
        assert (await order(server, "ark", {f"a {KEY} sk-other-key": 7}))[0] == 200
        title = (await verdict(server))["findings"][0]["title"]
        assert KEY not in title
        assert "sk-other-key" not in title


async def test_a_wrong_base_url_is_an_error_and_the_calls_are_the_accounts() -> None:
    async with serve() as server:
        for path in ("/v1/videos/generations", "/evolink/videos/generations", "/ark/api/v3/nope"):
            async with server.client.post(server.base + path, json={}) as answer:
                assert answer.status == 404
        assert await findings(server) == {"unknown-path": "error"}
        found, *more = (await verdict(server))["findings"]
        assert len(more) == 2
        way = "POST /v1/videos/generations is of no dialect; that is a path of"
        assert way in found["title"], found
        query = {"key": KEY}
        async with server.anonymous.get(f"{server.base}/_sim/calls", params=query) as answer:
            calls = (await answer.json())["items"]
        assert [call["kind"] for call in calls] == ["other"] * 3


async def test_a_task_that_was_sought_on_a_wrong_path_was_asked_for() -> None:
    async with serve() as server:
        _, made = await order(server, "evolink")
        for _ in range(5):
            async with server.client.get(f"{server.base}/evolink/v1/videos/{made['id']}") as answer:
                assert answer.status == 404
        await server.advance("1h")
        assert await findings(server) == {"unknown-path": "warning"}


async def test_nothing_seen_is_no_praise_and_names_what_looks_alike() -> None:
    async with serve() as server:
        await Careful(server, key="sk-ci-1234").run()
        found = (await verdict(server, "sk-ci-1243"))["findings"]
        assert [one["id"] for one in found] == ["nothing-seen"]
        assert "sk-…34" in found[0]["title"]
        assert "sk-ci-1234" not in found[0]["title"]
        assert (await verdict(server, "sk-ci-1243"))["verdict"] == "fail"


@pytest.mark.parametrize("size", [2, 45])
async def test_a_batch_is_polled_until_its_last_task_is_over(size: int) -> None:
    """The others are over long before the last: each round asks for all."""
    async with serve() as server:
        made = [(await order(server, "ark", seed=n))[1]["id"] for n in range(size - 1)]
        plan = {"match": {"key": KEY}, "plan": {"run": "60s"}}
        async with server.anonymous.post(f"{server.base}/_sim/plans", json=plan) as answer:
            assert answer.status == 200
        made.append((await order(server, "ark", seed=size))[1]["id"])
        tasks = f"{server.base}/ark{DIALECTS['ark'].route('create').path}"

        async def rounds(number: int) -> dict[str, str]:
            for _ in range(number):
                await server.advance("5s")
                for task in made:
                    async with server.client.get(f"{tasks}/{task}") as answer:
                        assert answer.status == 200
            return await findings(server)

        assert "polled-after-end" not in await rounds(9)
        await server.advance("60s")
        assert "polled-after-end" not in await rounds(1)
        assert (await rounds(4))["polled-after-end"] == "warning"


async def test_a_task_is_polled_for_ever_beside_one_that_is_not_over() -> None:
    """No batch takes so long: their number convicts."""
    async with serve() as server:
        _, first = await order(server, "ark")
        await server.advance("1m")
        plan = {"match": {"key": KEY}, "plan": {"end": "stuck"}}
        async with server.anonymous.post(f"{server.base}/_sim/plans", json=plan) as answer:
            assert answer.status == 200
        _, second = await order(server, "ark", seed=2)
        tasks = f"{server.base}/ark{DIALECTS['ark'].route('create').path}"
        for _ in range(42):
            for made in (first, second):
                async with server.client.get(f"{tasks}/{made['id']}") as answer:
                    assert answer.status == 200
        assert (await findings(server))["polled-after-end"] == "warning"


@pytest.mark.parametrize("asked", [True, False])
async def test_an_order_under_a_key_may_be_sent_again(asked: bool) -> None:
    """Its first answer is lost, and the second tells the task: whoever leaves it has known it."""
    async with serve() as server:
        url = f"{server.base}/evolink{DIALECTS['evolink'].route('create').path}"
        headers = {"Idempotency-Key": "abcdefghijklmnop"}
        await ask(server, "/faults", {"fault": "drop-after-accept", "match": {"call": "create"}})
        with pytest.raises(ClientError):
            await server.client.post(url, json=DIALECTS["evolink"].example, headers=headers)
        async with server.client.post(
            url, json=DIALECTS["evolink"].example, headers=headers
        ) as answer:
            assert answer.headers["Idempotency-Replayed"] == "true"
            made = (await answer.json())["id"]
        await server.advance("1h")
        if asked:
            async with server.client.get(f"{server.base}/evolink/v1/tasks/{made}") as answer:
                link = (await answer.json())["results"][0]
            async with server.anonymous.get(link) as answer:
                assert answer.status == 200
        assert await findings(server) == ({} if asked else {"never-polled": "error"})
