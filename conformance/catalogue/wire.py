"""The head of `api.toml`: where things stand on the wire of a dialect."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from conformance.catalogue import orders
from conformance.catalogue.rows import Source

Word = str | int
Words = Mapping[str, tuple[Word, ...]]
NEEDED = ("model", "prompt")
ID = ("create", "query", "pattern", "unknown")
CALLS = ("download", "remove")
OWN = ("items", "asset", "media")


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the API: method, path with `{id}`, the statuses of its success."""

    method: str
    path: str
    statuses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Credits(Call):
    """The call that tells the balance of the key: where its answer says what is left and used."""

    left: str = ""
    used: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The list of the account's tasks: its path, where its items stand, the names of parameters.

    `size` bounds the number of items, `page` numbers pages, `status` and `ids` choose among the
    tasks. A dialect without a list has no names here, one without a parameter no name for it.
    """

    path: str = ""
    items: str = ""
    size: str = ""
    most: int = 0
    page: str = ""
    status: str = ""
    ids: str = ""


@dataclass(frozen=True, slots=True)
class Asset:
    """A call of an asset library or a store of files, in the order in which they are made.

    `body` may hold placeholders, in a `form` as of `answered`; `least` is what has to be in it
    where the length of one more field is tried. `keep` says what becomes known of the answer:
    placeholders, each with texts in which `{pointer}` is a place of it, the first that is there
    counts. `data` is the place under which it says fields, `link` that of a link to what was
    sent; `after` are the seconds until the call has its answer.
    """

    path: str
    body: Mapping[str, Any]
    form: str = "json"
    least: Mapping[str, Any] = field(default_factory=dict)
    keep: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    data: str = ""
    link: str = ""
    after: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """Where an order says what: by the words `request` of `vocabulary.toml`, the fields for it.

    A dialect that cannot be told something has no field for it, one that takes it in several places
    has the usual one first. `media` has the fields for references by the words `media`. `items` is
    the array of items that hold words and media, where the dialect has one; `asset` is how a link
    to an asset looks, one that a simulator knows.
    """

    fields: Mapping[str, tuple[str, ...]]
    media: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    items: str = ""
    asset: str = ""

    def all(self, what: str) -> tuple[str, ...]:
        """The fields that say so much of an order, the usual one first."""
        return self.fields.get(what, ())

    def first(self, what: str) -> str:
        """The usual field for it, or the empty string."""
        return next(iter(self.all(what)), "")

    def value(self, order: Mapping[str, Any], what: str) -> Any:
        """What an order says of it, None where it says nothing."""
        found = (orders.value_of(order, each) for each in self.all(what))
        return next((each for each in found if each is not None), None)


@dataclass(frozen=True, slots=True)
class Refusals:
    """Where a refusal says its code, its words, its type and the field that is wrong.

    JSON pointers, the first that is there counts. These are the places that most gateways have;
    `[dialect.answer]` names others as `refusal_code` and so on.
    """

    code: Sequence[str] = ("/error/code", "/code", "/Code")
    message: Sequence[str] = (
        "/error/message", "/message", "/error", "/msg", "/Message", "/detail",
    )  # fmt: skip
    type: Sequence[str] = ("/error/type",)
    param: Sequence[str] = ("/error/param",)


USUAL = Refusals()


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where things stand on the wire of a dialect."""

    name: str
    title: str
    family: str
    documents: tuple[Source, ...]
    bases: tuple[str, ...]
    auth: str
    content_type: str
    media: str
    wait: tuple[int, int]
    create: Call
    query: Call
    id: Mapping[str, Any]
    request: Request
    answer: Mapping[str, tuple[str, ...]]
    words: Words
    cheapest: Mapping[str, Any]
    download: Call | None = None
    remove: Call | None = None
    credits: Credits | None = None
    list: Listing = Listing()
    assets: tuple[Asset, ...] = ()
    prefix: str = ""
    lag: int = 0
    wordless: str = "failed"
    signed_for: str = ""
    refusals: Refusals = USUAL

    @property
    def form(self) -> str:
        """How an order is written, unless something else is asked for."""
        return "multipart" if self.content_type.startswith("multipart/") else "json"

    @property
    def removal(self) -> Call:
        """The call that cancels or deletes a task: DELETE where tasks are read, unless said."""
        return self.remove or Call("DELETE", self.query.path, ())

    @property
    def upload(self) -> "Asset | None":
        """The first call that takes a file and answers with a link to it."""
        return next((each for each in self.assets if each.link), None)

    def asset(self, path: str, body: Any = None) -> "Asset | None":
        """The asset call of that path: of several the one with this body, else the first."""
        found = [each for each in self.assets if each.path == path]
        sent = orders.canonical(body)
        exact = (each for each in found if orders.canonical(each.body) == sent)
        return next(exact, found[0] if found else None)


