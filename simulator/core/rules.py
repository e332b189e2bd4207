"""Rows of a dialect's rule table."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from simulator.core.problems import Kind, Problem

Body = Mapping[str, Any]


class Rule(Protocol):
    """A row: it looks at a body and names what is wrong with it, if anything."""

    def problem(self, body: Body) -> Problem | None: ...


class OfSent:
    """A row with a ``field``, which has nothing to say where that is absent or null."""

    __slots__ = ()
    field: str
    passes_absent = True


class Varied(Protocol):
    """A row that is another one for each variant of an order, such as the model that it names."""

    @property
    def rows(self) -> Mapping[Any, Rule]:
        """The row of each variant; one that is left out has none."""
        ...

    @staticmethod
    def variant(body: Body) -> Hashable:
        """Which variant an order is; something or other where that cannot be told."""
        ...


def value(body: Body, field: str) -> Any:
    """The value at a dotted path; None where it is absent or null, which mean the same."""
    if "." not in field:  # as most are
        return body.get(field)
    at: Any = body
    for name in field.split("."):
        if not isinstance(at, Mapping):
            return None
        at = at.get(name)
    return at


def given(body: Body, field: str, otherwise: Any) -> Any:
    """The value at a dotted path, or what stands for it where it is absent or null."""
    found = value(body, field) if "." in field else body.get(field)
    return otherwise if found is None else found


_DIGITS_LONGEST = 18


def whole(given: Any) -> int | None:
    """The integer that a value is or that its decimal digits spell; None where it is neither."""
    if isinstance(given, bool):
        return None
    if isinstance(given, int):
        return given
    if isinstance(given, str) and given.isascii() and len(given) <= _DIGITS_LONGEST:
        digits = given.removeprefix("-")
        return int(given) if digits.isdigit() else None
    return None


_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
_SPELLED = {"digits": "string of digits", "flag": 'string "true" or "false"'}


def is_a(given: Any, name: str) -> bool:
    """Whether a JSON value is of the named type; ``digits`` is an integer spelled as a string."""
    if name == "string":
        return isinstance(given, str)
    if name == "digits":
        return isinstance(given, str) and whole(given) is not None
    if name == "flag":
        return given in ("true", "false")
    if name == "integer" and isinstance(given, bool):
        return False
    return isinstance(given, _TYPES[name])


@dataclass(frozen=True, slots=True)
class Required:
    """The field must be there, and a string must say something."""

    field: str

    def problem(self, body: Body) -> Problem | None:
        given = value(body, self.field)
        if given is None or given == "" or (isinstance(given, str) and not given.strip()):
            return Problem(Kind.MISSING, self.field, "is required")
        return None


@dataclass(frozen=True, slots=True)
class OfType(OfSent):
    """If the field is there, it is of one of the named JSON types."""

    field: str
    types: tuple[str, ...]

    def __init__(self, field: str, *types: str) -> None:
        object.__setattr__(self, "field", field)
        object.__setattr__(self, "types", types)

    def problem(self, body: Body) -> Problem | None:
        given = value(body, self.field)
        if given is None:
            return None
        for name in self.types:
            if is_a(given, name):
                return None
        wanted = " or ".join(_SPELLED.get(name, name) for name in self.types)
        return Problem(Kind.TYPE, self.field, f"must be of type {wanted}", limit=wanted, got=given)


@dataclass(frozen=True, slots=True)
class OneOf(OfSent):
    """If the field is there, it is one of the choices."""

    field: str
    choices: Sequence[Any]

    def problem(self, body: Body) -> Problem | None:
        given = value(body, self.field)
        if given is None or any(given == c and type(given) is type(c) for c in self.choices):
            return None
        detail = "must be one of " + ", ".join(map(str, self.choices))
        return Problem(Kind.CHOICE, self.field, detail, limit=self.choices, got=given)


@dataclass(frozen=True, slots=True)
class OneOfFor(OfSent):
    """If the field is there, it is one of the choices that the value of another field leaves."""

    field: str
    by: str
    choices: Mapping[Any, Sequence[Any]]

    def problem(self, body: Body) -> Problem | None:
        key = value(body, self.by)
        allowed = self.choices.get(key) if isinstance(key, str) else None
        if allowed is None:
            return None
        found = OneOf(self.field, allowed).problem(body)
        if found is None:
            return None
        detail = f"{found.detail} for {self.by} {key}"
        return Problem(found.kind, self.field, detail, limit=found.limit, got=found.got)


@dataclass(frozen=True, slots=True)
class Between(OfSent):
    """If the field is there, it is a whole number within the bounds, or one of the extras."""

    field: str
    least: int
    most: int
    also: tuple[int, ...] = ()

    def problem(self, body: Body) -> Problem | None:
        given = value(body, self.field)
        if given is None:
            return None
        number = whole(given)
        if number is not None and (self.least <= number <= self.most or number in self.also):
            return None
        detail = f"must be a whole number from {self.least} to {self.most}"
        if self.also:
            detail += " or " + " or ".join(map(str, self.also))
        limit = (self.least, self.most)
        return Problem(Kind.RANGE, self.field, detail, limit=limit, got=given)


@dataclass(frozen=True, slots=True)
class Count(OfSent):
    """If the array is there, it has at least and at most so many items."""

    field: str
    most: int
    least: int = 0

    def problem(self, body: Body) -> Problem | None:
        given = value(body, self.field)
        if given is None or self.least <= len(given) <= self.most:
            return None
        least = len(given) < self.least
        bound = self.least if least else self.most
        items = f"{bound} item" if bound == 1 else f"{bound} items"
        detail = f"must have at {'least' if least else 'most'} {items}, but has {len(given)}"
        limit = (self.least, self.most)
        return Problem(Kind.COUNT, self.field, detail, limit=limit, got=len(given))


@dataclass(frozen=True, slots=True)
class EachText(OfSent):
    """Every item of the array is a string that says something."""

    field: str

    def problem(self, body: Body) -> Problem | None:
        for at, item in enumerate(value(body, self.field) or ()):
            if not isinstance(item, str) or not item.strip():
                return Problem(
                    Kind.TYPE, f"{self.field}[{at}]", "must be a non-empty string", got=item
                )
        return None


@dataclass(frozen=True, slots=True)
class Length(OfSent):
    """If the string is there, it has at most so many characters."""

    field: str
    most: int

    def problem(self, body: Body) -> Problem | None:
        given = value(body, self.field)
        if given is None or len(given) <= self.most:
            return None
        detail = f"must have at most {self.most} characters"
        return Problem(Kind.RANGE, self.field, detail, limit=(0, self.most), got=len(given))


@dataclass(frozen=True, slots=True)
class Needs(OfSent):
    """The field only stands beside at least one of the others."""

    field: str
    others: tuple[str, ...]

    def problem(self, body: Body) -> Problem | None:
        if _empty(value(body, self.field)):
            return None
        if any(not _empty(value(body, other)) for other in self.others):
            return None
        needed = " or ".join(self.others)
        return Problem(Kind.NEEDS, self.field, f"needs {needed} beside it", limit=self.others)


@dataclass(frozen=True, slots=True)
class Excludes(OfSent):
    """The field does not stand beside any of the others."""

    field: str
    others: tuple[str, ...]

    def problem(self, body: Body) -> Problem | None:
        if _empty(value(body, self.field)):
            return None
        for other in self.others:
            if not _empty(value(body, other)):
                detail = f"cannot be used together with {other}"
                return Problem(Kind.CONFLICT, self.field, detail, got=other)
        return None


@dataclass(frozen=True, slots=True)
class Unsupported(OfSent):
    """The field must not be sent, unless with the value that it has anyway, where it has one."""

    field: str
    detail: str = "is not supported"
    neutral: Any = None

    def problem(self, body: Body) -> Problem | None:
        given = value(body, self.field)
        if given is None or (type(given) is type(self.neutral) and given == self.neutral):
            return None
        return Problem(Kind.UNSUPPORTED, self.field, self.detail, got=given)


def _empty(given: Any) -> bool:
    return given is None or given in ("", [], ())
