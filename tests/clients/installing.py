"""Places in which clients are installed as their users do: virtual environments, node_modules."""

import asyncio
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

LIMIT_S = 900


class Missing(Exception):
    """A tool that this machine lacks, or a package that cannot be had here."""


async def python(folder: Path, *steps: tuple[str, ...]) -> str:
    """The interpreter of an environment into which pip has put the packages, step by step."""
    own = folder / "bin" / "python"
    done = folder / "installed"
    if done.exists() and done.read_text("utf-8") == repr(steps):
        return str(own)
    await command(sys.executable, "-m", "venv", "--clear", str(folder))
    for step in steps:
        await command(str(own), "-m", "pip", "install", "--quiet", *step)
    done.write_text(repr(steps), "utf-8")
    return str(own)


async def node(folder: Path, *packages: str) -> str:
    """The folder whose node_modules have the packages."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            raise Missing(f"there is no {tool} here")
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    await command("npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", *packages)
    return str(folder)


async def command(*words: str) -> None:
    """Run a command; its last words where it fails."""
    try:
        status, lines = await ended(words, LIMIT_S)
    except TimeoutError:
        raise Missing(f"{words[0]} took more than {LIMIT_S} s") from None
    if status != 0:
        last = lines[-1] if lines else ""
        raise Missing(f"{Path(words[0]).name} cannot install it: {last[:200]}")


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
