"""Programs that use an official client; each ends with 0 once everything was as it should be."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from simulator.dialects import NAMES
from tests.clients import installing

HERE = Path(__file__).parent
LIMIT_S = 120

# LiteLLM's version whose answers were captured, and are compared; its extra ``proxy`` asks for a
# package that is not published, so the proxy's own needs come from an older version.
LITELLM = (("litellm[proxy]", "semver"), ("--no-deps", "litellm==1.110.2"))

GENERATOR = "openapi-python-client>=0.29.1"
# It knows no media types but its own list: what is a file is said as its configuration asks for it.
OVERRIDES = """content_type_overrides:
  video/mp4: application/octet-stream
  image/*: application/octet-stream
  video/*: application/octet-stream
  audio/*: application/octet-stream
"""
SIMULATOR = (sys.executable, "-m", "simulator")

Install = Callable[[Path], Awaitable[list[str]]]


@dataclass(frozen=True)
class Client:
    """A client: its name, and how it is installed into a folder, which gives the command to run.

    The server's address, a key and the path of a picture follow the command.
    """

    name: str
    install: Install


class Failed(Exception):
    """A program that ended otherwise than well; the text is the end of what it said."""


async def run(client: Client, base: str, folder: Path, key: str = "") -> None:
    """Install a client and let its program run, with a key of its own where none is given."""
    words = await client.install(folder)
    key = key or f"sk-{client.name.replace(' ', '-')}"
    command = [*words, base, key, str(folder / "picture.png")]
    try:
        status, lines = await installing.ended(command, LIMIT_S)
    except TimeoutError:
        raise Failed(f"it hangs for {LIMIT_S} s") from None
    if status != 0:
        raise Failed("\n".join(lines[-8:]))


async def _openai_python(program: str, folder: Path) -> list[str]:
    return [sys.executable, "-W", "ignore", str(HERE / program)]


async def _openai_node(program: str, folder: Path) -> list[str]:
    modules = await installing.node(folder / "openai-node", "openai")
    return ["node", str(HERE / program), modules]


async def _litellm(program: str, folder: Path) -> list[str]:
    python = await installing.python(folder / "litellm", *LITELLM)
    return ["env", "LITELLM_LOCAL_MODEL_COST_MAP=True", python, str(HERE / program)]


async def _arkruntime(folder: Path) -> list[str]:
    python = await installing.python(folder / "arkruntime", ("arkruntime",))
    return [python, "-W", "ignore", str(HERE / "arkruntime_python.py")]


async def _ai_sdk(folder: Path) -> list[str]:
    modules = await installing.node(folder / "ai-sdk", "ai", "@ai-sdk/bytedance")
    return ["node", str(HERE / "ai_sdk_node.mjs"), modules]


async def _ark_go(folder: Path) -> list[str]:
    package = "github.com/volcengine/volcengine-go-sdk/service/arkruntime"
    place = folder / "ark-go"
    build = await installing.go(place, HERE / "ark_go.go", package)
    status, lines = await installing.ended(build, installing.LIMIT_S)
    if status != 0:
        raise Failed("\n".join(lines[-8:]))
    return [str(place / "client")]


async def _ark_java(folder: Path) -> list[str]:
    artifact = ("com.volcengine", "volcengine-java-sdk-ark-runtime")
    archives = await installing.java(folder / "ark-java", *artifact)
    return ["java", "-cp", archives, str(HERE / "ArkJava.java")]


async def _generated(folder: Path) -> list[str]:
    """A client of every document, in which no call is missing; the program uses ark's.

    The commands are those of the README, and of the generator's own page.
    """
    place, packages = folder / "generator", folder / "generated"
    python = await installing.python(place, (GENERATOR,))
    await asyncio.to_thread(packages.mkdir, exist_ok=True)
    tool = ["env", f"PATH={place / 'bin'}{os.pathsep}{os.environ['PATH']}", "openapi-python-client"]
    (config := packages / "config.yml").write_text(OVERRIDES, "utf-8")
    for name in (*NAMES, "control"):
        printed = await asyncio.to_thread(
            subprocess.run, [*SIMULATOR, "openapi", name], check=True, capture_output=True
        )
        (document := packages / f"{name}.json").write_bytes(printed.stdout)
        made = ["--output-path", str(packages / name), "--meta", "none", "--overwrite"]
        given = ["--path", str(document), "--config", str(config), "--fail-on-warning"]
        status, lines = await installing.ended([*tool, "generate", *given, *made], LIMIT_S)
        if status != 0:
            raise Failed("\n".join([f"of {name} no whole client can be made:", *lines[:12]]))
    return [python, str(HERE / "generated_ark.py"), str(packages)]


# With the key of the proxy as their name.
PROXIED = {
    "OpenAI before LiteLLM": Client("proxied", partial(_openai_python, "openai_proxied.py")),
    "OpenAI for Node before LiteLLM": Client(
        "proxied", partial(_openai_node, "openai_proxied.mjs")
    ),
}

CLIENTS = (
    Client("arkruntime for Python", _arkruntime),
    Client("Ark for Go", _ark_go),
    Client("Ark for Java", _ark_java),
    Client("AI SDK for ByteDance", _ai_sdk),
    Client("OpenAI for Python", partial(_openai_python, "openai_python.py")),
    Client("OpenAI for Node", partial(_openai_node, "openai_node.mjs")),
    Client("LiteLLM as a library", partial(_litellm, "litellm_library.py")),
    Client("OpenAI before new-api", partial(_openai_python, "openai_gateways.py")),
    Client("LiteLLM before new-api", partial(_litellm, "litellm_gateways.py")),
    Client("generated from OpenAPI", _generated),
)

# Before a real new-api, with the key of its user and a channel for each of their models.
CHAINED = (
    Client("OpenAI for Python", partial(_openai_python, "openai_chained.py")),
    Client("OpenAI for Node", partial(_openai_node, "openai_chained.mjs")),
    Client("LiteLLM as a library", partial(_litellm, "litellm_chained.py")),
)
