"""What every header reader shares: the bounds, the refusal, and reads that stay inside a span."""

import struct
from typing import Any

MOST_PIXELS_A_SIDE = 16_384
MOST_MS = 24 * 3600 * 1000
MOST_FPS = 1_000

Span = tuple[int, int]


class Unreadable(Exception):
    """The bytes or the link do not tell what they hold; the text says why in a plain sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def take(view: memoryview, span: Span, layout: str, skip: int = 0) -> tuple[Any, ...]:
    """Unpack ``layout`` at ``skip`` bytes into the span, and never past its end."""
    start, end = span
    if start + skip + struct.calcsize(layout) > end:
        raise Unreadable("A header is shorter than its fields.")
    return struct.unpack_from(layout, view, start + skip)
