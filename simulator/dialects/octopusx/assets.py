"""The asset library of OctopusX: groups, assets, and what ``asset://`` links stand for.

"Create Asset Group", "Create Asset" and "Get Asset", OctopusX documentation, 2026.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from simulator.core.addresses import judge_public
from simulator.core.chance import ALNUM
from simulator.core.clock import SECOND, stamp
from simulator.core.config import Pace
from simulator.core.item import Fact, Item
from simulator.core.limits import check_media
from simulator.core.media import Facts, MediaKind
from simulator.core.problems import Kind, Refusal, refuse
from simulator.core.rules import Length, OfType, OneOf, Required, Rule, given
from simulator.core.task import Reference
from simulator.dialects import ark_family, newapi_base
from simulator.engine import Engine
from simulator.engine.bodies import json_object
from simulator.engine.call import Call, Reply
from simulator.engine.dialect import Route
from simulator.engine.references import FACE_ASSET, SHOWS, Assets, from_link
from simulator.media.link import is_sample

TYPES: dict[str, MediaKind] = {"Image": "image", "Video": "video", "Audio": "audio"}
# How long an asset is looked at before it can be used.
PROCESSING: dict[Pace, int] = {"instant": 0, "fast": SECOND, "realistic": 15 * SECOND}
# "still processing" makes clients try again, so it is said of what will change only.
UNUSABLE = {"Processing": "is an asset that is still processing", "Failed": "is a failed asset"}

GROUP_RULES: tuple[Rule, ...] = (
    Required("Name"),
    OfType("Name", "string"),
    Length("Name", 64),
    OfType("Description", "string"),
    Length("Description", 300),
)
ASSET_RULES: tuple[Rule, ...] = (
    Required("GroupId"),
    OfType("GroupId", "string"),
    Required("URL"),
    OfType("URL", "string"),
    Required("AssetType"),
    OfType("AssetType", "string"),
    OneOf("AssetType", tuple(TYPES)),
    Required("Name"),
    OfType("Name", "string"),
)
GET_RULES: tuple[Rule, ...] = (Required("task_id"), OfType("task_id", "string"))


async def create_group(call: Call, engine: Engine) -> Reply:
    """A group, which assets belong to."""
    facts = {"Name": call.body["Name"], "Description": given(call.body, "Description", "")}
    group = await _add(call, engine, "group", partial(_name, call, "group"), facts)
    return _done({"Id": group.id})


async def create_asset(call: Call, engine: Engine) -> Reply:
    """An asset of a group, from a link, and the task that examines it."""
    body = call.body
    group = await _own(call, engine, body["GroupId"], "group")
    if group is None:
        raise refuse(Kind.ASSET, "GroupId", "is no group of yours", got=body["GroupId"])
    known, error = await _examined(call, engine)
    facts = {name: body[name] for name in ("Name", "URL", "AssetType", "GroupId")}
    facts |= {"error": error, "file": known.name, "digest": known.digest}
    name = partial(_name, call, "asset")
    asset = await _add(call, engine, "asset", name, facts, known.facts)
    task = await _add(call, engine, "asset task", partial(_task_id, call), {"asset": asset.id})
    return _done({"Id": asset.id, "task_id": task.id})


async def _examined(call: Call, engine: Engine) -> tuple[Reference, str]:
    """What is known of the media, and why it will be refused after a while."""
    kind = TYPES[call.body["AssetType"]]
    limits = ark_family.OBSERVED if engine.observed else ark_family.DOCUMENTED
    _check_public(call.body["URL"], engine)
    try:
        reference = await from_link(engine, kind, "", call.body["URL"], "URL")
        check_media([("URL", reference.facts)], limits[kind])
    except Refusal as refusal:
        if refusal.problem.aspect in ("data", "link"):
            raise
        return Reference(kind, "", ""), f"The asset {refusal.problem.detail}."
    return reference, ""


def _check_public(url: str, engine: Engine) -> None:
    """Refuse what is no "public https" link; the simulator's own samples stand for such ones."""
    if not is_sample(url) and (wrong := judge_public(url, engine.config.allow_host)):
        raise refuse(Kind.ADDRESS, "URL", wrong, got=url)


