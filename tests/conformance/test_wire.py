"""The head of a catalogue: where orders and answers say what, and in which words."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from conformance.catalogue import documents, orders, reader, wire
from conformance.catalogue.rows import freeze, thaw
from conformance.collect import wireform

HEAD: Mapping[str, Any] = documents.read(documents.folder() / "evolink" / "api.toml")["dialect"]


def wrong(**changes: Any) -> list[str]:
    return list(wire.problems({**HEAD, **changes}, documents.schema().words))


def test_words_are_texts_or_whole_numbers_listed_or_as_keys() -> None:
    listed: dict[str, list[wire.Word]] = {
        "queued": [0],
        "running": [1, "1"],
        "succeeded": [2],
        "failed": [3],
    }
    keyed = {"0": "queued", "1": "running", "running": ["1"], "2": "succeeded", "3": "failed"}
    assert wire.phases(keyed) == {key: tuple(value) for key, value in listed.items()}


@pytest.mark.parametrize(
    ("told", "phase"),
    [(0, "queued"), (1, "running"), ("1", None), (True, None), (2.0, None), (None, None)],
)
def test_a_phase_is_told_by_a_word_of_its_own_type(told: Any, phase: str | None) -> None:
    words = {"queued": (0,), "running": (1,), "succeeded": (2,)}
    dialect = replace(documents.catalogue("evolink").dialect, words=words)
    assert reader.phase(dialect, {"status": told}) == phase


@pytest.mark.parametrize("name", documents.dialects())
def test_every_field_that_the_head_names_is_of_a_row_or_a_mode(name: str) -> None:
    catalogue = documents.catalogue(name)
    request = catalogue.dialect.request
    known = {str(row.expect.get("field")) for row in catalogue.rows} | {
        str(row.field) for row in catalogue.rows
    }
    told = {field for row in catalogue.rows for field in row.expect.get("fields", ())}
    for field in (each for listed in request.fields.values() for each in listed):
        assert field in known | told | {"draft"}, field
    for field in (each for listed in request.media.values() for each in listed):
        legal = [thaw(mode.order) for mode in catalogue.modes]
        assert any(orders.read(order, field) for order in legal), field


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"request": {"prompt": "prompt"}}, "dialect.request lacks model"),
        ({"request": {**HEAD["request"], "colour": "c"}}, "unknown keys colour"),
        ({"request": {**HEAD["request"], "media": {"smell": "s"}}}, "unknown keys smell"),
        ({"id": {"create": [], "query": []}}, "see pattern, unknown"),
        ({"words": {"7": "dreaming"}}, "unknown phases dreaming"),
        ({"wordless": "dreaming"}, "unknown phase dreaming"),
    ],
)
def test_what_is_wrong_with_a_head_is_said_in_a_line(changes: Any, said: str) -> None:
    assert not wrong()
    (line,) = wrong(**changes)
    assert said in line


@pytest.mark.parametrize("model", [["a"], {"a": 1}, None, 7, "b"])
def test_only_a_model_that_is_a_text_has_another_name(model: Any) -> None:
    request = documents.catalogue("uniall").dialect.request
    names = {"a": "mapped"}
    assert wireform.renamed({"model": model}, names, request) == {"model": model}
    assert wireform.renamed({"model": "a"}, names, request) == {"model": "mapped"}


ELSEWHERE = {"refusal_code": ["/err/no", "/no"], "refusal_message": ["/err/why"]}


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ({"err": {"no": 7, "why": "not so"}}, "refused"),
        ({"no": 7}, "refused"),
        ({"err": {"why": "not so"}}, "refused"),
        ({"no": 0, "err": {"why": "fine"}}, "unknown"),
        ({"code": 7, "message": "not so"}, "unknown"),
        ({"id": "task-unified-1-a", "no": 0}, "accepted"),
    ],
)
def test_a_refusal_says_what_it_says_where_the_head_has_it(body: Any, outcome: str) -> None:
    head = {**HEAD, "answer": {**HEAD["answer"], **ELSEWHERE}}
    assert not list(wire.problems(head, documents.schema().words))
    dialect = wire.dialect(freeze(head), documents.sources())
    assert reader.outcome(dialect, 200, body) == outcome
    assert reader.code({"err": {"no": 7}, "no": 8}, dialect.refusals) == 7
    assert dialect.refusals.param == wire.USUAL.param


@pytest.mark.parametrize("places", ["/err/no", ["err.no"], [1], None])
def test_places_of_a_refusal_are_pointers(places: Any) -> None:
    answer = {**HEAD["answer"], "refusal_code": places}
    assert any("refusal_code has to be a list of JSON pointers" in e for e in wrong(answer=answer))
