"""What fetches the bytes behind a link; who may be asked is somebody else's to say."""

from typing import Protocol


class Fetch(Protocol):
    """Gets the bytes behind a link, or raises Unfetched."""

    async def __call__(self, url: str) -> bytes: ...

    async def close(self) -> None: ...


class Unfetched(Exception):
    """The bytes behind a link could not be had; the text says why."""
