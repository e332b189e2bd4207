"""What a run did not get of the one thing that everything else hangs on: a task and its clip."""

from collections.abc import Mapping, Sequence
from typing import Any

from conformance.catalogue import reader
from conformance.collect.transcript import Transcript
from conformance.judge.case import told
from conformance.plan.probes import Probe
from conformance.plan.stage import Plan


def seen(plan: Plan, transcript: Transcript) -> str:
    """Why the endpoint could not show what it is for; the empty string where it could.

    A verdict without a task, or without a clip, would speak of an endpoint that nobody has seen
    at work, however many refusals it has right.
    """
    dialect = plan.world.dialect
    legal = [
        (each, answer)
        for each in plan.with_cost("own", "shared")
        if each.want == "accept" and not each.fate and (answer := transcript.sent(each.key))
    ]
    made = [
        each
        for each, answer in legal
        if reader.outcome(dialect, answer.status, answer.json) == "accepted"
    ]
    if legal and not made:
        return f"no legal order became a task: {told(legal[0][1])}"
    watched = [each for each in made if "query" in each.follow]
    polls = [poll for each in watched for poll in transcript.by_task.get(each.key, ())]
    if not any(reader.phase(dialect, each.json) == "succeeded" for each in polls):
        return f"no task was seen to succeed: {told(polls[-1])}" if polls else ""
    fetched = [each for each in watched if "clip" in each.follow]
    clips = [clip for each in fetched if (clip := transcript.fact("clip", each.key))]
    if fetched and not any("problem" not in clip for clip in clips):
        return f"no clip could be had: {_why(transcript, fetched, clips)}"
    return ""


def _why(
    transcript: Transcript, fetched: Sequence[Probe], clips: Sequence[Mapping[str, Any]]
) -> str:
    keys = {probe.key for probe in fetched}
    loads = [each for each in transcript.exchanges if each.tag == "clip" and each.of in keys]
    if bad := [each for each in loads if each.status != 200]:
        return told(bad[0])
    return (
        str(clips[-1]["problem"])
        if clips
        else "no answer holds a whole link at the documented place"
    )
