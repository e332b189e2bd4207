"""What a task has made: fetched by its link like anybody would, and its facts written down."""

import asyncio

from conformance.collector import Collector, Task
from conformance.ledger import ZERO
from conformance.probes import Probe
from conformance.transport import Outgoing
from conformance.trimming import is_link

CLIP_BYTES = 256 * 1024 * 1024


async def fetch(run: Collector, task: Task) -> None:
    """Fetch the clip, and the last picture where one is there and wanted."""
    from conformance import clip

    raw = await _fetched(run, task, task.link, "clip")
    if raw is not None:
        facts = await asyncio.to_thread(clip.facts, raw)
        run.writer.line("clip", {"of": task.probe.key, **facts})
    if "still" not in task.probe.follow:
        return
    picture = await _fetched(run, task, task.still, "still")
    if picture is not None:
        found = await asyncio.to_thread(clip.still, picture, raw)
        run.writer.line("still", {"of": task.probe.key, **found})


async def _fetched(run: Collector, task: Task, url: str | None, tag: str) -> bytes | None:
    if url is None or not is_link(url):
        return None
    probe = Probe("download", "GET", "{link}", auth="none", of=task.probe.key, tag=tag)
    headers = {"Accept-Encoding": "identity"}
    outgoing = Outgoing(probe.key, "free", ZERO, "GET", url, headers, redirects=True)
    async with run.slots:
        answer = await run.transport.send(outgoing, run.owed, CLIP_BYTES)
    exchange = run.exchange(probe, outgoing, None, answer, task)
    run.writer.exchange(exchange)
    run.seen(exchange)
    return answer.raw if answer.status == 200 else None
