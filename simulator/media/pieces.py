"""Long files as what they are made of: bytes, and patterns that are repeated.

A sample of 250 MB is some kilobytes of picture and a great many zeros. It is held as that, and
written in portions, so that no number of readers takes more memory than one.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from aiohttp import web

PORTION = 1 << 18
# How long a client may take in nothing before its download is given up.
STALLED_S = 60.0


@dataclass(frozen=True, slots=True)
class Run:
    """Some bytes, so many times in a row."""

    pattern: bytes
    times: int = 1

    @property
    def size(self) -> int:
        return len(self.pattern) * self.times

    def read(self, first: int, end: int) -> Iterator[bytes | memoryview]:
        """The bytes from ``first`` to before ``end``, in portions."""
        if self.times == 1:
            view = memoryview(self.pattern)
            for at in range(first, end, PORTION):
                yield view[at : min(end, at + PORTION)]
            return
        length = len(self.pattern)
        several = self.pattern * min(self.times, -(-PORTION // length) + 1)
        while first < end:
            at = first % length
            portion = memoryview(several)[at : at + min(PORTION, end - first, len(several) - at)]
            yield portion
            first += len(portion)


def zeros(count: int) -> Run:
    """So many bytes of nothing."""
    return Run(b"\0", count)


@dataclass(frozen=True)
class Pieces:
    """A file of runs, one after the other."""

    runs: tuple[Run, ...]

    @classmethod
    def of(cls, *parts: bytes | Run) -> "Pieces":
        runs = (Run(part) if isinstance(part, bytes) else part for part in parts)
        return cls(tuple(run for run in runs if run.size))

    def __len__(self) -> int:
        return self._size

    @cached_property
    def _size(self) -> int:
        return sum(run.size for run in self.runs)

    @property
    def held(self) -> int:
        """Bytes of memory that it takes."""
        return sum(len(run.pattern) for run in self.runs)

    def read(self, first: int = 0, end: int | None = None) -> Iterator[bytes | memoryview]:
        """The bytes from ``first`` to before ``end``, in portions."""
        end = len(self) if end is None else end
        start = 0
        for run in self.runs:
            low, high = max(first - start, 0), min(end - start, run.size)
            if low < high:
                yield from run.read(low, high)
            start += run.size

    def __bytes__(self) -> bytes:
        return b"".join(self.read())


class Streamed(web.StreamResponse):
    """An answer whose body is written in portions, each when the client has room for it."""

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        kind: str,
        source: Pieces,
        first: int,
        end: int,
    ) -> None:
        super().__init__(status=status, headers=headers)
        self.content_type = kind
        self.content_length = end - first
        self._portions: Iterator[bytes | memoryview] = source.read(first, end)
        self._empty = False

    async def prepare(self, request: web.BaseRequest) -> object:  # type: ignore[override]
        self._empty = request.method == "HEAD"
        return await super().prepare(request)

    async def write_eof(self, data: bytes = b"") -> None:
        if not self._empty:
            try:
                for portion in self._portions:
                    async with asyncio.timeout(STALLED_S):
                        await self.write(portion)
            except TimeoutError:
                raise ConnectionError("the client takes in nothing any more") from None
        await super().write_eof(data)
