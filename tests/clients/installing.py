"""Places in which clients are installed as their users do: virtual environments, node_modules.

For Go that is a module, for Java a folder of archives.
"""

import asyncio
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

LIMIT_S = 900
# So long it waits before it asks a registry again.
PAUSES_S = (5, 20)
# Several clients may need the same environment, and are installed side by side.
_TURNS: dict[Path, asyncio.Lock] = {}
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>clients</groupId>
  <artifactId>clients</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>{group}</groupId>
      <artifactId>{artifact}</artifactId>
      <version>LATEST</version>
    </dependency>
  </dependencies>
</project>
"""


class Missing(Exception):
    """A tool that this machine lacks, or a package that cannot be had here."""


async def python(folder: Path, *steps: tuple[str, ...]) -> str:
    """The interpreter of an environment into which pip has put the packages, step by step."""
    own = folder / "bin" / "python"
    done = folder / "installed"
    async with _TURNS.setdefault(folder, asyncio.Lock()):
        if done.exists() and done.read_text("utf-8") == repr(steps):
            return str(own)
        await command(sys.executable, "-m", "venv", "--clear", str(folder))
        for step in steps:
            await command(str(own), "-m", "pip", "install", "--quiet", *step)
        done.write_text(repr(steps), "utf-8")
        return str(own)


async def node(folder: Path, *packages: str) -> str:
    """The folder whose node_modules have the packages."""
    _need("node", "npm")
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    await command("npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", *packages)
    return str(folder)


async def go(folder: Path, program: Path, package: str) -> list[str]:
    """The command that builds a program in a module that has the newest version of a package."""
    _need("go")
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    (folder / "go.mod").write_text("module clients\n\ngo 1.21\n", "utf-8")
    await asyncio.to_thread(shutil.copyfile, program, folder / "main.go")
    tool = ["env", "GOTOOLCHAIN=local", "go", "-C", str(folder)]
    await command(*tool, "get", f"{package}@latest")
    return [*tool, "build", "-o", "client", "."]


async def java(folder: Path, group: str, artifact: str) -> str:
    """The class path of the newest version of an artifact and of all that it needs."""
    _need("javac", "java", "mvn")
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    pom, archives = folder / "pom.xml", folder / "lib"
    pom.write_text(POM.format(group=group, artifact=artifact), "utf-8")
    goal = ("dependency:copy-dependencies", f"-DoutputDirectory={archives}")
    await command("mvn", "-q", "-B", "-f", str(pom), *goal)
    return f"{archives}/*"


def _need(*tools: str) -> None:
    for tool in tools:
        if shutil.which(tool) is None:
            raise Missing(f"there is no {tool} here")


async def command(*words: str) -> None:
    """Run a command, some more times where it fails; what it says where it goes on failing."""
    for pause in (*PAUSES_S, None):
        try:
            status, lines = await ended(words, LIMIT_S)
        except TimeoutError:
            raise Missing(f"{words[0]} took more than {LIMIT_S} s") from None
        if status == 0 or pause is None:
            break
        await asyncio.sleep(pause)
    if status != 0:
        tool = next(word for word in words if word != "env" and "=" not in word)
        # Maven says what is wrong first, and ends with where to read about it.
        telling = [line for line in lines if line.startswith("[ERROR]")][:1] or lines[-1:] or [""]
        raise Missing(f"{Path(tool).name} cannot install it: {telling[0][:200]}")


async def ended(words: Sequence[str], limit: float) -> tuple[int, list[str]]:
    """Exit status and lines of a command; a TimeoutError, and no process, after so many seconds."""
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), limit)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode is not None
    return process.returncode, said.decode(errors="replace").strip().splitlines()
