"""What a task has made: fetched by its link like anybody would, and its facts written down."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.collect.bounds import CLIP, MB, STILL
from conformance.collect.collector import Collector
from conformance.collect.measuring import measurer
from conformance.collect.tasks import Task
from conformance.collect.transport import Outgoing
from conformance.plan import frames, probes
from conformance.plan.ledger import ZERO
from conformance.plan.probes import Probe
from conformance.plan.references import DATA
from conformance.plan.terms import Way
from conformance.untrusted.bounds import is_link


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that came from a link; `problem` where it is not whole for its size."""

    path: Path
    problem: str = ""


Named = Callable[[str], Path]


@contextlib.contextmanager
def _files(folder: Path, task: Task) -> Iterator[Named]:
    """Names for the files of one fetch, which are gone after it.

    All are in one folder: to remove a folder for each clip may hold up all else for milliseconds.
    """
    made: list[Path] = []

    def named(what: str) -> Path:
        made.append(folder / f"{task.probe.key}-{what}")
        return made[-1]

    try:
        yield named
    finally:
        for path in made:
            path.unlink(missing_ok=True)


async def fetch(run: Collector, task: Task) -> None:
    """Fetch the clip, and the last picture where one is there and wanted."""
    async with run.fetches:
        with _files(run.scratch, task) as named:
            call = probes.download(run.plan.world, of=task.probe.key, tag="clip")
            url = run.address(call, task) if call.call == "content" else task.link
            clip = await _fetched(run, task, call, url, named, CLIP)
            if clip is not None:
                ends = "ends" in task.probe.follow
                facts = await _measured(clip, measurer().clip, clip.path, ends)
                if ends and "problem" not in facts:
                    await _pictures(run, task, facts, named)
                run.writer.line("clip", {"of": task.probe.key, **facts})
            if "still" not in task.probe.follow:
                return
            picture = probes.link(task.probe.key, tag="still")
            still = await _fetched(run, task, picture, task.still, named, STILL)
            if still is not None:
                beside = clip.path if clip and not clip.problem else None
                facts = await _measured(still, measurer().still, still.path, beside)
                run.writer.line("still", {"of": task.probe.key, **facts})


async def _pictures(run: Collector, task: Task, clip: Mapping[str, Any], named: Named) -> None:
    """What the pictures are that the clip should begin and end with, as they were handed over.

    A simulator knows only those of its own host, so of others nothing can be seen in its clips.
    """
    if run.plan.world.control and not run.references.simulated:
        return
    for end, placeholder in frames.pictures(run.plan.world, task.probe.body).items():
        form = task.probe.form.way
        asked = f"{form} {placeholder}", clip["width"], clip["height"]
        facts = run.pictures.get(asked)
        path = named(end)
        if facts is None and await _handed(run, placeholder, form, path):
            facts = await _measured(Fetched(path), measurer().picture, path, *asked[1:])
        if facts is not None:
            run.pictures[asked] = facts
            run.writer.line("picture", {"of": task.probe.key, "end": end, **facts})


async def _handed(run: Collector, placeholder: str, form: Way, path: Path) -> bool:
    """Write one of these into a file: from its host, or as the order itself held it."""
    if placeholder.startswith(DATA):
        await asyncio.to_thread(path.write_bytes, run.references.data(placeholder).raw)
    elif form is Way.MULTIPART:
        await asyncio.to_thread(path.write_bytes, run.references.file(placeholder).raw)
    else:
        return await _had(run, run.references.link(placeholder), path)
    return True


async def _had(run: Collector, url: str, path: Path) -> bool:
    """Fetch a reference of the suite's own; it is no call of the endpoint, and not written down."""
    if not is_link(url):
        return False
    outgoing = Outgoing("", "free", ZERO, "GET", url, {}, redirects=True)
    async with run.slots:
        with path.open("wb") as file:
            answer = await run.transport.send(outgoing, run.owed, STILL, file)
    return answer.status == 200 and answer.size <= STILL


async def _measured(file: Fetched, measure: Any, *paths: Any) -> Mapping[str, Any]:
    if file.problem:
        return {"problem": file.problem}
    found: Mapping[str, Any] = await asyncio.to_thread(measure, *paths)
    return found


async def _fetched(
    run: Collector, task: Task, probe: Probe, url: str | None, named: Named, most: int
) -> Fetched | None:
    if url is None or not is_link(url):
        return None
    headers = run.outgoing_headers(probe, None)
    redirects = run.redirected(probe)
    outgoing = Outgoing(probe.key, "free", ZERO, "GET", url, headers, redirects=redirects)
    path = named(probe.tag)
    async with run.slots:
        with path.open("wb") as file:
            answer = await run.transport.send(outgoing, run.owed, most, file)
    exchange = run.exchange(probe, outgoing, None, answer, task)
    run.writer.exchange(exchange)
    run.seen(exchange)
    if answer.status != 200:
        return None
    long = f"it is longer than {most // MB} MB, where the suite stops to read"
    return Fetched(path, long if answer.size > most else "")
