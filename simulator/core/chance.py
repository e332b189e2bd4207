"""Everything that looks random, drawn from the server's seed, so that a run can be repeated."""

from functools import lru_cache
from hashlib import blake2b

import msgspec

LOWER = "0123456789abcdefghijklmnopqrstuvwxyz"
ALNUM = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Kubernetes' alphabet for generated names: no vowels, and nothing that reads like one.
KUBERNETES = "bcdfghjklmnpqrstvwxz2456789"


def digest(*parts: object) -> bytes:
    """32 bytes that depend on all parts and on their order."""
    texts = [
        part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
        for part in parts
    ]
    framed = b"".join([len(text).to_bytes(8, "big") + text for text in texts])
    return blake2b(framed, digest_size=32).digest()


@lru_cache(maxsize=256)
def _bytes(label: str) -> bytes:
    return label.encode("utf-8", "surrogatepass")


class Chance(msgspec.Struct, frozen=True):
    """A source of draws. The same root and label always give the same draw."""

    root: bytes

    @classmethod
    def of(cls, *parts: object) -> "Chance":
        return cls(digest(*parts))

    def nth(self, number: int) -> "Chance":
        """A source of its own for each number, at no cost until it is drawn from."""
        return Chance(self.root + number.to_bytes(8, "big"))

    def number(self, label: object, least: int, most: int) -> int:
        """An integer from ``least`` to ``most``, both included."""
        return least + int.from_bytes(digest(self.root, label)[:8], "big") % (most - least + 1)

    def word(self, label: object, alphabet: str, length: int) -> str:
        """A word of ``length`` letters of the alphabet."""
        left = int.from_bytes(digest(self.root, label), "big")
        letters = []
        for _ in range(length):
            left, at = divmod(left, len(alphabet))
            letters.append(alphabet[at])
        return "".join(letters)

    def hex(self, label: object, length: int) -> str:
        """Up to 64 hexadecimal digits."""
        named = _bytes(str(label))
        return blake2b(named, key=self.root[:64], digest_size=32).hexdigest()[:length]
