"""References of an order: what a link, a data: URL or some uploaded bytes stand for."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from hashlib import sha256
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from simulator.core.addresses import Policy, is_public_host, parse
from simulator.core.media import Facts, MediaKind
from simulator.core.problems import Kind, Refusal, refuse
from simulator.core.task import Reference
from simulator.core.tokens import nearest_ratio
from simulator.engine import Engine, uploads
from simulator.engine.call import BODY_LIMIT
from simulator.engine.fetch import Fetch, Unfetched
from simulator.media.link import decode_data_url, facts_of_link
from simulator.media.reading import Unreadable
from simulator.store import journal

# What an id of an asset stands for: for which field, which id, and what it should be.
Assets = Callable[[str, str, MediaKind], Awaitable[Reference]]

A = {"image": "an image", "video": "a video", "audio": "audio"}

# Stand-ins that every dialect with asset:// links knows.
FACE_ASSET = "sim-face"
MISSING_ASSET = "sim-missing"
_ASSET = "asset://"
# What a picture of a real person does, and what several do.
SHOWS, SHOW = "shows a real person", "show a real person"
# No host of this domain can exist (RFC 2606), so a link to one is dead for everybody.
NOWHERE = ".invalid"
# Names are no longer (RFC 1035), but what a client sends may be.
LONGEST_HOST = 253
# The simulator's own clips and uploads, whose facts are not always known, also below a prefix.
_OWN = re.compile(r"(?:/[^/]+)*(?:/files/file-[0-9a-f]{24}/[^/]+|/tos/.+[?&]X-Tos-Signature=.+)")


async def trusted_asset(field: str, asset_id: str, kind: MediaKind) -> Reference:
    """An asset library that has everything but one, and one with a real face in it."""
    if asset_id == MISSING_ASSET or not asset_id:
        raise refuse(Kind.ASSET, field, "is not found", aspect="unknown", got=asset_id)
    if asset_id == FACE_ASSET:
        raise refuse(Kind.FACE, field, SHOWS)
    return Reference(kind, "", asset_id)


async def each(loads: Iterable[Awaitable[Reference]]) -> list[Reference]:
    """The references of an order, one after the other.

    Real faces are looked for in all of them before the order is refused, and are all named; what is
    wrong with a file itself comes before what it shows.
    """
    found, faces = [], []
    for load in loads:
        try:
            found.append(await load)
        except Refusal as refusal:
            if refusal.problem.kind is not Kind.FACE:
                raise
            faces.append(refusal.problem)
    if faces:
        first, also = faces[0], tuple(face.field for face in faces[1:])
        raise Refusal(replace(first, also=also, detail=SHOW if also else first.detail))
    return found


async def from_link(  # noqa: C901 (one kind of link after the other)
    engine: Engine,
    kind: MediaKind,
    role: str,
    url: str,
    field: str,
    *,
    data_urls: bool = False,
    assets: Assets | None = None,
    reachable: bool = False,
) -> Reference:
    """The reference that a link of a request stands for.

    With ``reachable`` a link is refused that only its sender's own network can reach; without, that
    is noted.

    Links to the simulator's own samples state their facts, uploaded files and ``data:`` URLs (where
    the dialect allows them) are measured. Any other link is taken on faith, or fetched where the
    engine can.
    """
    if url[:5].lower() == "data:":
        if not data_urls:
            raise refuse(Kind.MEDIA, field, "must be a web URL, not Base64 data", aspect="data")
        return await _from_data_url(engine, kind, role, url, field)
    if assets is not None and url[: len(_ASSET)].lower() == _ASSET:  # clients write Asset:// too
        return replace(await assets(field, url[len(_ASSET) :], kind), role=role)
    try:
        parts = urlsplit(url)
        if any(letter <= " " for letter in url):
            raise ValueError
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError
        if parts.hostname.endswith(NOWHERE):
            raise refuse(Kind.MEDIA, field, "cannot be downloaded", aspect="dead", got=url)
        facts, digest = await _known(engine, url, parts.path)
    except (ValueError, Unreadable):
        raise refuse(
            Kind.MEDIA, field, "is not a link to readable media", aspect="link", got=url
        ) from None
    name = unquote(parts.path.rpartition("/")[2]) or parts.hostname
    if name == "face.png" or (facts is not None and facts.face):
        raise refuse(Kind.FACE, field, SHOWS)
    if facts is not None and facts.kind != kind:
        raise refuse(Kind.MEDIA, field, f"must be {A[kind]}", aspect="format", got=facts.format)
    if facts is None and engine.fetch is None and _is_private(engine, url):
        if reachable:
            raise refuse(Kind.MEDIA, field, "cannot be downloaded", aspect="dead", got=url)
        journal.private(field, parts.hostname[:LONGEST_HOST])
    if facts is None and engine.fetch is not None:
        data = await _fetched(engine.fetch, url, field)
        return await from_bytes(engine, kind, role, data, name, field)
    return Reference(kind, role, name, facts, digest)


def _is_private(engine: Engine, url: str) -> bool:
    """Whether no upstream could fetch a link; the simulator's own stand for public ones."""
    target = parse(url)
    if target is None or _OWN.fullmatch(target.raw_path_qs):
        return False
    host = target.raw_host or ""  # as a client resolves it, whatever letters it is written in
    named = Policy.of("strict", engine.config.allow_host).names(host)
    return not named and not is_public_host(host)


