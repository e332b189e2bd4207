"""Groups and assets of Ark's library: what they are at a time, and what ``asset://`` stands for.

Wire facts: notes on the asset pages of Volcengine's documentation and a live probe of the API at
BytePlus, 2026-09. How long an asset is looked at, and what becomes of the assets of a deleted
group, no page says: that is ours.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from simulator.core.clock import FOREVER, SECOND
from simulator.core.config import Pace
from simulator.core.item import Fact, Item
from simulator.core.limits import check_media
from simulator.core.media import MediaKind
from simulator.core.plan import Wish, directive
from simulator.core.problems import Kind, Refusal, refuse
from simulator.core.task import Phase, Reference
from simulator.dialects.ark_codes import REFUSALS
from simulator.dialects.ark_family import named
from simulator.dialects.ark_models import limits
from simulator.engine import Engine
from simulator.engine.call import Call
from simulator.engine.references import A, Assets, from_link, trusted_asset
from simulator.media.link import facts_of_link
from simulator.store import journal

GROUP, ASSET = "group", "asset"
TYPES: Mapping[str, MediaKind] = {"Image": "image", "Video": "video", "Audio": "audio"}
STATUSES = ("Processing", "Active", "Failed")
# How long an image is looked at, and how long anything that lasts.
LOOKED_AT: Mapping[Pace, tuple[int, int]] = {
    "instant": (0, 0),
    "fast": (SECOND, 2 * SECOND),
    "realistic": (8 * SECOND, 40 * SECOND),
}
# The longest video, and the longest audio, that may come in.
LONGEST = 30_000
DEFAULT_PROJECT = "default"
PROJECT_HEADER = "X-Project-Name"
# Assets that every account has, so that an order needs no library of its own.
READY: Mapping[str, MediaKind] = {
    "sim-image": "image",
    "sim-video": "video",
    "sim-audio": "audio",
}
FACE_MISMATCH = "FaceMismatch"
FAILURES = {**REFUSALS, FACE_MISMATCH: "Face consistency verification failed."}


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of an asset: how long it is looked at, and the code with which it fails."""

    takes: int
    code: str = ""


def project(call: Call) -> str:
    """The project of a call to the library."""
    return str(call.body.get("ProjectName") or DEFAULT_PROJECT)


def status(asset: Item, now: int) -> str:
    """An asset is looked at for a while, and is then good or not."""
    if now < _ready(asset):
        return "Processing"
    return "Failed" if asset.facts["code"] else "Active"


def updated(item: Item, now: int) -> int:
    """When it was last changed, by its owner or by the library."""
    changed = max(item.created, int(item.facts["updated"] or 0))
    ready = _ready(item)
    return max(changed, ready) if ready <= now else changed


def _ready(item: Item) -> int:
    return item.created + int(item.facts.get("takes") or 0)


async def find(call: Call, engine: Engine, kind: str, item_id: str, of: str, field: str) -> Item:
    """The account's own group or asset of a project; any other is unknown."""
    items = (await engine.state(call.account.key)).items
    found = items.get(item_id)
    if found is None or not is_there(found, items, kind, of):
        raise unknown(kind, field, item_id)
    return found


async def own(call: Call, engine: Engine, kind: str, of: str) -> list[Item]:
    """All of the account's groups or assets of a project, oldest first."""
    items = (await engine.state(call.account.key)).items
    return [one for one in items.values() if is_there(one, items, kind, of)]


def is_there(item: Item, items: Mapping[str, Item], kind: str, of: str) -> bool:
    """Whether it is such a thing of such a project, and was not deleted, nor was its group."""
    if (item.dialect, item.kind, item.facts.get("project")) != ("ark", kind, of):
        return False
    if item.facts["deleted"]:
        return False
    group = items.get(str(item.facts.get("group")))
    return kind == GROUP or (group is not None and not group.facts["deleted"])


def unknown(kind: str, field: str, item_id: str) -> Refusal:
    """What is said of a group or an asset that is not there."""
    return refuse(Kind.UNKNOWN_FILE, field, "is not found", aspect=kind, got=item_id)


def changed(kind: str, item_id: str, facts: Mapping[str, Fact]) -> Callable[[Item | None], Item]:
    """A change of some facts of a thing that nobody has deleted meanwhile."""

    def change(item: Item | None) -> Item:
        if item is None or item.facts["deleted"]:
            raise unknown(kind, "Id", item_id)
        return replace(item, facts={**item.facts, **facts})

    return change


