"""How a client reads a dialect's answers: where id, status, link and the rest stand, said once.

The demo, the verdict, the faults and the tests read by it, and no other list of such places exists.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from simulator.core.pointers import get, there
from simulator.core.task import LIVE, Phase

Word = str | int

# The words of the field for each state, small; the first ones are preferred for another's.
FIELD_WORDS: Mapping[Phase, tuple[str, ...]] = {
    Phase.QUEUED: ("pending", "queued", "submitted", "not_start", "waiting"),
    Phase.RUNNING: ("processing", "running", "in_progress"),
    Phase.SUCCEEDED: ("success", "succeeded", "completed", "done", "succeed", "finished"),
    Phase.FAILED: ("error", "failed", "failure"),
    Phase.CANCELLED: ("canceled", "cancelled"),
    Phase.EXPIRED: ("timeout", "expired"),
}
_MEANT: Mapping[str, Phase] = {
    word: phase for phase, words in FIELD_WORDS.items() for word in words
}


class Reading(msgspec.Struct, frozen=True):
    """What an answer says of one task: ``phase`` is None where its word is not known.

    ``progress`` is in percent; None where the answer has none. What is not there is empty.
    """

    word: str
    phase: Phase | None
    progress: int | None = None
    link: str = ""
    message: str = ""

    @property
    def over(self) -> bool:
        """Whether the task has come to its end."""
        return self.phase is not None and self.phase not in LIVE


class Reader(msgspec.Struct, frozen=True):
    """Where the answers of a dialect keep what clients look for, and faults bend.

    Each place is a tuple of JSON pointers, of which those count that an answer has: the answers to
    queries of any form, and callbacks. ``created`` are the ids in the answer of a create call and
    ``id`` those in a query's and in an item of a list. ``status`` is the status that holds,
    ``inner`` the upstream's that is passed on beside it; ``words`` are its words where they are not
    those of the field, such as integers. ``reason`` is a text that stands in every phase,
    ``message`` and ``code`` tell of a failure, ``error`` is the code of a refused call and
    ``refusal`` its text. ``texts`` are strings that hold a number, ``objects`` may be missing,
    ``numbers`` says whether an answer has any. ``items`` is the array of a list, ``total`` how many
    there are, and ``made`` when one was made, in seconds. ``percent`` says that progress is a
    string such as 50%, ``shared`` that the text of an error stands where a link would, and
    ``numbered`` as what the code of a refusal is its status, if it is that. ``meant`` gives the
    engine's id for one that is shown in another form. ``bare`` says, by kind of call, what of all
    this its answers never have although those of queries do: names in ``faults.fault.NEEDS``.
    """

    created: tuple[str, ...] = ("/id",)
    id: tuple[str, ...] = ("/id",)
    status: tuple[str, ...] = ("/status",)
    words: Mapping[Word, Phase] = msgspec.field(default_factory=dict)
    inner: tuple[str, ...] = ()
    progress: tuple[str, ...] = ()
    percent: bool = False
    shared: bool = False
    numbered: type[int] | type[str] | None = None
    link: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()
    message: tuple[str, ...] = ("/error/message",)
    code: tuple[str, ...] = ("/error/code",)
    usage: tuple[str, ...] = ()
    error: tuple[str, ...] = ("/error/code",)
    refusal: tuple[str, ...] = ("/error/message", "/message", "/msg")
    texts: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    numbers: bool = True
    items: tuple[str, ...] = ()
    total: tuple[str, ...] = ("/total",)
    made: tuple[str, ...] = ("/created_at",)
    meant: Callable[[str], str] = str
    bare: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)

    @property
    def spelled(self) -> bool:
        """Whether the status is a word, not a number."""
        return not any(isinstance(word, int) for word in self.words)

    @property
    def linked_twice(self) -> bool:
        """Whether one answer has the clip's link in two places, not one form here, one there."""
        tops = [place.split("/")[1] for place in self.link if "last_frame" not in place]
        return len(tops) > len(set(tops))

    def phase(self, word: Any) -> Phase | None:
        """What a status means: by the dialect's own words, else by those of the field."""
        own = self.words.get(word) if isinstance(word, str | int) else None
        return _MEANT.get(str(word).lower()) if own is None else own

    def created_id(self, body: Any) -> str:
        """The id in the answer to a create call; empty where there is none."""
        return _text(body, self.created)

    def shown_id(self, body: Any) -> str:
        """The id in the answer to a query, or in an item of a list; empty where there is none."""
        return _text(body, self.id)

    def failed_with(self, body: Any) -> str:
        """The code with which a task failed, as a plan has it; empty where there is none."""
        return _text(body, self.code)

    def listed(self, body: Any) -> list[Any] | None:
        """The items of a list, or None where the body is none."""
        found = (get(body, place) for place in self.items)
        return next((items for items in found if isinstance(items, list)), None)

    def read(self, body: Any) -> Reading:
        """What an answer to a query, an item of a list or a callback says of its task."""
        found = there(body, self.status)
        word = get(body, found[0]) if found else ""
        links = (get(body, place) for place in self.link)
        return Reading(
            word=str(word),
            phase=self.phase(word),
            progress=_percent(body, self.progress),
            link=next((one for one in links if isinstance(one, str) and one), ""),
            message=_text(body, self.message),
        )


def _text(body: Any, places: tuple[str, ...]) -> str:
    """What stands at the first of the places at which something does."""
    found = (get(body, place) for place in there(body, places))
    return next((str(one) for one in found if one not in (None, "")), "")


def _percent(body: Any, places: tuple[str, ...]) -> int | None:
    """A progress such as 50 or 50%."""
    text = _text(body, places).removesuffix("%")
    return int(text) if text.isdecimal() else None
