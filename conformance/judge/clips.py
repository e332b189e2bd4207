"""Judges of the delivered file: container, codec, size, rate, frames, length, sound, last frame."""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.catalogue import orders
from conformance.judge.acceptance import settled
from conformance.judge.answers import brief, none
from conformance.judge.case import Case, Finding, broken, difference, ok, unknown
from conformance.judge.effects import asked, in_clip, pixels, proportion
from conformance.plan.probes import Probe

Verdict = tuple[bool | None, str]


def judge(case: Case) -> Finding:
    """Every clip to which the row applies has the property."""
    name = case.expect["property"]
    if name == "still":
        return still(case)
    checked, open_, seen = 0, "", set()
    for probe in case.relevant():
        clip = case.clip(probe)
        if clip is None:
            continue
        if "problem" in clip and name != "container":
            return broken(f"{_what(case, probe)}: {clip['problem']}", case.ended(probe))
        good, text = PROPERTIES[name](case, probe, clip)
        seen.add(_shown(case, name, probe, clip))
        if good is False:
            return broken(f"{_what(case, probe)}: {text}", case.ended(probe), seen=tuple(seen))
        checked, open_ = checked + bool(good), text if good is None else open_
    if checked:
        return ok(f"{checked} clips have it", seen=tuple(seen))
    return unknown(open_) if open_ else none(case)


def _what(case: Case, probe: Probe) -> str:
    return difference(probe.body, case.dialect.cheapest)


def _shown(case: Case, name: str, probe: Probe, clip: Mapping[str, Any]) -> str:
    if name == "frames":
        usual = _length(case, probe, clip) * case.expect["per_second"]
        return f"clip extra {clip['frames'] - usual}"
    if name == "size":
        return f"clip size {clip.get('width')}x{clip.get('height')}"
    value = clip.get(name)
    return f"clip {name} {str(value).lower() if isinstance(value, bool) else value}"


def _plain(name: str) -> Any:
    def judged(case: Case, probe: Probe, clip: Mapping[str, Any]) -> Verdict:
        value, wanted = clip.get(name), case.expect.get("value")
        listed = wanted if isinstance(wanted, tuple) else (wanted,)
        return value in listed, f"its {name} is {brief(value)}, not {' or '.join(map(str, listed))}"

    return judged


def _fps(case: Case, probe: Probe, clip: Mapping[str, Any]) -> Verdict:
    close = abs(clip["fps"] - case.expect["value"]) < 0.05
    return close, f"it has {clip['fps']} frames a second, not {case.expect['value']}"


def _seconds(case: Case, probe: Probe, clip: Mapping[str, Any]) -> Verdict:
    wanted = asked(probe.body, case.world.catalogue, "duration")
    if case.dialect.request.value(probe.body, "frames") is not None:
        return None, "its length was asked for in frames"
    if isinstance(wanted, str) and wanted.isdigit():
        wanted = int(wanted)
    if not isinstance(wanted, int) or wanted < 0:
        return None, "the order leaves the length open"
    close = abs(clip["seconds"] - wanted) <= case.expect["within"]
    return close, f"it lasts {clip['seconds']} s, not {wanted}"


def _length(case: Case, probe: Probe, clip: Mapping[str, Any]) -> int:
    """The seconds that were asked for, or that were delivered where the order leaves it open."""
    wanted = asked(probe.body, case.world.catalogue, "duration")
    return wanted if isinstance(wanted, int) and wanted >= 0 else round(clip["seconds"])


def _frames(case: Case, probe: Probe, clip: Mapping[str, Any]) -> Verdict:
    if case.dialect.request.value(probe.body, "frames") is not None:
        return None, "its frames were asked for"
    usual = _length(case, probe, clip) * case.expect["per_second"]
    choices = [usual + extra for extra in case.expect["extra"]]
    return clip["frames"] in choices, f"it has {clip['frames']} frames, none of {choices}"


def _size(case: Case, probe: Probe, clip: Mapping[str, Any]) -> Verdict:
    if "of" in case.expect:
        named = orders.value_of(probe.body, case.expect["of"])
        meant = case.expect["value"].get(named) if isinstance(named, str) else None
        return _sized(clip, meant, f"{brief(named)} is not of this row")
    levels = () if case.expect.get("when") else ("must", "should")
    wanted = pixels(probe.body, case.world.catalogue, levels)
    return _sized(clip, wanted, "the table has no size for it")