async def add(
    call: Call,
    engine: Engine,
    kind: str,
    facts: Mapping[str, Fact],
    given: Reference | None = None,
) -> Item:
    """A new group or asset of the account."""
    account, now = call.account.key, call.now
    facts = {"project": project(call), "updated": now, "deleted": False, **facts}
    media = None if given is None else given.facts

    def made(attempt: int) -> Item:
        name = named(kind, now, call.chance, (kind, attempt))
        return Item(name, "ark", account, kind, now, facts, media)

    return await engine.add(made)


async def examined(call: Call, engine: Engine) -> tuple[Reference, Fate, str]:
    """The media behind the link of a new asset, what becomes of it, and its name.

    A link or a file that breaks a bound is refused at once; what a review finds, later.
    """
    body, kind = call.body, TYPES[call.body["AssetType"]]
    name, wish, strange = directive(str(body.get("Name") or ""))
    for word in strange:
        journal.remark(f"the directive {word!r} in the name is not understood")
    url, found = body["URL"], ""
    try:
        reference = await from_link(engine, kind, "", url, "URL", reachable=engine.observed)
    except Refusal as refusal:
        if refusal.problem.kind is not Kind.FACE:
            raise
        reference = Reference(kind, "", "", facts_of_link(url))
        found = f"Input{body['AssetType']}SensitiveContentDetected.PrivacyInformation"
    check_media([("URL", reference.facts)], limits(LONGEST, engine.observed)[kind])
    if (body.get("Moderation") or {}).get("Strategy") == "Skip":
        found = ""
    return reference, _fate(wish, kind, found, engine.config.pace), name.strip()


def _fate(wish: Wish, kind: MediaKind, found: str, pace: Pace) -> Fate:
    """What the review comes to, unless the name of the asset asks for something else."""
    usual = LOOKED_AT[pace][kind != "image"]
    asked = (wish.queue, wish.run)
    takes = usual if asked == (None, None) else sum(part or 0 for part in asked)
    if wish.end == Phase.FAILED:
        usual_code = f"Input{kind.title()}SensitiveContentDetected.PolicyViolation"
        return Fate(takes, wish.code or usual_code)
    if wish.end == "stuck":
        return Fate(FOREVER)
    return Fate(takes, "" if wish.end == Phase.SUCCEEDED else found)


def failure(code: str) -> Mapping[str, str]:
    """The error of a failed asset."""
    message = FAILURES.get(code, "The asset did not pass the review.").replace("{item}", "")
    return {"Code": code, "Message": message}


def library(call: Call, engine: Engine) -> Assets:
    """What the ``asset://`` links of an order stand for: active assets of its account's project."""
    of = call.headers.get(PROJECT_HEADER) or DEFAULT_PROJECT

    async def reference(field: str, asset_id: str, kind: MediaKind) -> Reference:
        if asset_id in READY:
            return _of_type(Reference(READY[asset_id], "", asset_id), kind, field)
        items = (await engine.state(call.account.key)).items
        asset = items.get(asset_id)
        if asset is None or not is_there(asset, items, ASSET, of):
            if asset_id.startswith("sim-"):
                await trusted_asset(field, asset_id, kind)
            raise refuse(Kind.ASSET, field, "is not found", aspect="unknown", got=asset_id)
        made = _reference(asset)
        if (word := status(asset, call.now)) != "Active":
            # "still processing" makes clients try again, so it is said of what will change only.
            detail = "is still processing" if word == "Processing" else "has failed its review"
            raise refuse(Kind.ASSET, field, detail, got=asset_id)
        return _of_type(made, kind, field)

    return reference


def _of_type(found: Reference, kind: MediaKind, field: str) -> Reference:
    if found.kind != kind:
        raise refuse(Kind.ASSET, field, f"is not {A[kind]}", aspect="type")
    return found


def _reference(asset: Item) -> Reference:
    """The media that an asset is, by the name of the file that it came from."""
    facts = asset.facts
    kind = TYPES[str(facts["type"])]
    return Reference(kind, "", str(facts["file"] or asset.id), asset.media, str(facts["digest"]))
