"""Runs the README's lines for Testcontainers, as far as this machine can.

    python -m tests.clients.containers [--folder FOLDER]

The newest Testcontainers is installed for Java, Node and Python, and each of the README's blocks is
compiled and run against it. Where no container engine answers, each has to end with exactly the
library's complaint about that: what it says before (an unknown method, a missing import) fails.
"""

import asyncio
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.clients.installing import Missing, ended, java, node, python
from tests.clients.tables import Rows, arguments_of, printed

README = (Path(__file__).parent.parent.parent / "README.md").read_text("utf-8")
TIMEOUT_S = 300
# What each library says, and nothing else, where there is no engine.
NO_ENGINE = re.compile(
    r"Could not find a valid Docker environment|Could not find a working container runtime strategy"
    r"|Error while fetching server API version"
)


def block(language: str) -> str:
    """The README's lines for Testcontainers in a language."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    (found,) = [text for text in blocks if "testcontainers" in text]
    return str(found)


async def in_python(folder: Path) -> Sequence[str]:
    program = folder / "containers.py"
    program.write_text(block("python") + "print(base_url)\nsim.stop()\n", "utf-8")
    return [await python(folder / "containers-python", ("testcontainers",)), str(program)]


async def in_node(folder: Path) -> Sequence[str]:
    # The last that Node 20 can load; from 12 on it needs Node 22.
    place = await node(folder / "containers-node", "testcontainers@11")
    program = Path(place, "containers.mjs")
    text = block("js") + "console.log(baseUrl);\nawait sim.stop();\n"
    await asyncio.to_thread(program.write_text, text, "utf-8")
    return ["node", str(program)]


async def in_java(folder: Path) -> Sequence[str]:
    path = await java(folder / "containers-java", "org.testcontainers", "testcontainers")
    imports, lines = block("java").split("\n\n", 1)
    text = f"{imports}\npublic class Containers {{ public static void main(String[] given) {{\n"
    text += f"{lines}System.out.println(baseUrl); sim.stop();\n}} }}\n"
    program = folder / "Containers.java"
    await asyncio.to_thread(program.write_text, text, "utf-8")
    return ["java", "-cp", path, str(program)]


async def outcome(language: str, folder: Path) -> str:
    """What became of the lines of a language, in a few words."""
    prepare = {"python": in_python, "js": in_node, "java": in_java}[language]
    try:
        status, lines = await ended(await prepare(folder), TIMEOUT_S)
    except Missing as missing:
        return f"left out: {missing}"
    except TimeoutError:
        return f"FAILED: it hangs for {TIMEOUT_S} s"
    said = "\n".join(lines)
    if status == 0:
        return f"good: {lines[-1]}"
    if NO_ENGINE.search(said):
        return "good, up to the container engine that is not here"
    return f"FAILED: {said[-600:]}"


async def table(folder: Path) -> Rows:
    """Every language with its outcome."""
    names = ("java", "js", "python")
    return list(zip(names, await asyncio.gather(*(outcome(n, folder) for n in names)), strict=True))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the blocks, print what became of them, and say whether all are well."""
    given = arguments_of("tests.clients.containers", __doc__).parse_args(arguments)
    return printed(table, given.folder)


if __name__ == "__main__":
    sys.exit(main())
