"""What is left to chance in a run, decided by a text: the same one, the same run.

A run draws its id, and from it come its keys, and from these what a simulator makes of its orders:
which length `auto` is, how many bytes a clip has, what is accepted on a second try. A row or mutant
that such a draw decides is found by drawing again, with another text in the variable ``DRAW``, and
not by a test that fails one time in fifty.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from unittest import mock

from conformance.collect import preparing


class Draws:
    """In the place of ``secrets``: another draw each time, and all of them known."""

    def __init__(self, text: str) -> None:
        self._text, self._number = os.environ.get("DRAW", "") + text, 0

    def token_hex(self, size: int) -> str:
        self._number += 1
        return sha256(f"{self._text} {self._number}".encode()).hexdigest()[: 2 * size]


@contextmanager
def drawn(text: str) -> Iterator[None]:
    """Let the runs of this while draw what the text decides."""
    with mock.patch.object(preparing, "secrets", Draws(text)):
        yield
