"""How an answer is brought to its caller, where that is not simply written."""

from typing import Literal

import msgspec

# No delivery holds a connection for longer, in real seconds.
LONGEST_WAIT = 10.0


class Delivery(msgspec.Struct, frozen=True):
    """``wait`` are real seconds before the first byte, ``copies`` how often the answer is written.

    ``head`` and ``body`` are the shares of both that are sent before the connection comes to its
    ``end``. The body goes in ``pieces`` with a ``pause`` after each, and ``length`` is the share of
    its bytes that Content-Length admits. ``callbacks_first`` lets what this account is to be told
    arrive before the answer.
    """

    wait: float = 0.0
    copies: int = 1
    head: float = 1.0
    body: float = 1.0
    end: Literal["", "close", "reset"] = ""
    pieces: int = 1
    pause: float = 0.0
    length: float = 1.0
    callbacks_first: str = ""
