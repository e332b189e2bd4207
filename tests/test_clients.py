"""Official clients, unmodified, against a running server."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import pytest_asyncio

from simulator.core.config import Key
from tests.driving import KEY
from tests.serving import Server, serve

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

MODEL = "doubao-seedance-2-0-260128"
TEXT = [{"type": "text", "text": "A paper boat sails down a rainy street"}]


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with serve() as running:
        yield running


@pytest.fixture
def ark() -> Iterator[Callable[..., Any]]:
    """Makes clients of the official SDK, which are closed in the end."""
    from volcenginesdkarkruntime import Ark

    with ExitStack() as clients:
        yield lambda base, key=KEY: clients.enter_context(
            Ark(base_url=base, api_key=key, max_retries=0)
        )


async def in_thread(doing: Callable[[], Any]) -> Any:
    return await asyncio.wait_for(asyncio.to_thread(doing), 30)


@pytest.mark.parametrize("mount", ["ark/api/v3", "apiyi/seedance/api/v3"])
async def test_ark_sdk_creates_and_reads(server: Server, ark: Any, mount: str) -> None:
    tasks = ark(f"{server.base}/{mount}").content_generation.tasks
    model = "doubao-seedance-2-0-fast-260128"
    created = await in_thread(lambda: tasks.create(model=model, content=TEXT, seed=7))
    assert created.id.startswith("cgt-")
    waiting = await in_thread(lambda: tasks.get(task_id=created.id))
    assert waiting.status == "queued"
    await server.advance("4s")
    done = await in_thread(lambda: tasks.get(task_id=created.id))
    assert (done.status, done.seed, done.duration) == ("succeeded", 7, 5)
    async with server.anonymous.get(done.content.video_url) as answer:
        assert answer.status == 200


async def test_ark_sdk_lists_deletes_and_sees_refusals(server: Server, ark: Any) -> None:
    from volcenginesdkarkruntime import _exceptions as errors

    tasks = ark(f"{server.base}/ark/api/v3").content_generation.tasks
    ids = [(await in_thread(lambda: tasks.create(model=MODEL, content=TEXT))).id for _ in range(3)]
    listed = await in_thread(lambda: tasks.list(page_size=2, status="queued"))
    assert (listed.total, [item.id for item in listed.items]) == (3, ids[:0:-1])
    listed = await in_thread(lambda: tasks.list(task_ids=[ids[0], ids[2]]))
    assert {item.id for item in listed.items} == {ids[0], ids[2]}
    await in_thread(lambda: tasks.delete(task_id=ids[0]))
    assert (await in_thread(lambda: tasks.get(task_id=ids[0]))).status == "cancelled"
    await server.advance("2s")
    with pytest.raises(errors.ArkAPIStatusError) as caught:
        await in_thread(lambda: tasks.delete(task_id=ids[1]))
    assert caught.value.status_code == 409
    await server.advance("2s")
    await in_thread(lambda: tasks.delete(task_id=ids[1]))
    with pytest.raises(errors.ArkNotFoundError):
        await in_thread(lambda: tasks.get(task_id=ids[1]))
    with pytest.raises(errors.ArkBadRequestError) as bad:
        await in_thread(lambda: tasks.create(model=MODEL, content=TEXT, duration=3))
    assert "duration" in str(bad.value)
    stranger = ark(f"{server.base}/ark/api/v3", "sk-sim-invalid")
    with pytest.raises(errors.ArkAuthenticationError):
        await in_thread(lambda: stranger.content_generation.tasks.get(task_id=ids[2]))


async def test_ark_sdk_asynchronous_twin(server: Server) -> None:
    from volcenginesdkarkruntime import AsyncArk

    client = AsyncArk(base_url=f"{server.base}/ark/api/v3", api_key=KEY, max_retries=0)
    tasks = client.content_generation.tasks
    created = await tasks.create(model=MODEL, content=TEXT, return_last_frame=True)
    await server.advance("4s")
    done = await tasks.get(task_id=created.id)
    assert done.status == "succeeded"
    assert done.content.last_frame_url
    assert (await tasks.list()).total == 1
    await tasks.delete(task_id=created.id)
    await client.close()


async def test_openai_sdk_retrieves_and_polls() -> None:
    from openai import AsyncOpenAI

    async with (
        serve() as server,
        AsyncOpenAI(base_url=f"{server.base}/uniall/v1", api_key=KEY, max_retries=0) as client,
    ):
        order = {
            "model": "seedance2.0-720p",
            "prompt": "A kettle on a stove",
            "duration": "5",
            "generate_audio": True,
        }
        url = f"{server.base}/uniall/v1/video/generations"
        async with server.client.post(url, json=order) as answer:
            task_id = (await answer.json())["id"]
        assert (await client.videos.retrieve(task_id)).status in ("queued", "in_progress")
        # Only now: however long it took until here, nothing has happened.
        going = {"key": KEY, "freeze": False, "rate": 5}
        async with server.client.post(f"{server.base}/_sim/clock", json=going) as answer:
            assert answer.status == 200
        done = await client.videos.poll(task_id, poll_interval_ms=20)
        assert (done.status, done.progress) == ("completed", 100)
        content = await client.videos.download_content(task_id)
        assert (await content.aread())[4:8] == b"ftyp"


async def test_ark_sdk_signs_the_calls_of_the_asset_library() -> None:
    from volcenginesdkcore import ApiClient, Configuration, UniversalApi, UniversalInfo
    from volcenginesdkcore.rest import ApiException

    settings: Any = Configuration()
    settings.ak, settings.sk, settings.region = "AKLTtest", "c2VjcmV0L2tleQ==", "cn-beijing"
    settings.schema, settings.auto_retry = "http", False
    keys = (Key(KEY, access_key=settings.ak, secret_key=settings.sk),)
    async with serve(dialect="ark", keys=keys) as server:
        settings.host = server.base.removeprefix("http://")
        api = UniversalApi(ApiClient(settings))

        async def call(action: str, **body: Any) -> Any:
            info = UniversalInfo("POST", "ark", "2024-01-01", action, "application/json")
            return await in_thread(lambda: api.do_call(info, body))

        group = await call("CreateAssetGroup", Name="主角", GroupType="AIGC")
        link = f"{server.base}/_sim/media/image"
        asset = await call("CreateAsset", GroupId=group["Id"], URL=link, AssetType="Image")
        assert (await call("GetAsset", Id=asset["Id"]))["Status"] == "Processing"
        await server.advance("1s")
        assert (await call("GetAsset", Id=asset["Id"]))["Status"] == "Active"
        listed = await call("ListAssetGroups", Filter={"GroupType": "AIGC", "Name": "主"})
        assert [one["Id"] for one in listed["Items"]] == [group["Id"]]
        settings.sk = "other"
        with pytest.raises(ApiException, match="SignatureDoesNotMatch"):
            await call("DeleteAsset", Id=asset["Id"])
