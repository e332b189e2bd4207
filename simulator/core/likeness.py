"""Orders that differ in nothing but their words.

Most orders of a client are like one before, but for the prompt. What follows from everything else
(that the order passes a dialect's rows, that no field was sent in vain, how large and long its clip
becomes) is therefore found out once for all that are alike. That no row looks at such words beyond
their being there is what ``tests/test_likeness.py`` holds.
"""

from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

Facts = tuple[tuple[str, ...], tuple[Any, ...], tuple[type, ...]]
Likeness = tuple[bool, Facts]
# Far below what any document allows of a prompt.
LONGEST_WORDS = 400
LONGEST_TEXT = 200
MOST_KNOWN = 512
# Of the old way of asking for sizes and lengths, in the prompt itself.
COMMAND = "--"
_PLAIN = frozenset({str, int, float, bool, type(None)})
_PLAIN_OR_OBJECT = _PLAIN | {dict}

Found = TypeVar("Found")


class Known(dict[Hashable, Found]):
    """What was found out before, of a bounded number of things."""

    def keep(self, key: Hashable, found: Found) -> Found:
        """Remember what was found out."""
        if len(self) >= MOST_KNOWN:
            self.clear()
        self[key] = found
        return found


def likeness(body: Mapping[str, Any]) -> Likeness | None:
    """What an order is beside its words; None where it has more than words and plain fields.

    The words are its ``prompt``, or the one text of its ``content``. Plain fields may also stand in
    an object of its own, such as ``metadata``.
    """
    rest = dict(body)
    content = rest.pop("content", None)
    if content is None:
        words = rest.pop("prompt", None)
    elif type(content) is list and len(content) == 1:
        words = _text_of(content[0])
    else:
        return None
    if type(words) is not str or len(words) > LONGEST_WORDS or COMMAND in words:
        return None
    if not words or words.isspace():
        return None
    facts = _facts(rest, deepest=1)
    return None if facts is None else (content is None, facts)


def _facts(fields: Mapping[str, Any], deepest: int) -> Facts | None:
    """Fields with their values, where all are plain and short; objects may stand so deep."""
    # The types are part of it: 0 and False are equal, but no two of JSON.
    types = tuple(map(type, fields.values()))
    if dict in types and deepest:
        inside = {name: _facts(one, 0) for name, one in fields.items() if type(one) is dict}
        if not _PLAIN_OR_OBJECT.issuperset(types) or None in inside.values():
            return None
        fields = {**fields, **inside}
    elif not _PLAIN.issuperset(types):
        return None
    values = tuple(fields.values())
    for value in values:
        if type(value) is str and len(value) > LONGEST_TEXT:
            return None
    return tuple(fields), values, types


def _text_of(item: Any) -> Any:
    """The text of an item that is nothing else."""
    if type(item) is dict and len(item) == 2 and item.get("type") == "text":
        return item.get("text")
    return None
