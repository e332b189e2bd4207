"""Links of the upstream's store as this server's own: ``/passed/MAC/TASK/https/HOST/PATH?QUERY``.

The whole link stands in its own one, so nothing has to be kept, and a client that looks at the date
and the lifetime in it sees what the store wrote. The MAC makes it one that was given out here: this
server fetches no link that somebody made up.
"""

import hmac
import json
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

from simulator.core import pointers
from simulator.core.addresses import parse
from simulator.core.reader import Reader

PLACE = "passed"
_OWN = re.compile(rf"/{PLACE}/([0-9a-f]{{32}})/([^/?]*)/(https?)/([^/?]+)([^?]*)(\?.*)?", re.DOTALL)

# Such a link in a body, in which JSON may have written & as Go does. It begins at the last scheme
# ahead of it: no part of a body is looked through from each of many.
_GIVEN = re.compile(
    rb"https?://(?:(?!https?://)[^\s\"\\<>])*?(/%b/[0-9a-f]{32}/(?:[^\s\"\\<>]|\\u0026)+)"
    % PLACE.encode()
)


@dataclass(frozen=True, slots=True)
class Passed:
    """A link of the upstream's store, and the task whose file it gives (empty if not known)."""

    task: str
    url: str


def written(secret: str, base: str, link: Passed) -> str:
    """The link as a client is given it; as it is where it is none that can be fetched."""
    if parse(link.url) is None or not link.url.startswith(("http://", "https://")):
        return link.url
    scheme, _, rest = link.url.partition("#")[0].partition("://")
    task = link.task if re.fullmatch(r"[\w.~-]*", link.task, re.ASCII) else ""
    mac = _mac(secret, task, f"{scheme}://{rest}")
    return f"{base}/{PLACE}/{mac}/{task}/{scheme}/{rest}"


def read(secret: str, target: str) -> Passed | None:
    """The link that a request's target stands for; None where it was not given out here."""
    found = _OWN.fullmatch(target)
    if found is None:
        return None
    mac, task, scheme, host, path, query = found.groups("")
    url = f"{scheme}://{host}{path}{query}"
    return Passed(task, url) if hmac.compare_digest(mac, _mac(secret, task, url)) else None


def restored(secret: str, raw: bytes) -> bytes:
    """A body with the store's own links in the places of those that were given out here.

    A frame of one task is often the first picture of the next: the upstream cannot fetch it here.
    """
    if f"/{PLACE}/".encode() not in raw:
        return raw

    def one(found: re.Match[bytes]) -> bytes:
        target = found[1].decode("utf-8", "replace").replace("\\u0026", "&")
        link = read(secret, target)
        return found[0] if link is None else link.url.encode()

    return _GIVEN.sub(one, raw)


def _mac(secret: str, task: str, url: str) -> str:
    # Clients write a link that they were given in their own way: %2F and / are the same to them.
    plain = f"{task} {unquote(url, errors='replace')}"
    return hmac.new(secret.encode(), plain.encode(), sha256).hexdigest()[:32]


def told(reader: Reader, body: Any) -> list[Passed]:
    """The links in an answer, of one task or of a list of them."""
    items = reader.listed(body)
    bodies = [body] if items is None else items
    return [
        Passed(reader.shown_id(one), link)
        for one in bodies
        for place in reader.link
        if isinstance(link := pointers.get(one, place), str) and link.startswith("http")
    ]


def exchanged(raw: bytes, new: dict[str, str]) -> bytes:
    """The same JSON text with other links, and not a byte of it changed beside them."""
    for link, other in new.items():
        plain, mine = json.dumps(link, ensure_ascii=False)[1:-1], json.dumps(other)[1:-1]
        # As most write it, as Go does, and as PHP does.
        for old, own in (
            (plain, mine),
            (plain.replace("&", "\\u0026"), mine.replace("&", "\\u0026")),
            (plain.replace("/", "\\/"), mine.replace("/", "\\/")),
        ):
            raw = raw.replace(f'"{old}"'.encode(), f'"{own}"'.encode())
    return raw
