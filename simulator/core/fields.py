"""Which fields of an order a dialect reads, and where what was sent in vain belongs.

An unknown field is ignored upstream, and nothing tells the client: the commonest mistake of all.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import msgspec

from simulator.core.concepts import CONCEPTS, HARMLESS, NEUTRAL, NOTES, NOWHERE
from simulator.core.likeness import Known, Likeness

MOST = 20
MOST_ITEMS = 50
MOST_INSIDE = 3
LONGEST_WORD = 20
NO_PAGE = "no page has such a field"

_MEANT: Mapping[str, tuple[str, ...]] = {
    name: tuple(concept for concept, names in CONCEPTS.items() if name in names)
    for names in CONCEPTS.values()
    for name in names
}
_SIZE = re.compile(r"\d{2,5} *[xX*] *\d{2,5}")
_NUMBERED = re.compile(r"(.+?)_?\d{1,3}")
_WHOLE = re.compile(r"-?\d{1,9}")
# What forms, and careless programs, write for values that are no text.
_WORDS: Mapping[str, bool | None] = {
    "true": True,
    "false": False,
    "null": None,
    "none": None,
    "undefined": None,
}


class Ignored(msgspec.Struct, frozen=True):
    """A field that was sent in vain: its place in the body, and what to do instead."""

    name: str
    hint: str


@dataclass(frozen=True)
class Fields:
    """The fields of a dialect's order.

    ``read`` are their places, ``a.b`` for one inside another and ``a[].b`` for one of each item;
    those under ``observed`` are read only there. ``places`` say in words where each concept stands
    whose place is not just one of these names, ``absent`` what is to be known of one that has no
    place, and ``neutral`` are values of concepts that ask for what this dialect does anyway, where
    others do something else.
    """

    read: frozenset[str] = frozenset()
    places: Mapping[str, str] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    observed: frozenset[str] = frozenset()
    neutral: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def _known(self) -> Mapping[bool, frozenset[str]]:
        """What is read in each fidelity, with all that these stand in."""
        return {False: _with_parents(self.read), True: _with_parents(self.read | self.observed)}

    @cached_property
    def _names(self) -> Mapping[str, str]:
        """The places of what is read, by their last names."""
        return {one.rpartition(".")[2]: one for one in sorted(self.read)}

    @cached_property
    def _all_read(self) -> Known[None]:
        """Orders of which nothing was sent in vain, with their fidelity."""
        return Known()

    def ignored(
        self, body: Mapping[str, Any], *, observed: bool = False, like: Likeness | None = None
    ) -> Sequence[Ignored]:
        """The fields of an order that nobody reads although they ask for something.

        One that is ``like`` another without any has none either.
        """
        if not self.read or (like is not None and (like, observed) in self._all_read):
            return ()
        known, found = self._known[observed], []
        for place, name, sent in _fields(body, known):
            value = _value(sent)
            if self._asks(name, value):
                found.append(Ignored(place, self._hint(name, value)))
            if len(found) >= MOST:
                break
        if like is not None and not found:
            self._all_read.keep((like, observed), None)
        return found

    def _asks(self, name: str, value: Any, *, inside: bool = False) -> bool:
        """Whether a field asks for something that there is not anyway.

        An unknown object does if something in it does; deeper than that nobody looks.
        """
        if name in HARMLESS or value is None:
            return False
        if isinstance(value, dict) and not inside:
            notes = name == NOTES and not self._settings(value)
            return not notes and any(self._asks(*one, inside=True) for one in _inside(value))
        if not isinstance(value, int | float | str):
            return bool(value)
        meant = self._meant(name, value) or [""]
        return value != "" and not any(self._is_usual(value, one) for one in meant)

    def _is_usual(self, value: float | str, concept: str) -> bool:
        if not concept:
            return value == 0  # no, none, or off
        return bool(value == self.neutral.get(concept, NEUTRAL.get(concept)))

    def _meant(self, name: str, value: Any) -> list[str]:
        """What a name stands for; of several things those that the dialect has."""
        meant = [*_MEANT.get(name, ())]
        if len(meant) > 1:
            meant = [one for one in meant if _can_be(one, value)] or meant[:1]
        return [one for one in meant if self.place(one)] or meant

    def place(self, concept: str) -> str:
        """Where the dialect has a thing: a field, or words; or nothing."""
        if concept in self.places:
            return self.places[concept]
        # A name that also stands for something else is not the place of that.
        own = (name for name in CONCEPTS[concept] if _MEANT[name][0] == concept)
        return next((self._names[name] for name in own if name in self._names), "")

    def _settings(self, value: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """What in an object are settings, some of them."""
        inside = [one for one in _inside(value) if one[0] in self._names or one[0] in _MEANT]
        return [one for one in inside if self._asks(*one, inside=True)][:MOST_INSIDE]

    def _hint(self, name: str, value: Any) -> str:
        if not isinstance(value, dict):
            return self._said(name, value) or self._near(name) or NO_PAGE
        hints = "; ".join(self._beside(*one) for one in self._settings(value))
        return f"nothing in it is read: {hints}" if hints else self._said(name, value) or NO_PAGE

    def _beside(self, name: str, value: Any) -> str:
        return f"{name} belongs beside it" if name in self.read else self._said(name, value)

    def _said(self, name: str, value: Any) -> str:
        """Where what is meant belongs, if the name tells what that is."""
        return " and ".join(map(self._right, self._meant(name, value)))

    def _right(self, concept: str) -> str:
        """The place of a concept, as a clause."""
        if right := self.place(concept):
            return f"the place for the {concept} is {right}"
        also = self.absent.get(concept, NOWHERE.get(concept, ""))
        return f"there is no field for the {concept}" + (f": {also}" if also else "")

    def _near(self, name: str) -> str:
        """A documented name that is like this one, or is known to mean what one does."""
        numbered = _NUMBERED.fullmatch(name)
        if numbered is not None:
            of_it = re.compile(re.escape(numbered[1]) + r"(_?\d+)?")
            if like := [place for one, place in self._names.items() if of_it.fullmatch(one)]:
                return f"only {', '.join(like)} {'is' if len(like) == 1 else 'are'} read"
        from difflib import get_close_matches  # only mistakes need it

        for names in (self._names, _MEANT):
            for near in get_close_matches(name[:60], names, 1, 0.75):
                place = self._names.get(near)
                return f"did you mean {place}?" if place else self._right(_MEANT[near][0])
        return ""


def _value(sent: Any) -> Any:
    """What a field says: the value that a text stands for, nothing for an empty file."""
    if isinstance(sent, str) and len(sent) <= LONGEST_WORD:
        text = sent.strip().lower()
        return _WORDS.get(text, int(text) if _WHOLE.fullmatch(text) else text)
    return None if getattr(sent, "data", sent) == b"" else sent


def _inside(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(name, _value(value[name])) for name in list(value)[:MOST_ITEMS]]


def _can_be(concept: str, value: Any) -> bool:
    """Whether a value can be of a concept, where its name stands for several."""
    text = str(value)
    match concept:
        case "ratio":
            return ":" in text or _SIZE.fullmatch(text) is not None
        case "resolution":
            return ":" not in text
        case "reference audio":
            return not isinstance(value, bool)
        case "sound":
            return isinstance(value, bool)
    return True


def _with_parents(places: frozenset[str]) -> frozenset[str]:
    found = set(places)
    for place in places:
        while "." in place:
            place = place.rpartition(".")[0]
            found |= {place, place.removesuffix("[]")}
    return frozenset(found)


def _fields(
    body: Mapping[str, Any], known: frozenset[str], above: str = "", shown: str = ""
) -> Iterator[tuple[str, str, Any]]:
    """Every field that is not known: its place as it was sent, its name and its value."""
    for name, value in body.items():
        place, here = above + name, shown + name
        if place not in known:
            yield here[:200], name, value
        elif isinstance(value, dict) and _has_parts(place + ".", known):
            yield from _fields(value, known, place + ".", here + ".")
        elif isinstance(value, list) and _has_parts(place + "[].", known):
            for at, item in enumerate(value[:MOST_ITEMS]):
                if isinstance(item, dict):
                    yield from _fields(item, known, place + "[].", f"{here}[{at}].")


@lru_cache(maxsize=1024)  # of few places of few dialects, and asked for in each order
def _has_parts(prefix: str, known: frozenset[str]) -> bool:
    return any(place.startswith(prefix) for place in known)
