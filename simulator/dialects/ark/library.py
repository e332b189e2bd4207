"""The calls of Ark's asset library: one path, the call by name in the query.

Wire facts: notes on the asset pages of Volcengine's documentation and a live probe of the API at
BytePlus, 2026-09. What update and delete answer is inferred. ``CreateVisualValidateSession`` is not
here: there is nobody to look into a camera.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from simulator.core import links
from simulator.core.clock import stamp
from simulator.core.item import Item
from simulator.core.problems import Kind, refuse
from simulator.core.rules import Body, Required, Rule, given
from simulator.core.table import check
from simulator.dialects.ark import assets, signing
from simulator.dialects.ark.assets import ASSET, GROUP
from simulator.dialects.ark.library_rules import (
    DESCRIPTION,
    GROUP_LIST,
    GROUP_TYPE,
    ID,
    LIST,
    NAME,
    NEW_ASSET,
    NEW_GROUP,
)
from simulator.dialects.ark.library_words import VERSION, done
from simulator.engine import Engine
from simulator.engine.bodies import json_object
from simulator.engine.call import BODY_LIMIT, Call, Reply

PAGE = 10
# How long the link to an asset's file holds, in seconds (notes on the page of GetAsset).
LINK_LIFE = 12 * 3600


@dataclass(frozen=True, slots=True)
class Action:
    """A call of the library: what answers it, and the rules of its body."""

    handler: Callable[[Call, Engine], Awaitable[Mapping[str, Any]]]
    rules: tuple[Rule, ...]


async def answer(call: Call, engine: Engine) -> Reply:
    """Any call of the library, once it is known whose it is."""
    raw = await call.read(BODY_LIMIT)
    signing.check(call, engine, raw)

    async def again(limit: int) -> bytes:
        return raw

    call = replace(call, read=again)
    asked = dict(call.parameters)
    action = ACTIONS.get(call.args["name"])
    if action is None or asked.get("Version") != VERSION:
        raise refuse(Kind.NO_ROUTE, detail="no such action", got=call.args["name"])
    _admit(call)
    call = call.holding(await json_object(call))
    check(action.rules, call.body)
    return done(call, await action.handler(call, engine))


def _admit(call: Call) -> None:
    """Refuse an account that has not subscribed to anything, or may call for nothing."""
    if call.account.models == ():
        raise refuse(Kind.NO_GROUP, detail="no subscription")
    if call.account.rpm == 0:
        raise refuse(Kind.LIMITED, detail="too many requests", limit=0)


async def create_group(call: Call, engine: Engine) -> Mapping[str, Any]:
    """A group, which assets belong to."""
    facts = {name: given(call.body, name, "") for name in ("Name", "Description")}
    return {"Id": (await assets.add(call, engine, GROUP, facts)).id}


async def create_asset(call: Call, engine: Engine) -> Mapping[str, Any]:
    """An asset of a group, from a link. It can be used once it has been looked at."""
    body = call.body
    of = assets.project(call)
    group = await assets.find(call, engine, GROUP, body["GroupId"], of, "GroupId")
    reference, fate, name = await assets.examined(call, engine)
    facts = {
        "Name": name,
        "group": group.id,
        "type": body["AssetType"],
        "url": body["URL"],
        "strategy": given(body, "Moderation.Strategy", "Default"),
        "takes": fate.takes,
        "code": fate.code,
        "file": reference.name,
        "digest": reference.digest,
    }
    return {"Id": (await assets.add(call, engine, ASSET, facts, reference)).id}


def _get(kind: str) -> Callable[[Call, Engine], Awaitable[Mapping[str, Any]]]:
    async def get(call: Call, engine: Engine) -> Mapping[str, Any]:
        return SHOWN[kind](await _named(call, engine, kind), call, engine)

    return get


def _update(kind: str) -> Callable[[Call, Engine], Awaitable[Mapping[str, Any]]]:
    async def update(call: Call, engine: Engine) -> Mapping[str, Any]:
        names = ("Name", "Description") if kind == GROUP else ("Name",)
        told = {name: call.body[name] for name in names if call.body.get(name) is not None}
        return {"Id": (await _change(call, engine, kind, {**told, "updated": call.now})).id}

    return update


def _delete(kind: str) -> Callable[[Call, Engine], Awaitable[Mapping[str, Any]]]:
    async def delete(call: Call, engine: Engine) -> Mapping[str, Any]:
        await _change(call, engine, kind, {"deleted": True})
        return {}

    return delete


async def _named(call: Call, engine: Engine, kind: str) -> Item:
    return await assets.find(call, engine, kind, call.body["Id"], assets.project(call), "Id")


async def _change(call: Call, engine: Engine, kind: str, facts: Mapping[str, Any]) -> Item:
    item = await _named(call, engine, kind)
    change = assets.changed(kind, item.id, facts)
    return await engine.alter(call.account.key, item.id, change)


def _list(kind: str) -> Callable[[Call, Engine], Awaitable[Mapping[str, Any]]]:
    async def index(call: Call, engine: Engine) -> Mapping[str, Any]:
        items = await assets.own(call, engine, kind, assets.project(call))
        found = [item for item in items if _fits(item, kind, call)]
        if given(call.body, "SortBy", "CreateTime") == "UpdateTime":
            found.sort(key=lambda item: assets.updated(item, call.now))
        if given(call.body, "SortOrder", "Desc") == "Desc":
            found.reverse()
        return _paged(call.body, [SHOWN[kind](item, call, engine) for item in found])

    return index


def _fits(item: Item, kind: str, call: Call) -> bool:
    """Whether a filter leaves a group or an asset; names fit in part."""
    told = call.body["Filter"]
    groups, statuses = told.get("GroupIds"), told.get("Statuses")
    group = item.id if kind == GROUP else item.facts["group"]
    return (
        (told.get("GroupType") or GROUP_TYPE) == GROUP_TYPE
        and (told.get("Name") or "") in str(item.facts["Name"])
        and (not groups or group in groups)
        and (kind == GROUP or not statuses or assets.status(item, call.now) in statuses)
    )


def _paged(body: Body, items: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """One page, by its number or by the token that the one before gave."""
    if body.get("MaxResults") is not None or body.get("NextToken"):
        first = _first(body.get("NextToken"), len(items))
        last = first + given(body, "MaxResults", PAGE)
        return {"Items": items[first:last], "NextToken": str(last) if last < len(items) else ""}
    number, size = given(body, "PageNumber", 1), given(body, "PageSize", PAGE)
    return {
        "Items": items[(number - 1) * size : number * size],
        "TotalCount": len(items),
        "PageNumber": number,
        "PageSize": size,
    }


def _first(token: str | None, length: int) -> int:
    if not token:
        return 0
    if not (token.isascii() and token.isdigit() and len(token) <= 9):
        raise refuse(Kind.CHOICE, "NextToken", "is of no list", got=token)
    return min(int(token), length)


def _group(item: Item, call: Call, engine: Engine) -> Mapping[str, Any]:
    facts = item.facts
    return {
        "Id": item.id,
        "Name": facts["Name"],
        "Description": facts["Description"],
        "GroupType": GROUP_TYPE,
        "ProjectName": facts["project"],
        "CreateTime": stamp(item.created),
        "UpdateTime": stamp(assets.updated(item, call.now)),
    }


def _asset(item: Item, call: Call, engine: Engine) -> Mapping[str, Any]:
    facts = item.facts
    word = assets.status(item, call.now)
    suffix = f".{item.media.format}" if item.media else ""
    url = engine.link(call.base, links.BUCKET, item.id + suffix, call.now, LINK_LIFE)
    return {
        "Id": item.id,
        "Name": facts["Name"],
        "URL": url,
        "AssetType": facts["type"],
        "GroupId": facts["group"],
        "Status": word,
        **({"Error": assets.failure(str(facts["code"]))} if word == "Failed" else {}),
        "ProjectName": facts["project"],
        "CreateTime": stamp(item.created),
        "UpdateTime": stamp(assets.updated(item, call.now)),
        "Moderation": {"Strategy": facts["strategy"]},
    }


SHOWN: Mapping[str, Callable[[Item, Call, Engine], Mapping[str, Any]]] = {
    GROUP: _group,
    ASSET: _asset,
}


ACTIONS: Mapping[str, Action] = {
    "CreateAssetGroup": Action(create_group, NEW_GROUP),
    "ListAssetGroups": Action(_list(GROUP), GROUP_LIST),
    "GetAssetGroup": Action(_get(GROUP), ID),
    "UpdateAssetGroup": Action(_update(GROUP), (*ID, *NAME, *DESCRIPTION)),
    "DeleteAssetGroup": Action(_delete(GROUP), ID),
    "CreateAsset": Action(create_asset, NEW_ASSET),
    "ListAssets": Action(_list(ASSET), LIST),
    "GetAsset": Action(_get(ASSET), ID),
    "UpdateAsset": Action(_update(ASSET), (*ID, Required("Name"), *NAME)),
    "DeleteAsset": Action(_delete(ASSET), ID),
}
