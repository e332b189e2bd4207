"""Judges of the pictures that a clip begins and ends with, recognised by their colours.

A picture is sixteen colours here, the means of its fields: that outlives any codec. It may be cut,
stretched or padded to the clip's shape. All that is no proof of the picture, so only what is far
off is held against an order.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import dist
from statistics import fmean

from conformance.catalogue.rows import Row
from conformance.judge.answers import none
from conformance.judge.case import Case, Finding, broken, difference, ok, unknown
from conformance.plan.frames import FIRST, LAST
from conformance.plan.probes import Probe

Colour = tuple[float, float, float]
Colours = tuple[Colour, ...]
Ways = Mapping[str, Colours]
# Of 442 from black to white. Codecs and other colour spaces move a field by less than ten.
FAR = 60.0
APART = 60.0  # what two pictures have to differ by, to be told from each other
FIELDS = 16
MIDDLE = (5, 6, 9, 10)  # of four times four: where there are no bars
BEYOND = 3  # so many times nearer to the other picture than to its own


def judge(case: Case) -> Finding:
    """Each clip begins with the first picture of its order and ends with the last."""
    seen = []
    for probe in case.of("create"):
        found = looked(case, probe)
        if found.state == "broken":
            return found
        if found.state == "ok":
            seen.append(found)
    if not seen:
        return case.skipped() or none(case)
    return ok("; ".join(dict.fromkeys(each.message for each in seen)), seen=("shown",))


def looked(case: Case, probe: Probe) -> Finding:
    """Whether one clip shows the pictures of its order where they belong."""
    clip, end = case.clip(probe), case.ended(probe)
    told = case.transcript.facts_of("picture", probe.key)
    own = {str(each["end"]): ways for each in told if "cut" in (ways := _ways(each))}
    if not clip or not own:
        return unknown("the clip or the pictures were not seen", end)
    shown = {at: found for at in own if (found := _colours(clip.get(at)))}
    if set(shown) != set(own):
        return unknown("the clip's pictures were not seen", end)
    if len(own) == 2 and apart(own[FIRST]["cut"], own[LAST]) < APART:
        return unknown("the two pictures are too much alike to be told from each other", end)
    what = difference(probe.body, case.dialect.cheapest)
    if len(own) == 2 and all(_other(shown, own, at) for at in own):
        text = "the clip begins with the last picture and ends with the first"
        return broken(f"{what}: {text} ({_said(shown, own)})", end, seen=("swapped",))
    far = [at for at in own if apart(shown[at], own[at]) > FAR]
    if far:
        text = " and ".join(f"the {at} frame is not the {at} picture" for at in far)
        return broken(f"{what}: {text} ({_said(shown, own)})", end, seen=("ignored",))
    return ok(f"the clip shows the {' and the '.join(own)} picture in its place", end)


def visible(case: Case, probe: Probe) -> bool:
    """Whether a row of this run has found the pictures of an order in its clip."""
    return any(
        row.kind == "frames" and _drawn(case, row, probe) and looked(case, probe).state == "ok"
        for row in case.plan.rows
    )


def _drawn(case: Case, row: Row, probe: Probe) -> bool:
    return any(each.key == probe.key for each in case.plan.drawn.get(row.id, ()))


def apart(frame: Colours, picture: Ways) -> float:
    """How far a frame is from a picture, in the way in which it may be nearest."""
    return min(_distance(frame, colours, way) for way, colours in picture.items())


def _distance(one: Colours, other: Colours, way: str) -> float:
    """The mean of the distances of all fields, or of those in the middle."""
    fields = MIDDLE if way == "padded" else range(FIELDS)
    return fmean(dist(one[each], other[each]) for each in fields)


def _ways(told: Mapping[str, object]) -> dict[str, Colours]:
    ways = ("cut", "stretched", "padded")
    return {way: found for way in ways if (found := _colours(told.get(way)))}


def _colours(value: object) -> Colours | None:
    """The colours that a transcript has written down; None where it has none."""
    found = tuple(_colour(value)) if isinstance(value, list | tuple) else ()
    return found if len(found) == FIELDS else None


def _colour(value: Sequence[object]) -> Iterator[Colour]:
    for each in value:
        if isinstance(each, list | tuple) and len(each) == 3:
            yield float(each[0]), float(each[1]), float(each[2])


def _other(shown: Mapping[str, Colours], own: Mapping[str, Ways], at: str) -> bool:
    """Whether a frame is beyond doubt the picture that belongs to the other end."""
    other = LAST if at == FIRST else FIRST
    return apart(shown[at], own[other]) * BEYOND < apart(shown[at], own[at])


def _said(shown: Mapping[str, Colours], own: Mapping[str, Ways]) -> str:
    return ", ".join(f"{at} {_hex(shown[at])}, ordered {_hex(own[at]['cut'])}" for at in own)


def _hex(colours: Colours) -> str:
    """All of a picture as one colour."""
    parts = (fmean(part) for part in zip(*colours, strict=True))
    return "#" + "".join(f"{min(max(round(part), 0), 255):02x}" for part in parts)
