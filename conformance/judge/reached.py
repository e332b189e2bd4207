"""Modes by the X-ray: whether the references of an order that was taken reached the upstream.

No clip and no answer shows what a reference does, so that a mode passes as accepted alone. Where a
simulator stands behind the gateway its journal tells: a reference that never arrived, or arrived as
something else, is a mode that does not work, whatever the gateway answered. That warns and does not
fail: the rows of modes say no more than that such an order is accepted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from conformance.collect.transcript import Transcript
from conformance.judge.verdicts import UNSEEN, Result
from conformance.judge.xray import DROPPED, Picture, pictures
from conformance.plan.permits import SURE
from conformance.plan.stage import Plan


def judged(plan: Plan, transcript: Transcript, found: Sequence[Result]) -> tuple[Result, ...]:
    """The results, those of modes with what became of their references."""
    seen = {each.mode: each for each in pictures(plan, transcript) if each.state == "seen"}
    return tuple(_judged(each, seen) for each in found)


def _judged(result: Result, seen: Mapping[str, Picture]) -> Result:
    row = result.row
    picture = seen.get(row.expect["mode"]) if row.kind == "mode" else None
    if picture is None or result.result != "pass" or row.level not in SURE:
        return result
    media = [each for each in picture.passages if each.medium]
    numbers = (picture.number,)
    for each in media:
        if each.outcome == DROPPED or each.note:
            what = f"was {each.note}" if each.note else "did not reach the upstream"
            said = f"it was accepted, but its {each.field} {what}"
            return replace(result, result="warn", message=said, evidence=numbers, unseen=False)
    if not media or not result.unseen:
        return result
    said = f"{result.message.removeprefix(UNSEEN)}; all its references reached the upstream"
    return replace(result, message=said, unseen=False)
