"""Judges of effects: what an order asks for is seen in the answer or in the clip."""

from collections.abc import Mapping
from typing import Any

from conformance.catalogue import orders
from conformance.catalogue.documents import Catalogue
from conformance.catalogue.rows import Row
from conformance.collect import echoes
from conformance.judge import grounds
from conformance.judge.acceptance import settled
from conformance.judge.answers import brief, none, place
from conformance.judge.case import Case, Finding, broken, difference, ok, unknown
from conformance.plan.probes import Probe, shared
from conformance.untrusted.bounds import is_link


def asked(order: Mapping[str, Any], catalogue: Catalogue, what: str) -> Any:
    """What an order asks for, by itself or by a documented default; None where nothing says.

    `what` is a word of `[dialect.request]`.
    """
    request = catalogue.dialect.request
    if (said := request.value(order, what)) is not None:
        return said
    if what == "resolution" and (fixed := _by_model(order, catalogue)):
        return fixed
    for row in catalogue.testable:
        sure = row.kind == "default" and row.level in ("must", "should")
        if sure and row.expect["field"] in request.all(what) and _applies(row, order):
            return row.expect["value"]
    return None


def _applies(row: Row, order: Mapping[str, Any]) -> bool:
    return orders.matches(order, row.expect.get("when", {}))


def _by_model(order: Mapping[str, Any], catalogue: Catalogue) -> str | None:
    named = catalogue.dialect.request.value(order, "model")
    for model in catalogue.models:
        if model.id == named:
            return model.resolutions[0] if len(model.resolutions) == 1 else None
    return None


def pixels(
    order: Mapping[str, Any], catalogue: Catalogue, levels: tuple[str, ...] = ()
) -> tuple[int, int] | None:
    """The size of the clip of an order by the document's table; None where it has none."""
    resolution, ratio = asked(order, catalogue, "resolution"), asked(order, catalogue, "ratio")
    sizes = catalogue.sizes_of(resolution, order.get("model"))
    if sizes is None or (levels and sizes.level not in levels):
        return None
    size = sizes.pixels.get(str(ratio))
    return (size[0], size[1]) if size else None


def proportion(ratio: Any) -> float | None:
    """A ratio as a number; None where it is no plain ratio."""
    width, colon, height = str(ratio).partition(":")
    if not colon or not width.isdigit() or not height.isdigit() or int(height) == 0:
        return None
    return int(width) / int(height)


def see(case: Case, probe: Probe, where: str, value: Any) -> tuple[bool | None, str]:
    """Whether a value is seen at a place of the task of a probe; None where nothing can be said."""
    if where.startswith("clip "):
        clip = case.clip(probe)
        if clip is None or "problem" in clip:
            return None, str(clip["problem"]) if clip else "no clip was delivered"
        return in_clip(case, probe, clip, where.removeprefix("clip "), value)
    call, pointer = place(where)
    made = case.sent(probe)
    body = (made.json if made else None) if call == "create" else case.success(probe)
    if body is None:
        return None, "the task did not succeed"
    there, found = orders.at(body, pointer)
    if isinstance(value, bool) and pointer in case.dialect.answer["last_frame"]:
        given = isinstance(found, str) and is_link(found) if value else found not in (None, "")
        return given is value, f"{where} is {brief(found) if there else 'missing'}"
    known = {value, case.models.get(str(value), value)} if isinstance(value, str) else {value}
    plain = type(found) in {type(each) for each in known} and found in known
    return there and plain, f"{where} is {brief(found) if there else 'missing'}"


def in_clip(
    case: Case, probe: Probe, clip: Mapping[str, Any], what: str, value: Any
) -> tuple[bool | None, str]:
    """Whether the clip shows a value."""
    catalogue = case.world.catalogue
    size = f"{clip['width']}x{clip['height']}"
    match what:
        case "seconds":
            close = abs(clip["seconds"] - float(value)) <= 0.5
            return close, f"the clip lasts {clip['seconds']} s"
        case "sound":
            return clip["sound"] is value, f"the clip has {'' if clip['sound'] else 'no '}sound"
        case "frames":
            return clip["frames"] == value, f"the clip has {clip['frames']} frames"
        case "aspect":
            wanted = proportion(value)
            if wanted is None:
                return None, f"{value} is no proportion"
            real = clip["width"] / clip["height"]
            return abs(real / wanted - 1) <= 0.05, f"the clip is {size}"
        case "area":
            within = case.expect.get("within", 0.15)
            return _area(catalogue, clip, str(value), within), f"the clip is {size}"
        case "tier":
            sizes = catalogue.sizes_of(value, probe.body.get("model"))
            if sizes is None:
                return None, f"the document's table has no sizes of {value}"
            return (clip["width"], clip["height"]) in sizes.pixels.values(), f"the clip is {size}"
        case _:
            wanted_size = pixels(probe.body, catalogue)
            if wanted_size is None:
                return None, "the document's table has no size for it"
            text = f"the clip is {size}, and the table says {wanted_size[0]}x{wanted_size[1]}"
            return (clip["width"], clip["height"]) == wanted_size, text


SIDES = {"480p": 480, "720p": 720, "1080p": 1080, "4k": 2160}


