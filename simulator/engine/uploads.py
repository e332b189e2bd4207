"""Files that clients upload ahead of their orders, and the links under which they are found."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from simulator.core.item import Fact, Item
from simulator.core.media import Facts
from simulator.engine import Engine
from simulator.media.formats import SUFFIXES, content_type

LONGEST_NAME = 100
_KIND = "upload"
# Below a prefix too, where the server has one.
_PATH = re.compile(r"(?:/[^/]+)*?/files/(file-[0-9a-f]{24})/[^/]+")


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that was uploaded, or copied from ``source``; ``expires`` is in milliseconds."""

    id: str
    account: str
    name: str
    digest: str
    expires: int
    facts: Facts | None = None
    source: str = ""

    @property
    def path(self) -> str:
        """Where the file is found under the server's address."""
        return f"/files/{self.id}/{quote(self.name, safe='')}"

    @property
    def content_type(self) -> str:
        """By the content where it is known, else by what the name claims."""
        suffix = self.name.rpartition(".")[2].lower()
        return content_type(self.facts.format if self.facts else SUFFIXES.get(suffix, ""))


async def keep(engine: Engine, dialect: str, file: Uploaded, now: int, data: bytes = b"") -> None:
    """Remember the file, and its bytes as long as there is room for them."""
    if data:
        await engine.store.put_blob(file.digest, data)
    facts: Mapping[str, Fact] = {
        "name": file.name,
        "digest": file.digest,
        "expires": file.expires,
        "source": file.source,
    }
    await engine.keep(Item(file.id, dialect, file.account, _KIND, now, facts, file.facts))


async def kept(engine: Engine, dialect: str, account: str, now: int) -> list[tuple[int, Uploaded]]:
    """The account's files that are still there, oldest first, each after the time of its coming."""
    items = await engine.items(account, dialect, _KIND)
    files = [(item.created, _uploaded(item)) for item in items]
    return [(at, file) for at, file in files if now < file.expires]


async def find(engine: Engine, path: str) -> Uploaded | None:
    """The file that a link with such a path is of, if it was ever uploaded here."""
    found = _PATH.fullmatch(path)
    item = None if found is None else await engine.item(found[1])
    return None if item is None or item.kind != _KIND else _uploaded(item)


def _uploaded(item: Item) -> Uploaded:
    facts: Mapping[str, Any] = item.facts
    return Uploaded(item.id, item.account, facts=item.media, **facts)


async def expired(engine: Engine, file: Uploaded) -> bool:
    """Whether the file is gone, on the clock of the account that uploaded it."""
    return await engine.clocks.now(file.account) >= file.expires


def base_name(name: str) -> str:
    """The last part of a path or name, cut to a length that fits a link; empty if it is none."""
    last = re.split(r"[/\\]", name)[-1].strip()[-LONGEST_NAME:]
    return last if last.strip(".") else ""
