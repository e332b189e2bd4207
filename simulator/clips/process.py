"""ffmpeg as a process of its own: bounded in number and time, killed with its group."""

import asyncio
import contextlib
from typing import Any

import msgspec

from simulator.media.process_group import kill

LIMIT_S = 30.0
AT_ONCE = 2


class StudioError(Exception):
    """A clip cannot be made now; the text is one plain sentence."""


class Ffmpeg(msgspec.Struct):
    """Runs the graphs that ffmpeg-python builds."""

    path: str | None = None
    limit: float = LIMIT_S
    _slots: asyncio.Semaphore = msgspec.field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    def executable(self) -> str:
        if self.path is None:
            import imageio_ffmpeg

            try:
                self.path = str(imageio_ffmpeg.get_ffmpeg_exe())
            except RuntimeError as error:
                raise StudioError("There is no ffmpeg for this machine.") from error
        return self.path

    async def run(self, graph: Any, given: bytes = b"", patience: int = 1) -> bytes:
        """What the graph writes to its pipe when ``given`` is on its standard input.

        ``patience`` is how many times the usual limit it may take.
        """
        import ffmpeg

        quiet = graph.global_args("-hide_banner", "-nostdin", "-loglevel", "error")
        command = ffmpeg.compile(quiet, cmd=self.executable())
        async with self._slots:
            return await self._talk(command, given, self.limit * patience)

    async def _talk(self, command: list[str], given: bytes, limit: float) -> bytes:
        process = await start(command)
        try:
            async with asyncio.timeout(limit):
                out, complaints = await process.communicate(given)
        except TimeoutError as error:
            raise StudioError(f"ffmpeg took longer than {limit:g} seconds.") from error
        finally:
            await end(process)
        if process.returncode != 0:
            raise StudioError(reason(process.returncode, complaints))
        return out


async def start(command: list[str]) -> asyncio.subprocess.Process:
    """Start a command in a session of its own; a StudioError if it cannot be."""
    pipe = asyncio.subprocess.PIPE
    try:
        return await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )
    except OSError as error:
        raise StudioError(f"ffmpeg cannot be started: {error.strerror}.") from error


async def end(process: asyncio.subprocess.Process) -> None:
    """Kill what is left of the process group."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            kill(process)
        await process.wait()


def reason(code: int | None, complaints: bytes) -> str:
    """Why a run of ffmpeg failed, in one sentence."""
    if code is not None and code < 0:
        return f"ffmpeg was killed by signal {-code}."
    lines = complaints.decode("utf-8", "replace").strip().splitlines()
    return f"ffmpeg failed: {lines[-1].strip().rstrip('.') if lines else f'exit code {code}'}."