def _area(
    catalogue: Catalogue, clip: Mapping[str, Any], resolution: str, within: Any
) -> bool | None:
    """Whether a clip is of a resolution: by the table's areas, or by its shorter side."""
    below, above = within if isinstance(within, tuple) else (within, within)
    for sizes in catalogue.sizes:
        if sizes.resolution == resolution:
            areas = [width * height for width, height in sizes.pixels.values()]
            area = clip["width"] * clip["height"]
            named, side = SIDES.get(resolution, 0), min(clip["width"], clip["height"])
            like = min(areas) * (1 - below) <= area <= max(areas) * (1 + above)
            return bool(like or abs(side - named) <= 0.05 * named)
    return None


def judge(case: Case) -> Finding:
    """For each order of the row, its value is seen at each place where it can be."""
    # A draft that another order continues is no order of the row's own.
    created = [each for each in case.of("create") if each.want != "see"]
    open_: Finding | None = None
    good = 0
    for probe in created:
        if not case.accepted(probe):
            if grounds.barred(case, probe):
                continue
            refused = not_made(case, probe)
            if refused.state == "broken":
                return refused
            open_ = open_ or refused
            continue
        finding = _one(case, probe)
        if finding.state == "broken":
            return finding
        open_ = open_ or (finding if finding.state != "ok" else None)
        good += finding.state == "ok"
    others = 0
    for probe in case.relevant() if case.row.kind in ("effect", "default") else ():
        # What a recorded client ordered beside the row's own values is nobody's promise.
        if probe in created or probe.name or not (said := _other(case, probe)):
            continue
        if said.state == "broken":
            return said
        others += 1
    if open_ or not good:
        return open_ or none(case)
    shown = (case.ended(each) for each in created[:2])
    return ok(f"{good + others} tasks show it", *shown, seen=("shown",))


def _other(case: Case, probe: Probe) -> Finding | None:
    """What another row's order shows: it was paid for too. None where it shows nothing."""
    value = echoes.asked(case.plan, case.row, probe)
    if value is None:
        return None
    said = None
    for where in case.expect["shown"]:
        agrees, text = see(case, probe, where, value)
        if agrees is False:
            what = difference(probe.body, case.dialect.cheapest)
            each = (not where.startswith("create:") and case.ended(probe)) or case.sent(probe)
            return broken(f"{what}: {text}, not {brief(value)}", each, seen=_seen(case, probe))
        said = ok("") if agrees else said
    return said


def not_made(case: Case, probe: Probe) -> Finding:
    """What an order shows that was not taken."""
    exchange = case.sent(probe)
    if exchange is None:
        return case.skipped() or none(case)
    verdict, why = settled(case, probe, exchange)
    if verdict == "wrong":
        return broken(why, exchange, seen=("refused",))
    what = difference(probe.body, case.dialect.cheapest)
    return unknown(f"{what}: the order was not taken: {exchange.short}", exchange)


def _one(case: Case, probe: Probe) -> Finding:
    value = expected(case, probe)
    ended = case.ended(probe)
    what = difference(probe.body, case.dialect.cheapest)
    if ended is None:
        return unknown(f"{what}: its end was not seen", case.sent(probe))
    said = False
    for where in case.expect["shown"]:
        agrees, text = see(case, probe, where, value)
        if agrees is False:
            return broken(f"{what}: {text}, not {brief(value)}", ended, seen=_seen(case, probe))
        said = said or bool(agrees)
    if not said:
        return unknown(f"{what}: nothing shows {brief(value)} ({text})", ended)
    return ok("", ended)


def _seen(case: Case, probe: Probe) -> tuple[str, ...]:
    clip = case.clip(probe)
    return (f"clip seconds {round(clip['seconds'])}",) if clip and "seconds" in clip else ()


def expected(case: Case, probe: Probe) -> Any:
    """The value that the task of a probe has to show."""
    expect = case.expect
    match case.row.kind:
        case "default":
            return "9:16" if expect["value"] == "adaptive" else expect["value"]
        case "adaptive":
            return expect["value"]
        case "wins":
            frames = orders.value_of(probe.body, expect["field"])
            return frames / 24 if "frames" in expect["field"] else frames
        case _:
            value = orders.value_of(probe.body, expect["field"])
            made = case.sent(probe)
            if isinstance(value, str) and value.startswith("$") and made:
                return orders.value_of(made.sent, expect["field"])
            return value


def ignored(case: Case) -> Finding:
    """The field is accepted and changes nothing."""
    field = case.expect["field"]
    for probe in case.of("create"):
        each = case.sent(probe)
        if each is None:
            return case.skipped() or none(case)
        outcome = case.outcome(each)
        if outcome != "accepted":
            state = broken if outcome == "refused" else unknown
            return state(f"{field} is not ignored: {each.short}", each)
        plain, clip = case.clip(shared(case.world)), case.clip(probe)
        seconds = asked(case.dialect.cheapest, case.world.catalogue, "duration")
        if plain and "seconds" in plain:  # what is wrong with every clip is not the field's fault
            seconds = plain["seconds"]
        if clip and "seconds" in clip and abs(clip["seconds"] - seconds) > 0.5:
            seen = _seen(case, probe)
            return broken(
                f"{field} changed the clip: {clip['seconds']} s, not {seconds} s", each, seen=seen
            )
    probes = case.of("create")
    if not probes:
        return none(case)
    return ok("it is", case.sent(probes[0]), seen=("accepted", *_seen(case, probes[0])))