async def get_asset(call: Call, engine: Engine) -> Reply:
    """How far the task of an asset is."""
    found = await _own(call, engine, call.body["task_id"], "asset task")
    if found is None:
        raise refuse(Kind.UNKNOWN_TASK, "task_id", "no such task", got=call.body["task_id"])
    asset = await engine.item(str(found.facts["asset"]))
    assert asset is not None
    status = status_of(asset, engine, call.now)
    error = {"Code": "InvalidAsset", "Message": asset.facts["error"]}
    ready = asset.created + PROCESSING[engine.config.pace]
    facts = {name: asset.facts[name] for name in ("Name", "URL", "AssetType", "GroupId")}
    return _done(
        {
            "Id": asset.id,
            **facts,
            "Status": status,
            "CreateTime": stamp(asset.created),
            "UpdateTime": stamp(asset.created if status == "Processing" else ready),
            "Error": error if status == "Failed" else None,
        }
    )


def status_of(asset: Item, engine: Engine, now: int) -> str:
    """An asset is looked at for a while, and is then good or not."""
    if now < asset.created + PROCESSING[engine.config.pace]:
        return "Processing"
    return "Failed" if asset.facts["error"] else "Active"


def library(call: Call, engine: Engine) -> Assets:
    """What the caller's ``asset://`` links stand for: active assets of the right kind."""

    async def find(field: str, asset_id: str, kind: MediaKind) -> Reference:
        if asset_id == FACE_ASSET:
            raise refuse(Kind.FACE, field, SHOWS)
        asset = await _own(call, engine, asset_id, "asset")
        if asset is None:
            raise refuse(Kind.ASSET, field, "is no asset of yours", got=asset_id)
        status = status_of(asset, engine, call.now)
        if status != "Active":
            raise refuse(Kind.ASSET, field, UNUSABLE[status], got=asset_id)
        if TYPES[str(asset.facts["AssetType"])] != kind:
            detail = f"is an asset of type {asset.facts['AssetType']}"
            raise refuse(Kind.ASSET, field, detail, got=asset_id)
        file, digest = [str(asset.facts.get(name) or "") for name in ("file", "digest")]
        return Reference(kind, "", file or asset_id, asset.media, digest)

    return find


async def _own(call: Call, engine: Engine, item_id: str, kind: str) -> Item | None:
    item = await engine.item(item_id)
    mine = item is not None and (item.dialect, item.account, item.kind) == (
        "octopusx",
        call.account.key,
        kind,
    )
    return item if mine else None


async def _add(
    call: Call,
    engine: Engine,
    kind: str,
    name: Callable[[int], str],
    facts: Mapping[str, Fact],
    media: Facts | None = None,
) -> Item:
    account, now = call.account.key, call.now
    return await engine.add(
        lambda attempt: Item(name(attempt), "octopusx", account, kind, now, facts, media)
    )


def _name(call: Call, kind: str, attempt: int) -> str:
    """The kind, the time in UTC+8 and five letters, as the upstream names its assets."""
    return ark_family.named(kind, call.now, call.chance, (kind, attempt) if attempt else kind)


def _task_id(call: Call, attempt: int) -> str:
    label = ("asset task", attempt) if attempt else "asset task"
    return "task_" + call.chance.word(label, ALNUM, newapi_base.TASK_ID_LENGTH)


def _done(data: dict[str, Any]) -> Reply:
    return Reply(200, {"state": 1, "data": data, "error": None})


_PATH = "/v1/seedance/asset/"
ROUTES: tuple[Route, ...] = (
    Route("POST", _PATH + "CreateAssetGroup", create_group, "other", json_object, GROUP_RULES),
    Route("POST", _PATH + "CreateAsset", create_asset, "other", json_object, ASSET_RULES),
    Route("POST", _PATH + "GetAsset", get_asset, "other", json_object, GET_RULES),
)
