"""The shell: where dialects are mounted, what browsers may do, and paths that lead nowhere."""

from simulator.dialects.ark import TASKS
from tests.driving import KEY
from tests.serving import Server, serve

ORDER = {
    "model": "doubao-seedance-2-0-260128",
    "content": [{"type": "text", "text": "A paper boat"}],
}


async def created(server: Server, path: str, **headers: str) -> str:
    url = server.base + path
    async with server.client.post(url, json=ORDER, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["id"])


async def test_one_dialect_at_the_root_and_all_under_their_names() -> None:
    async with serve(dialect="ark") as server:
        task = await created(server, TASKS)
        async with server.client.get(f"{server.base}/ark{TASKS}/{task}") as answer:
            assert answer.status == 200
        async with server.client.get(f"{server.base}/apiyi{TASKS}/{task}") as answer:
            assert answer.status == 404


async def test_the_hosts_first_label_names_a_dialect() -> None:
    async with serve() as server:
        host = "ark.localhost:8000"
        task = await created(server, TASKS, Host=host)
        await server.advance("4s")
        url = f"{server.base}{TASKS}/{task}"
        async with server.client.get(url, headers={"Host": host}) as answer:
            link = (await answer.json())["content"]["video_url"]
        assert link.startswith(f"http://{host}/tos/")
        inside = link.replace(f"http://{host}", server.base)
        async with server.anonymous.get(inside, headers={"Host": host}) as answer:
            assert answer.status == 200
        async with server.anonymous.get(server.base + TASKS) as answer:
            assert answer.status == 404


async def test_a_host_that_is_none_is_not_repeated() -> None:
    async with serve() as server:
        task = await created(server, f"/ark{TASKS}", Host="evil.test/x?")
        await server.advance("4s")
        url = f"{server.base}/ark{TASKS}/{task}"
        async with server.client.get(url, headers={"Host": "evil.test/x?"}) as answer:
            assert "evil" not in await answer.text()


async def test_browsers_may_call_from_anywhere() -> None:
    async with serve() as server:
        url = f"{server.base}/ark{TASKS}"
        origin = {"Origin": "https://page.example.com"}
        asked = {
            **origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        async with server.anonymous.options(url, headers=asked) as answer:
            assert answer.status == 204
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert "POST" in answer.headers["Access-Control-Allow-Methods"]
            assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
        async with server.client.post(url, json=ORDER, headers=origin) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
        async with server.anonymous.post(url, json=ORDER, headers=origin) as answer:
            assert answer.status == 401
            assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_client_request_ids_are_given_back() -> None:
    async with serve() as server:
        headers = {"X-Client-Request-Id": "20261121abc", "Authorization": f"Bearer {KEY}"}
        for path in (TASKS, f"{TASKS}/nope", "/nope"):
            url = f"{server.base}/ark{path}"
            async with server.anonymous.get(url, headers=headers) as answer:
                assert answer.headers["X-Client-Request-Id"] == "20261121abc"
                assert answer.headers["x-request-id"]


async def test_nowhere_is_said_in_words_of_no_dialect() -> None:
    async with serve() as server:
        for path in ("/nothing", "/v1/videos", "//", "/ark"):
            async with server.client.get(server.base + path) as answer:
                assert answer.status == 404
                assert "ark" in (await answer.json())["dialects"]
