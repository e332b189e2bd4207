"""LiteLLM's proxy in front of the simulator's ark, and the openai dialect that stands for the two.

Both are asked the same. Their answers have to have the same status, keys, types, words and
punctuation; what is left out are ids, times, and what ``KNOWN`` explains.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, FormData

from tests.clients import installing
from tests.clients.exchanges import CALLS, FAST, FORMS, MODEL, ORDER, orders
from tests.clients.programs import LITELLM
from tests.clients.starting import answering, free_port
from tests.serving import Server, serve

KEY = "sk-proxied"
START_S = 90

# What differs, by the name of the exchange, and why it may.
KNOWN: Mapping[str, str] = {
    "body {": "the words of LiteLLM's own JSON parser",
    "body abc": "the words of LiteLLM's own JSON parser",
    "body ": "an empty body is an empty object there, and no JSON here",
    "form cut": "a form that ends in the middle is read as far as it goes",
    "GET /v1/videos?custom_llm_provider=volcengine": "the list needs a key in its environment",
    "GET /v1/models": "the simulator sells more models than this proxy was given",
    "GET /v1/videos/video_nope": "the words of its HTTP client without a network",
    "GET /v1/videos/cgt-x/content": "the words of its HTTP client without a network",
    "POST /v1/videos/characters": "the proxy wants a form with two fields first",
}


@dataclass(frozen=True)
class Side:
    """One of the two that are asked the same, and the id that its own task has."""

    session: ClientSession
    base: str
    key: str
    task: str = ""

    async def ask(self, method: str, path: str, **also: Any) -> tuple[int, Any]:
        """Status and body of an answer; of what is no JSON, its kind."""
        headers = {"Authorization": f"Bearer {self.key}", **also.pop("headers", {})}
        url = self.base + path.replace("{id}", self.task)
        async with self.session.request(method, url, headers=headers, **also) as answer:
            raw = await answer.read()
        try:
            return answer.status, masked(json.loads(raw))
        except ValueError:
            return answer.status, "a clip" if raw[4:8] == b"ftyp" else raw[:100].decode("latin-1")


def masked(value: Any, name: str = "") -> Any:
    """An answer without what is of its own moment: ids, times, request ids."""
    if isinstance(value, dict):
        return {key: masked(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner, name) for inner in value]
    if name in ("created_at", "completed_at", "created") and isinstance(value, int):
        return "a time"
    if name == "total_tokens" and isinstance(value, int):
        return "tokens"  # the ark behind the proxy counts as its document says
    if not isinstance(value, str):
        return value
    if name in ("id", "first_id", "last_id") and value.startswith("video_"):
        return "an id"
    return re.sub(r"cgt-\d+-\w+", "an id", re.sub(r"02\d{13}[0-9a-z]{20,}", "a request", value))


async def compare(folder: Path) -> tuple[int, list[str]]:
    """How many answers are alike, and what is to be said of the others."""
    python = await installing.python(folder / "litellm", *LITELLM)
    settings: dict[str, Any] = {"freeze": False, "rate": 4}
    async with (
        # The store's live header breaks LiteLLM's download, so this Ark is the document's.
        serve(**settings) as ark,
        serve(fidelity="observed", callbacks="local", **settings) as ours,
        proxy(python, ark, folder) as real,
        ClientSession() as session,
    ):
        sides = (Side(session, real, KEY), Side(session, f"{ours.base}/openai", KEY))
        return await _compared(*sides)


async def _compared(real: Side, ours: Side) -> tuple[int, list[str]]:
    told: list[str] = []
    alike, unseen = 0, set(KNOWN)

    async def both(name: str, method: str, path: str, **also: Any) -> None:
        nonlocal alike
        given = [dict(also) for _ in range(2)]
        if "form" in also:
            given = [{"data": also["form"]()} for _ in range(2)]
        first = await real.ask(method, path, **given[0])
        second = await ours.ask(method, path, **given[1])
        unseen.discard(name)
        if json.dumps(first) == json.dumps(second):
            alike += 1
            if name in KNOWN:
                told.append(f"{name} is alike by now: {KNOWN[name]}")
        elif name not in KNOWN:
            told.append(f"{name}\n    LiteLLM {first}\n    here    {second}")

    for body in orders():
        await both(json.dumps(body)[:200], "POST", "/v1/videos", json=body)
    for raw in ("{", "abc", "[]", '"x"', ""):
        headers = {"Content-Type": "application/json"}
        await both(f"body {raw}", "POST", "/v1/videos", data=raw.encode(), headers=headers)
    for kind in ("text/plain", "application/octet-stream"):
        raw = json.dumps(ORDER)
        headers = {"Content-Type": kind}
        await both(kind, "POST", "/v1/videos", data=raw.encode(), headers=headers)
    cut = {"Content-Type": "multipart/form-data; boundary=x"}
    await both("form cut", "POST", "/v1/videos", data=b"--x", headers=cut)
    for fields in FORMS:
        await both(f"form {fields}", "POST", "/v1/videos", form=lambda sent=fields: form(sent))
    real, ours = [await _made(side) for side in (real, ours)]
    for wait in (0, 0.4, 1.0):
        await asyncio.sleep(wait)
        await both(f"query after {wait} s", "GET", "/v1/videos/{id}")
        await both(f"content after {wait} s", "GET", "/v1/videos/{id}/content?variant=thumbnail")
    asked = {"prompt": "x", "video": {"id": real.task}, "seconds": "4"}
    for path in ("{id}/remix", "edits", "extensions", "characters"):
        name = f"POST /v1/videos/{path}"
        await both(name, "POST", f"/v1/videos/{path}", json=asked)
    for method, path in CALLS:
        await both(f"{method} {path}", method, path)
    for given in ("", "sk-proxied", "Basic x", "Bearer sk-sim-invalid", "Bearer "):
        headers = {"Authorization": given} if given else {}
        await both(f"key {given!r}", "POST", "/v1/videos", json=dict(ORDER), headers=headers)
    return alike, told + [f"{name} was not asked" for name in sorted(unseen)]


def form(fields: Mapping[str, str | bytes]) -> FormData:
    made = FormData(default_to_multipart=True)
    for name, value in {**ORDER, **fields}.items():
        if isinstance(value, bytes):
            made.add_field(name, value, filename="a.png", content_type="image/png")
        else:
            made.add_field(name, value)
    return made


async def _made(side: Side) -> Side:
    """The side with a task of its own."""
    order = {**ORDER, "seconds": "5", "size": "854x480"}
    headers = {"Authorization": f"Bearer {side.key}"}
    async with side.session.post(f"{side.base}/v1/videos", json=order, headers=headers) as answer:
        return Side(side.session, side.base, side.key, (await answer.json())["id"])


@asynccontextmanager
async def proxy(
    python: str,
    ark: Server | str,
    folder: Path,
    models: Sequence[str] = (MODEL, FAST),
    environment: Sequence[str] = (),
) -> AsyncIterator[str]:
    """The address of a proxy that sells these models of an Ark; it tries everything once."""
    port = free_port()
    address = ark if isinstance(ark, str) else ark.base
    where = {"api_base": f"{address}/ark/api/v3", "api_key": "sk-ark"}
    config = {
        "model_list": [
            {"model_name": name, "litellm_params": {"model": f"volcengine/{name}", **where}}
            for name in models
        ],
        "litellm_settings": {"num_retries": 0},
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
        "general_settings": {"master_key": KEY},
    }
    file = folder / "proxy.yaml"
    file.write_text(json.dumps(config), "utf-8")  # which is YAML too
    process = await asyncio.create_subprocess_exec(
        *("env", "LITELLM_LOCAL_MODEL_COST_MAP=True", *environment),
        *(python, "-m", "litellm.proxy.proxy_cli"),
        *("--config", str(file), "--host", "127.0.0.1", "--port", str(port)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    async with answering(process, f"{base}/health/liveliness", START_S, "the proxy"):
        yield base