async def _fetched(fetch: Fetch, url: str, field: str) -> bytes:
    try:
        return await fetch(url)
    except Unfetched as error:
        raise refuse(
            Kind.MEDIA, field, f"cannot be downloaded: {error}", aspect="dead", got=url
        ) from None


async def _known(engine: Engine, url: str, path: str) -> tuple[Facts | None, str]:
    """What is known of what a link leads to, and the hash of its bytes where they are kept."""
    file = await uploads.find(engine, path)
    if file is None:
        return facts_of_link(url), ""
    if await uploads.expired(engine, file):
        raise Unreadable("The uploaded file has expired or was deleted.")
    return file.facts, file.digest


async def from_bytes(
    engine: Engine,
    kind: MediaKind,
    role: str,
    data: bytes,
    name: str,
    field: str,
    *,
    more: bool = False,
) -> Reference:
    """The reference that some bytes are, measured by their content alone.

    ``more`` is for a dialect that takes whatever ffprobe reads.
    """
    from simulator.media.foreign import recognised
    from simulator.media.probe import probe  # only files need its parsers

    try:
        if more and recognised(data):
            facts = await asyncio.to_thread(probe, data, more=True)
        else:
            facts = probe(data)
    except Unreadable as error:
        raise refuse(Kind.MEDIA, field, f"cannot be read: {error}", aspect="unreadable") from None
    if facts.kind != kind:
        raise refuse(Kind.MEDIA, field, f"must be {A[kind]}", aspect="format", got=facts.format)
    return Reference(kind, role, name, facts, await keep(engine, kind, data))


async def keep(engine: Engine, kind: MediaKind, data: bytes) -> str:
    """Keep the bytes of an image for the clip; a hash of the bytes in any case."""
    digest = sha256(data).hexdigest()
    if kind == "image":
        await engine.store.put_blob(digest, data)
    return digest


async def _from_data_url(
    engine: Engine, kind: MediaKind, role: str, url: str, field: str
) -> Reference:
    try:
        data = decode_data_url(url, BODY_LIMIT)
    except Unreadable as error:
        raise refuse(Kind.MEDIA, field, f"cannot be read: {error}", aspect="unreadable") from None
    return await from_bytes(engine, kind, role, data, f"inline {kind}", field)


def adaptive_ratio(references: tuple[Reference, ...], otherwise: str = "16:9") -> str:
    """The nearest of the six ratios to the first video's size, else the first image's."""
    for kind in ("video", "image"):
        for reference in references:
            if reference.kind == kind and reference.facts is not None:
                return nearest_ratio(reference.facts.width, reference.facts.height)
    return otherwise
