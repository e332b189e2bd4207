"""The engine knows no vendor: names of dialects and of their fields stand in `fixtures/` alone."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue import documents, orders

ENGINE = Path(documents.__file__).parents[1]
WORD = re.compile(r"[A-Za-z0-9_]+")
# What the suite itself calls so: media of its own, and the words of JSON, HTTP and `fixtures/`.
OWN = {"image", "images", "video", "videos", "audio", "text", "type", "url", "content", "file"}
OWN |= {"size", "seconds", "input", "user", "metadata", "tools", "priority", "n", "role", "URL"}
OWN |= {"limit", "page"}  # English words before they are parameters
OWN |= {"aspect"}  # a property of clips


def names(field: str) -> Iterator[str]:
    """The words of a field: names, selecting keys and their values."""
    for step in orders.steps(field):
        yield from (str(each) for each in step[:3] if each)


def keys(value: Any) -> Iterator[str]:
    """Every key that stands in a value."""
    if isinstance(value, Mapping):
        yield from value
    inside = value.values() if isinstance(value, Mapping) else value
    for each in inside if isinstance(value, Mapping | tuple) else ():
        yield from keys(each)


def of_vendor(dialect: str) -> Iterator[str]:
    """The words that orders of a dialect are made of, and the names of its lists' parameters."""
    catalogue = documents.catalogue(dialect)
    request, listing = catalogue.dialect.request, catalogue.dialect.list
    told = [*request.fields.values(), *request.media.values()]
    told += [row.expect.get("fields", ()) for row in catalogue.rows]
    for field in (each for listed in told for each in listed):
        yield from names(field)
    yield from keys(catalogue.dialect.cheapest)
    for mode in catalogue.modes:
        yield from keys(mode.order)
    yield from (each for each in (listing.size, listing.page, listing.status, listing.ids) if each)
    for asset in catalogue.dialect.assets:
        yield from keys(asset.body)


@cache
def vendors() -> frozenset[str]:
    """The words of one vendor or another that are no words of the suite's own."""
    words = documents.schema().words
    found = {each for name in documents.dialects() for each in of_vendor(name)}
    return frozenset(found - OWN - set(words["request"]) - set(words["media"]))


def modules() -> list[Path]:
    return sorted(ENGINE.rglob("*.py"))


def texts(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.stem)
def test_no_module_names_a_dialect(path: Path) -> None:
    text = path.read_text("utf-8")
    titles = {documents.catalogue(name).dialect.title for name in documents.dialects()}
    for name in {*documents.dialects(), *titles}:
        assert not re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE), name


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.stem)
def test_no_module_names_a_field_of_a_vendor(path: Path) -> None:
    found = {
        (line, word)
        for line, text in texts(path)
        for word in WORD.findall(text)
        if word in vendors()
    }
    assert not found


def test_the_words_of_vendors_are_many_and_one_would_be_seen(tmp_path: Path) -> None:
    assert {"aspect_ratio", "image_urls", "generate_audio", "quality", "extra_body"} <= vendors()
    place = tmp_path / "odd.py"
    place.write_text('FIELDS = ("aspect_ratio",)\n', "utf-8")
    with pytest.raises(AssertionError):
        test_no_module_names_a_field_of_a_vendor(place)
