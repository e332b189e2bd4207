"""Everything that looks random, drawn from the server's seed, so that a run can be repeated."""

from functools import lru_cache
from hashlib import blake2b

import msgspec

LOWER = "0123456789abcdefghijklmnopqrstuvwxyz"
ALNUM = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Kubernetes' alphabet for generated names: no vowels, and nothing that reads like one.
KUBERNETES = "bcdfghjklmnpqrstvwxz2456789"
# A longer text is not remembered.
LONGEST_LABEL = 100
# The lengths of most parts, as they stand before them.
_LENGTHS = tuple([length.to_bytes(8, "big") for length in range(256)])


def digest(*parts: object) -> bytes:
    """32 bytes that depend on all parts and on their order."""
    return blake2b(b"".join([_framed(part) for part in parts]), digest_size=32).digest()


def _framed(part: object) -> bytes:
    """A part behind its length, so that no two lists of parts are the same bytes."""
    if type(part) is bytes:
        return _behind_length(part)
    if type(part) is int:
        return _behind_length(b"%d" % part)
    text = part if type(part) is str else str(part)
    return _framed_label(text) if len(text) <= LONGEST_LABEL else _framed_text(text)


def _behind_length(text: bytes) -> bytes:
    length = len(text)
    return (_LENGTHS[length] if length < 256 else length.to_bytes(8, "big")) + text


def _framed_text(text: str) -> bytes:
    return _behind_length(text.encode("utf-8", "surrogatepass"))


# Most texts are labels, and so few.
_framed_label = lru_cache(maxsize=256)(_framed_text)


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
        letters = len(alphabet)
        left, word = int.from_bytes(digest(self.root, label), "big") % letters**length, ""
        for _ in range(length):
            left, at = divmod(left, letters)
            word += alphabet[at]
        return word

    def hex(self, label: object, length: int) -> str:
        """Up to 64 hexadecimal digits."""
        named = _bytes(str(label))
        return blake2b(named, key=self.root[:64], digest_size=32).hexdigest()[:length]
