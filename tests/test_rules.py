"""Each row kind at its edge, with the other types beside it."""

from collections.abc import Mapping
from typing import Any

import pytest

from simulator import dialects
from simulator.core.problems import Kind, Refusal
from simulator.core.rules import (
    Between,
    Count,
    EachText,
    Excludes,
    Length,
    Needs,
    OfType,
    OneOf,
    OneOfFor,
    Required,
    Rule,
    Unsupported,
    value,
)
from simulator.core.table import Table, check
from simulator.engine.dialect import Dialect


def kind(rule: Rule, body: dict[str, Any]) -> Kind | None:
    found = rule.problem(body)
    return None if found is None else found.kind


@pytest.mark.parametrize(
    ("rule", "good", "bad", "expected"),
    [
        (Required("a"), ["x", 0, False, [1]], ["", "  ", None], Kind.MISSING),
        (OfType("a", "integer"), [1, -1, 10**30, None], [True, 1.0, "1", [], {}], Kind.TYPE),
        (OfType("a", "string"), ["", "x", None], [1, True, [], {}], Kind.TYPE),
        (OfType("a", "boolean"), [True, False, None], [1, 0, "true"], Kind.TYPE),
        (OfType("a", "array"), [[], [1], None], [{}, "x", 1], Kind.TYPE),
        (OfType("a", "object"), [{}, None], [[], "x"], Kind.TYPE),
        (OfType("a", "integer", "digits"), [5, "5", "-1"], ["5.0", "x", "", " 5"], Kind.TYPE),
        (OfType("a", "boolean", "flag"), [True, "true", "false"], ["True", "yes", 1], Kind.TYPE),
        (OneOf("a", ("x", 5)), ["x", 5, None], ["X", "5", 5.0, True], Kind.CHOICE),
        (OneOf("a", (1,)), [1], [True, 1.0], Kind.CHOICE),
        (Between("a", 4, 15), [4, 15, "4", None], [3, 16, 4.5, True, "x"], Kind.RANGE),
        (Between("a", 4, 15, also=(-1,)), [-1, 4], [0, -2, 3], Kind.RANGE),
        (Count("a", 3), [[], [1] * 3, None], [[1] * 4], Kind.COUNT),
        (Count("a", 2, least=1), [[1], [1, 2]], [[], [1] * 3], Kind.COUNT),
        (EachText("a"), [["x"], [], None], [[""], ["x", 1], [None], [" "]], Kind.TYPE),
        (Length("a", 3), ["", "abc", None], ["abcd"], Kind.RANGE),
        (Unsupported("a"), [None], [0, False, "", "x"], Kind.UNSUPPORTED),
        (Unsupported("a", neutral=False), [None, False], [0, True, ""], Kind.UNSUPPORTED),
    ],
)
def test_rows_at_their_edges(rule: Rule, good: list[Any], bad: list[Any], expected: Kind) -> None:
    for given in good:
        assert kind(rule, {"a": given}) is None, given
    for given in bad:
        assert kind(rule, {"a": given}) is expected, given


def test_absent_is_like_null() -> None:
    assert kind(Required("a"), {}) is Kind.MISSING
    assert kind(OneOf("a", ("x",)), {}) is None


def test_choices_by_another_field() -> None:
    rule = OneOfFor("size", "model", {"small": ("s",), "large": ("s", "l")})
    assert kind(rule, {"model": "small", "size": "s"}) is None
    assert kind(rule, {"model": "small", "size": "l"}) is Kind.CHOICE
    assert kind(rule, {"model": "large", "size": "l"}) is None
    assert kind(rule, {"model": "other", "size": "x"}) is None
    assert kind(rule, {"model": 5, "size": "x"}) is None


def test_two_fields() -> None:
    assert kind(Needs("a", ("b", "c")), {"a": 1}) is Kind.NEEDS
    assert kind(Needs("a", ("b", "c")), {"a": 1, "c": [1]}) is None
    assert kind(Needs("a", ("b",)), {"a": [], "b": None}) is None
    assert kind(Excludes("a", ("b",)), {"a": 1, "b": "x"}) is Kind.CONFLICT
    assert kind(Excludes("a", ("b",)), {"a": 1, "b": []}) is None
    assert kind(Excludes("a", ("b",)), {"b": 1}) is None


