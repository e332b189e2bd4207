"""Finished pieces by key: in memory up to a number of bytes, and in a folder where there is one.

Several processes may share the folder. A file appears under its name when it is whole, bears its
own checksum, and may vanish at any time; whatever goes wrong with it only costs a render.
"""

import contextlib
import os
import struct
import tempfile
import time
import zlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

MEMORY = 24 << 20
DISK = 512 << 20
UNFINISHED = ".part"
FINISHED = ".piece"
ABANDONED_S = 60.0


@dataclass(slots=True)
class Memory:
    """The pieces used last, up to a number of bytes, and how often one was there or not."""

    most: int
    held: int = 0
    hits: int = 0
    misses: int = 0
    pieces: OrderedDict[str, bytes] = field(default_factory=OrderedDict)

    def get(self, key: str) -> bytes | None:
        piece = self.pieces.get(key)
        if piece is None:
            self.misses += 1
        else:
            self.hits += 1
            self.pieces.move_to_end(key)
        return piece

    def put(self, key: str, piece: bytes) -> None:
        if len(piece) > self.most:
            return
        self.held += len(piece) - len(self.pieces.pop(key, b""))
        self.pieces[key] = piece
        while self.held > self.most:
            self.held -= len(self.pieces.popitem(last=False)[1])


@dataclass(frozen=True, slots=True)
class Folder:
    """Pieces on disk."""

    path: Path
    most: int = DISK

    def get(self, key: str) -> bytes | None:
        file = self.path / (key + FINISHED)
        with contextlib.suppress(OSError):
            data = file.read_bytes()
            if data[:4] == checksum(data[4:]):
                with contextlib.suppress(OSError):
                    os.utime(file)
                return data[4:]
        return None

    def put(self, key: str, piece: bytes) -> None:
        with contextlib.suppress(OSError):
            self.path.mkdir(parents=True, exist_ok=True)
            self.write(self.path / (key + FINISHED), checksum(piece) + piece)

    def write(self, file: Path, data: bytes) -> None:
        handle, name = tempfile.mkstemp(UNFINISHED, dir=self.path)
        try:
            with os.fdopen(handle, "wb") as part:
                part.write(data)
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise

    def tidy(self) -> None:
        """Remove what a killed process left, and the oldest pieces beyond the limit."""
        with contextlib.suppress(OSError):
            now = time.time()
            for part in self.path.glob("*" + UNFINISHED):
                if now - part.stat().st_mtime > ABANDONED_S:
                    part.unlink(missing_ok=True)
            self.prune()

    def prune(self) -> None:
        kept = 0
        files = [(file.stat(), file) for file in self.path.glob("*" + FINISHED)]
        for facts, file in sorted(files, key=lambda pair: -pair[0].st_mtime):
            kept += facts.st_size
            if kept > self.most:
                file.unlink(missing_ok=True)


def checksum(piece: bytes) -> bytes:
    """What is written in front of a piece on disk, to know a torn file by."""
    return struct.pack(">I", zlib.crc32(piece))


def packed(parts: Iterable[bytes]) -> bytes:
    """Several pieces as one."""
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def unpacked(piece: bytes) -> tuple[bytes, ...]:
    """The parts that `packed` put into one piece."""
    parts, at = [], 0
    while at < len(piece):
        (size,) = struct.unpack_from(">I", piece, at)
        parts.append(piece[at + 4 : at + 4 + size])
        at += 4 + size
    return tuple(parts)
