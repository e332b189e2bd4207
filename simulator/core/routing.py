"""One router for every API of the server: methods and paths, whose ``{names}`` are segments."""

import re
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar
from urllib.parse import unquote

import msgspec

T = TypeVar("T")
# So many paths are known at a time: clients ask for the same one again and again.
MOST_KNOWN = 256


class Lost(msgspec.Struct, frozen=True):
    """Why a request leads nowhere: ``allowed`` are the methods of its path, if there are any."""

    allowed: tuple[str, ...] = ()


class Router(Generic[T]):
    """Routes of one API, each a method, a path and what is there."""

    def __init__(self, routes: Iterable[tuple[str, str, T]]) -> None:
        found: dict[str, dict[str, T]] = {}
        for method, path, target in routes:
            found.setdefault(path, {})[method] = target
        self._places = [(_pattern(path), by_method) for path, by_method in found.items()]
        self._known: dict[tuple[str, str], tuple[T, Mapping[str, str]] | Lost] = {}

    def serves(self, path: str) -> bool:
        """Whether there is anything at a path, by any method."""
        return any(pattern.fullmatch(path) for pattern, _ in self._places)

    def find(self, method: str, path: str) -> tuple[T, Mapping[str, str]] | Lost:
        """What is at a path that is still percent-encoded, and what its names stand for."""
        found = self._known.get((method, path))
        if found is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[method, path] = found = self._find(method, path)
        return found

    def _find(self, method: str, path: str) -> tuple[T, Mapping[str, str]] | Lost:
        allowed: dict[str, None] = {}
        for pattern, by_method in self._places:
            found = pattern.fullmatch(path)
            if found is None:
                continue
            if method in by_method:
                return by_method[method], {k: unquote(v) for k, v in found.groupdict().items()}
            allowed |= dict.fromkeys(by_method)
        return Lost(tuple(allowed))


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", path)
    return re.compile(
        "".join(
            f"(?P<{part}>[^/]+)" if at % 2 else re.escape(part) for at, part in enumerate(parts)
        )
    )
