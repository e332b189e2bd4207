"""Assets behind the signed links of an asset library: their pictures, or where they came from."""

from urllib.parse import unquote

from aiohttp import web

from simulator.core.item import Item
from simulator.engine import Engine
from simulator.http.denials import Denied, denial, identified
from simulator.http.ranges import ranged
from simulator.http.storage import presented
from simulator.media.formats import content_type
from simulator.store import journal


async def serve_asset(request: web.BaseRequest, engine: Engine) -> web.StreamResponse:
    """Answer a request for an asset's file as the upstream's object store would.

    Only pictures that were fetched or uploaded are kept; others are where their link says.
    """
    token = f"{engine.serial():032x}"
    try:
        asset = await _admitted(request, engine)
    except Denied as denied:
        return denial(denied, request, token)
    digest = str(asset.facts.get("digest") or "")
    data = await engine.store.blob(digest) if digest else None
    if data is None:
        return web.Response(status=302, headers={"Location": str(asset.facts["url"])})
    kind = content_type(asset.media.format if asset.media else "")
    return ranged(request, data, digest, kind, identified(token))


async def _admitted(request: web.BaseRequest, engine: Engine) -> Item:
    """The asset whose file the link gives, if the link holds."""
    path = request.raw_path.partition("?")[0]
    name = unquote(path).rpartition("/")[2].partition(".")[0]
    asset = await engine.item(name)
    exchange = journal.current()
    exchange.kind = "download"
    if asset is not None:
        exchange.dialect, exchange.account = asset.dialect, asset.account
        exchange.at = await engine.clocks.now(asset.account)
    link = presented(request, engine)
    if asset is None or asset.facts.get("deleted") or "url" not in asset.facts:
        raise Denied("gone")
    if await engine.clocks.now(asset.account) >= link.expires:
        raise Denied("old")
    return asset