def dialect(head: Mapping[str, Any], sources: Mapping[str, Source]) -> Dialect:
    """The dialect of a frozen `[dialect]` that `problems` found nothing wrong with."""
    return Dialect(
        **{
            **head,
            "documents": tuple(sources[key] for key in head["documents"]),
            "create": Call(**head["create"]),
            "query": Call(**head["query"]),
            "request": _request(head["request"]),
            "words": phases(head["words"]),
            "refusals": _refusals(head["answer"]),
            **{key: Call(**head[key]) for key in CALLS if key in head},
            **({"credits": Credits(**head["credits"])} if "credits" in head else {}),
            "list": _listing(head),
            "assets": tuple(_asset(each) for each in head.get("assets", ())),
        }
    )


def problems(head: Mapping[str, Any], words: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Everything that is wrong with the head, by the words of `vocabulary.toml`."""
    if strange := sorted(set(phases(head.get("words", {}))) - set(words["phases"])):
        yield f"dialect.words has the unknown phases {', '.join(strange)}"
    if (wordless := head.get("wordless", "failed")) not in words["phases"]:
        yield f"dialect.wordless is the unknown phase {wordless}"
    yield from _answer_problems(head.get("answer", {}), words)
    if strange := sorted(set(head.get("id", {})) ^ set(ID)):
        yield f"dialect.id has to have exactly {' '.join(ID)}: see {', '.join(strange)}"
    yield from _request_problems(head.get("request", {}), words)


def phases(told: Mapping[str, Any]) -> Words:
    """The status words by phase, from lists of words (`queued = ["QUEUED"]`) and from words with
    their phases (`0 = "queued"`), whose digits are a number.
    """
    found: dict[str, tuple[Word, ...]] = {}
    for key, value in told.items():
        if isinstance(value, str):
            word = int(key) if key.isdecimal() else key
            found[value] = (*found.get(value, ()), word)
        else:
            found[key] = (*found.get(key, ()), *value)
    return found


def same(word: Any, other: Any) -> bool:
    """Whether two status words are one: the number 1 is neither the text 1 nor true."""
    return type(word) is type(other) and bool(word == other)


def _request(told: Mapping[str, Any]) -> Request:
    fields = {key: _listed(value) for key, value in told.items() if key not in OWN}
    media = {key: _listed(value) for key, value in told.get("media", {}).items()}
    return Request(fields, media, told.get("items", ""), told.get("asset", ""))


def _refusals(told: Mapping[str, Any]) -> Refusals:
    names = (each.name for each in fields(Refusals))
    return Refusals(**{name: told[key] for name in names if (key := f"refusal_{name}") in told})


def _listing(head: Mapping[str, Any]) -> Listing:
    told = head.get("list", {})
    return Listing(**{"path": head["query"]["path"].removesuffix("/{id}"), **told})


def _asset(told: Mapping[str, Any]) -> Asset:
    keep = {name: _listed(value) for name, value in told.get("keep", {}).items()}
    return Asset(**{**told, "keep": keep})


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _answer_problems(told: Mapping[str, Any], words: Mapping[str, Sequence[str]]) -> Iterator[str]:
    if set(told) - set(words["refusal"]) != set(words["answer"]):
        yield (
            f"dialect.answer has to have exactly {' '.join(words['answer'])}, "
            f"and may have {' '.join(words['refusal'])}"
        )
    for key in sorted(set(told) & set(words["refusal"])):
        places = told[key] if isinstance(told[key], list | tuple) else [None]
        if not all(isinstance(each, str) and each.startswith("/") for each in places):
            yield f'dialect.answer.{key} has to be a list of JSON pointers, as ["/error/code"]'


def _request_problems(told: Mapping[str, Any], words: Mapping[str, Sequence[str]]) -> Iterator[str]:
    if missing := [each for each in NEEDED if each not in told]:
        yield f"dialect.request lacks {', '.join(missing)}"
    if strange := sorted(set(told) - set(words["request"]) - set(OWN)):
        yield f"dialect.request has the unknown keys {', '.join(strange)}"
    if strange := sorted(set(told.get("media", {})) - set(words["media"])):
        yield f"dialect.request.media has the unknown keys {', '.join(strange)}"
    for field_ in (each for value in _request(told).fields.values() for each in value):
        orders.steps(field_)
