"""The printed script of a failure, run against the server that failed."""

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from imageio_ffmpeg import get_ffmpeg_exe

from conformance.collect import opening
from conformance.collect.transcript import Exchange, Transcript
from conformance.judge import verdicts
from conformance.report.model import Report
from conformance.report.reproduce import SHOWS_NOT
from tests.conformance.meeting import NOTICED, judged

LONGEST = 30
# What a script may count on: the tools of every Unix, curl, and Python for callbacks.
TOOLS = (
    "awk", "base64", "cat", "cmp", "cut", "date", "dd", "env", "expr", "file", "grep", "head", "ls",
    "mkdir", "mktemp", "mv", "od", "openssl", "rm", "sed", "sh", "sleep", "sort", "tail", "timeout",
    "tr", "uname", "wc", "curl",
)  # fmt: skip


def report_of(transcript: Transcript, ids: Iterable[str]) -> Report:
    """The report of what was recorded."""
    plan = opening.plan_of(transcript.meta)
    found = tuple(judged(transcript, ids).values())
    return Report(plan, transcript, found, verdicts.verdict(found, True), {})


async def unshown(transcript: Transcript, ids: Iterable[str], measure: str = "ffmpeg") -> list[str]:
    """What is wrong with the scripts of the rows that fail or warn."""
    report = report_of(transcript, ids)
    wrong = []
    for each in report.results:
        if each.result in NOTICED and (why := await _unshown(report, each, measure)):
            wrong.append(f"{each.id}: {why}")
    return wrong


async def _unshown(report: Report, result: Any, measure: str) -> str:
    text = report.reproducer(result)
    if SHOWS_NOT in text:
        return ""
    code, said = await ran(text, measure)
    shown = list(report.exchanges(result))[:2]
    if code and all(each.status is not None for each in shown):
        return f"the script ends with {code}: {said[-300:]}"
    wanted = statuses(report.exchanges(result))
    seen = {int(each) for each in re.findall(r"^HTTP (\d{3})\b", said, re.MULTILINE)}
    if wanted and not wanted & seen and "broke off" not in said:
        return f"the script shows {sorted(seen)}, and the evidence was {sorted(wanted)}"
    return _unmeasured(result, said)


def _unmeasured(result: Any, said: str) -> str:
    """What the message speaks of and the script does not show: a clip's size, callbacks."""
    lines = said.splitlines()
    said = "\n".join(each for each in lines if not each.startswith(("expected:", "seen in the")))
    sizes = re.findall(r"(?:it|the clip) is (\d+x\d+)", result.message)
    if sizes and sizes[0] not in said:
        return f"the script shows no clip of {sizes[0]}: {said[-300:]}"
    came = re.findall(r"^CALLBACK .*", said, re.MULTILINE)
    if "no callback came" in result.message:
        came = [each for each in came if (id := first_id(said)) and id in each]
    if "no callback came" in result.message and came:
        return f"the script shows {len(came)} callbacks"
    number = re.search(r"callbacks came, not (\d+)", result.message)
    if number and len(came) == int(number[1]):
        return f"the script shows {len(came)} callbacks, as it should be: {said[-600:]}"
    return ""


def first_id(said: str) -> str:
    """The id in the first answer that a script shows."""
    found = re.search(r'"(?:id|task_id)": *"([^"]+)"', said)
    return found[1] if found else ""


def statuses(shown: Iterable[Exchange]) -> set[int]:
    """The statuses of the answers that a failure rests on."""
    return {each.status for each in list(shown)[:2] if each.status is not None}


def toolbox(folder: Path, measure: str) -> str:
    """A PATH with what every machine has, and with one tool that measures clips.

    What else the machine has must not decide what a script shows: it would show something else on
    the machine of whoever reads the report.
    """
    folder.mkdir()
    for name in TOOLS:
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    (folder / "python3").symlink_to(Path(sys.executable).resolve())
    (folder / measure).symlink_to(shutil.which(measure) or get_ffmpeg_exe())
    return str(folder)


async def ran(text: str, measure: str = "ffmpeg") -> tuple[int, str]:
    """The exit status of a script and all that it said, with the tool that it measures clips by."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "reproducer.sh"
        script.write_text(text, "utf-8")
        path = toolbox(Path(folder) / "tools", measure)
        named = {
            "PAY": "1",
            "WAIT": "0.3",
            "QUIET": "3",
            "LOOKS": "20",
            "TMPDIR": folder,
            "PATH": path,
        }
        keys = {"SEEDANCE_API_KEY": "sk-reproduce", "SEEDANCE_SECOND_KEY": "sk-reproduce-two"}
        code, said = await shell(script, named | keys, LONGEST)
        return code, said.decode("utf-8", "replace")


async def shell(
    script: Path, named: Mapping[str, str], longest: float, folder: Path | None = None
) -> tuple[int, bytes]:
    """The exit status of a script under these variables, and all that it said."""
    process = await asyncio.create_subprocess_exec(
        "sh", str(script), env=named, cwd=folder,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(longest):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return -1, f"it does not end within {longest} s".encode()
    return process.returncode or 0, said
