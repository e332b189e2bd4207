"""Files that clients upload ahead of their orders, and the links under which they are found."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from simulator.engine import Engine
from simulator.media.facts import Facts
from simulator.media.formats import SUFFIXES, content_type
from simulator.store import Item

LONGEST_NAME = 100
_KIND = "upload"
_PATH = re.compile(r"/files/(file-[0-9a-f]{24})/[^/]+")


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
    item = Item(file.id, dialect, file.account, _KIND, now, {"file": file})
    await engine.store.put_item(item)


async def kept(engine: Engine, dialect: str, account: str, now: int) -> list[tuple[int, Uploaded]]:
    """The account's files that are still there, oldest first, each after the time of its coming."""
    items = await engine.store.items(account, dialect, _KIND)
    files = [(item.created, item.facts["file"]) for item in items]
    return [(at, file) for at, file in files if isinstance(file, Uploaded) and now < file.expires]


async def find(engine: Engine, path: str) -> Uploaded | None:
    """The file that a link with such a path is of, if it was ever uploaded here."""
    found = _PATH.fullmatch(path)
    item = None if found is None else await engine.store.item(found[1])
    file = None if item is None else item.facts.get("file")
    return file if isinstance(file, Uploaded) else None


def expired(engine: Engine, file: Uploaded) -> bool:
    """Whether the file is gone, on the clock of the account that uploaded it."""
    return engine.clocks.of(file.account).now() >= file.expires


def base_name(name: str) -> str:
    """The last part of a path or name, cut to a length that fits a link; empty if it is none."""
    last = re.split(r"[/\\]", name)[-1].strip()[-LONGEST_NAME:]
    return last if last.strip(".") else ""