@pytest.mark.parametrize("body", [{}, {"a": None}, {"a": 5}, {"a": []}, {"a": {"b": None}}])
def test_a_path_that_leads_nowhere(body: dict[str, Any]) -> None:
    assert value(body, "a.b") is None


def test_the_first_broken_row_is_the_problem() -> None:
    with pytest.raises(Refusal) as caught:
        check((Required("a"), Required("b")), {"a": 1})
    assert caught.value.problem.field == "b"


@pytest.mark.parametrize("dialect", dialects.ALL, ids=lambda dialect: dialect.name)
def test_a_row_that_is_passed_over_without_its_field_would_have_had_nothing_to_say(
    dialect: Dialect,
) -> None:
    rows = [
        one
        for route in dialect.routes
        for row in (*route.rules, *(route.observed_rules or ()))
        for one in (row, *getattr(row, "rows", {}).values())
    ]
    silent = [row for row in rows if getattr(row, "passes_absent", False)]
    assert silent
    for row in silent:
        order = without(dialect.example, row.field)
        assert row.problem(order) is None
        above, _, inner = row.field.partition(".")
        assert not inner or row.problem({**order, above: {"other": 1}}) is None


WRONG: tuple[Any, ...] = (None, [], {}, {"url": 5}, 10**9, "neither", True)


def without(order: Mapping[str, Any], field: str) -> dict[str, Any]:
    return {name: given for name, given in order.items() if name != field.partition(".")[0]}


@pytest.mark.parametrize("dialect", dialects.ALL, ids=lambda dialect: dialect.name)
def test_a_table_finds_the_problem_that_its_rows_find_one_after_the_other(
    dialect: Dialect,
) -> None:
    tables = [
        rows
        for route in dialect.routes
        if route.kind == "create"
        for rows in (route.rules, route.observed_rules or route.rules)
    ]
    found = set()
    for rows in tables:
        assert isinstance(rows, Table)
        names = {row.field.partition(".")[0] for row in rows if hasattr(row, "field")}
        for name in names:
            for wrong in WRONG:
                order = {**dialect.example, name: wrong}
                told = problem(rows, order)
                assert told == problem(tuple(rows), order)
                found.add(told)
    assert len(found) > 5


IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
VIDEO = {"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}}
AUDIO = {"type": "audio_url", "audio_url": {"url": "https://example.com/a.mp3"}}
DRAFT = {"type": "draft_task", "draft_task": {"id": "cgt-1"}}
FIRST, LAST = {**IMAGE, "role": "first_frame"}, {**IMAGE, "role": "last_frame"}
CONTENTS: tuple[list[dict[str, Any]], ...] = (
    [IMAGE],
    [IMAGE] * 3,
    [{**IMAGE, "role": "x"}],
    [FIRST] * 2,
    [LAST],
    [FIRST, {**VIDEO, "role": "reference_video"}],
    [VIDEO],
    [AUDIO],
    [{**AUDIO, "role": "reference_audio"}] * 4,
    [DRAFT],
    [DRAFT, IMAGE],
)
MODELS_OF_ARK = (
    "doubao-seedance-2-0-260128",
    "doubao-seedance-2-5-260628",
    "doubao-seedance-1-5-pro-251215",
    "ep-20260606-abcde",
)


@pytest.mark.parametrize("name", ["ark", "apiyi", "octopusx"])
def test_a_table_passes_over_no_row_about_media_drafts_or_a_model(name: str) -> None:
    route = dialects.load(name).route("create")
    found = set()
    for rows in (route.rules, route.observed_rules or route.rules):
        for model in MODELS_OF_ARK if name == "ark" else (dialects.load(name).example["model"],):
            for content in CONTENTS:
                for more in ({}, {"ratio": "16:9"}, {"omni_reference_task_type": "edit"}):
                    order = {"model": model, "content": [*content], "prompt": "x", **more}
                    told = problem(rows, order)
                    assert told == problem(tuple(rows), order)
                    found.add(told)
    assert len(found) > 5


def problem(rows: tuple[Rule, ...], order: Mapping[str, Any]) -> tuple[Kind, str, str] | None:
    try:
        check(rows, order)
    except Refusal as refusal:
        return refusal.problem.kind, refusal.problem.field, refusal.problem.detail
    return None
