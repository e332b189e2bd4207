"""Equal facts of many tasks are kept once: an account with a hundred thousand of them is no rarity.

What is shared is never changed. What was shared last is known, within bounds.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

MOST_KNOWN = 1024
LONGEST_TEXT = 200
_PLAIN = frozenset({str, int, float, bool, type(None)})


def shared(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same facts, in one value for all who have them, where they are few and plain."""
    types = tuple(map(type, facts.values()))
    if not _PLAIN.issuperset(types):
        return facts
    for value in facts.values():
        if type(value) is str and len(value) > LONGEST_TEXT:
            return facts
    # The types are part of what it is known by: 0 and False are equal, but no two of JSON.
    return _known(tuple(facts.items()), types)


@lru_cache(maxsize=MOST_KNOWN)
def _known(items: tuple[tuple[str, Any], ...], types: tuple[type, ...]) -> Mapping[str, Any]:
    return dict(items)
