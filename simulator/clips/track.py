"""Coded samples as they lie together in a file."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from simulator.clips.spec import FPS


@dataclass(frozen=True, slots=True)
class Chunk:
    """Samples of a track that lie together: their bytes, in any parts, and how many bytes of each.

    ``sizes`` is empty where all samples of the track are of one size.
    """

    track: int
    parts: Sequence[bytes]
    count: int
    size: int
    sizes: Sequence[int] = ()


def chunk(track: int, samples: Sequence[bytes]) -> Chunk:
    """Samples as they are."""
    sizes = list(map(len, samples))
    return Chunk(track, samples, len(sizes), sum(sizes), sizes)


def seconds(samples: Sequence[bytes]) -> list[Chunk]:
    """Coded pictures by the second."""
    return [chunk(0, samples[at : at + FPS]) for at in range(0, len(samples), FPS)]


@dataclass(frozen=True, slots=True)
class Video:
    """Coded pictures: each sample is a picture's NAL units with their lengths in front.

    ``seconds`` are the samples of a second each; ``keys`` numbers the key frames, ``kept`` all
    pictures that others refer to. Only H.265 has a ``vps``.
    """

    width: int
    height: int
    sps: bytes
    pps: bytes
    seconds: Sequence[Chunk]
    keys: Sequence[int] = (1,)
    kept: Sequence[int] = (1,)
    vps: bytes = b""

    @property
    def count(self) -> int:
        """How many pictures there are."""
        return sum(second.count for second in self.seconds)

    def samples(self) -> list[bytes]:
        """The pictures one by one."""
        whole = b"".join(part for second in self.seconds for part in second.parts)
        ends = accumulate(size for second in self.seconds for size in second.sizes)
        return [whole[start:end] for start, end in pairwise((0, *ends))]

    def ending(self) -> "Video":
        """The last picture and those it refers to; samples count from one."""
        last = self.count
        wanted = {number for number in self.kept if number >= self.keys[-1]} | {last}
        known = self.samples()
        samples = [known[number - 1] for number in sorted(wanted)]
        return replace(self, seconds=seconds(samples), keys=(1,), kept=(1,))

    def excerpt(self, numbers: Sequence[int]) -> tuple["Video", frozenset[int]]:
        """Some pictures and those they refer to; and where in it those are, from zero."""
        wanted = sorted({one for one in self.kept if one < max(numbers)} | {*numbers})
        known = self.samples()
        samples = [known[one - 1] for one in wanted]
        keys = [at for at, one in enumerate(wanted, 1) if one in {*self.keys}]
        kept = [at for at, one in enumerate(wanted, 1) if one in {*self.kept}]
        places = frozenset(at for at, one in enumerate(wanted) if one in {*numbers})
        return replace(self, seconds=seconds(samples), keys=keys, kept=kept), places
