"""Bits as H.264 writes them: fixed widths, Exp-Golomb codes, and bytes that start no NAL unit."""

import re
from dataclasses import dataclass
from functools import lru_cache

START = re.compile(rb"\0\0(?=[\0-\3])")


@dataclass(slots=True)
class Bits:
    """A row of bits that grows at its end."""

    value: int = 0
    count: int = 0

    def put(self, value: int, width: int) -> "Bits":
        self.value = self.value << width | value
        self.count += width
        return self

    def ue(self, value: int) -> "Bits":
        return self.put(value + 1, 2 * (value + 1).bit_length() - 1)

    def se(self, value: int) -> "Bits":
        return self.ue(2 * value - 1 if value > 0 else -2 * value)

    def align(self) -> "Bits":
        """Zeros up to the next whole byte."""
        return self.put(0, -self.count % 8)

    def stop(self) -> "Bits":
        """The one that ends every payload, and zeros up to a whole byte."""
        return self.put(1, 1).align()

    def bytes(self) -> bytes:
        return self.value.to_bytes(self.count // 8, "big")


@lru_cache(maxsize=4096)
def ue(value: int) -> str:
    """An Exp-Golomb code as text, for those who write thousands of them."""
    digits = f"{value + 1:b}"
    return digits.zfill(2 * len(digits) - 1)


def se(value: int) -> str:
    """The same of a number with a sign."""
    return ue(2 * value - 1 if value > 0 else -2 * value)


@dataclass(slots=True)
class Reader:
    """Reads what ``Bits`` writes."""

    data: bytes
    at: int = 0

    def u(self, width: int) -> int:
        last = (self.at + width + 7) // 8
        whole = int.from_bytes(self.data[self.at // 8 : last], "big")
        self.at += width
        return whole >> (last * 8 - self.at) & ((1 << width) - 1)

    def ue(self) -> int:
        zeros = 0
        while self.u(1) == 0:
            zeros += 1
        return (1 << zeros | self.u(zeros)) - 1 if zeros else 0

    def se(self) -> int:
        code = self.ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)

    def rest(self) -> Bits:
        """Everything from here to the end, padding included."""
        count = len(self.data) * 8 - self.at
        return Bits(int.from_bytes(self.data, "big") & ((1 << count) - 1), count)


def escape(payload: bytes) -> bytes:
    """The payload with the bytes that keep it from looking like a start code."""
    return START.sub(b"\0\0\3", payload) if b"\0\0" in payload else payload


def unescape(payload: bytes) -> bytes:
    """A payload without the bytes that `escape` put in."""
    return payload.replace(b"\0\0\3", b"\0\0")