def _sized(clip: Mapping[str, Any], wanted: tuple[int, ...] | None, why: str) -> Verdict:
    if wanted is None:
        return None, why
    size = (clip["width"], clip["height"])
    return size == wanted, f"it is {size[0]}x{size[1]}, not {wanted[0]}x{wanted[1]}"


def _area(case: Case, probe: Probe, clip: Mapping[str, Any]) -> Verdict:
    wanted = case.expect.get("value") or asked(probe.body, case.world.catalogue, "resolution")
    if wanted is None:
        return None, "nothing says which resolution it has"
    good, text = in_clip(case, probe, clip, "area", wanted)
    return good, f"{text}, which is no {wanted}"


def _aspect(case: Case, probe: Probe, clip: Mapping[str, Any]) -> Verdict:
    ratio = orders.value_of(probe.body, case.expect["of"])
    wanted = proportion(str(ratio).replace("x", ":"))  # a size says a ratio too
    if wanted is None:
        return None, "the order leaves the proportions open"
    real = clip["width"] / clip["height"]
    close = abs(real / wanted - 1) <= case.expect["within"]
    return close, f"it is {clip['width']}x{clip['height']}, not {ratio}"


def _sound(case: Case, probe: Probe, clip: Mapping[str, Any]) -> Verdict:
    wanted = case.expect.get("value")
    if "of" in case.expect:
        wanted = asked(probe.body, case.world.catalogue, "sound")
    if not isinstance(wanted, bool):
        return None, "nothing says whether it has sound"
    return clip["sound"] is wanted, f"it has {'' if clip['sound'] else 'no '}sound"


PROPERTIES: Mapping[str, Any] = {
    "container": _plain("container"),
    "codec": _plain("codec"),
    "channels": _plain("channels"),
    "faststart": _plain("faststart"),
    "fps": _fps,
    "seconds": _seconds,
    "frames": _frames,
    "size": _size,
    "area": _area,
    "aspect": _aspect,
    "sound": _sound,
}


def still(case: Case) -> Finding:
    """The last frame is a picture of the clip's size, and the clip's last picture."""
    own = case.of("create")
    for probe in own:
        made = case.sent(probe)
        verdict, why = settled(case, probe, made) if made else ("", "")
        if verdict == "wrong":
            return broken(why, made)
        if not case.accepted(probe) or case.ended(probe) is None:
            return case.skipped() or unknown("its task did not succeed", case.sent(probe))
        said = _pictured(case, probe)
        return next(_worse(case, own), said) if said.state == "ok" else said
    return none(case)


def _worse(case: Case, own: list[Probe]) -> Iterator[Finding]:
    """What is wrong with the pictures of other rows' orders, which were fetched too."""
    for probe in case.relevant():
        if probe not in own and case.transcript.fact("still", probe.key):
            said = _pictured(case, probe)
            if said.state == "broken":
                what = difference(probe.body, case.dialect.cheapest)
                yield broken(f"{what}: {said.message}", case.ended(probe))


def _pictured(case: Case, probe: Probe) -> Finding:
    picture, clip = case.transcript.fact("still", probe.key), case.clip(probe)
    if picture is None:
        return unknown("no last frame was delivered", case.ended(probe))
    if "problem" in picture:
        return broken(str(picture["problem"]), case.ended(probe))
    if clip is None or "problem" in clip:
        return unknown("there is no clip to hold it against", case.ended(probe))
    if case.expect["value"] == "last":
        distance = picture.get("distance")
        if distance is None:
            return unknown("the pictures are of different sizes")
        text = f"the pictures differ by {distance} of 255"
        return ok(text) if distance <= 16 else broken(text)
    size, wanted = (picture["width"], picture["height"]), (clip["width"], clip["height"])
    if picture["format"] != "png" or size != wanted:
        return broken(f"it is a {picture['format']} of {size}, not a png of {wanted}")
    return ok(f"it is a png of {size[0]}x{size[1]}")
