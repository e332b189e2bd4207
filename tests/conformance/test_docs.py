"""The catalogue is well formed, says where it is not, and counts its rows."""

import json
import re
import sys
import textwrap
import tomllib
from collections import Counter
from pathlib import Path
from types import MappingProxyType

import pytest

from conformance.catalogue import documents
from conformance.catalogue.rows import Row, freeze, thaw
from tests.conformance import digests

NAMES = documents.dialects()
SHARED = """
[[group]]
source = "nbility-seedance"
section = "Somewhere"
level = "must"
cost = "free"
"""
ROW = """
[group.row."nbility.some.thing"]
area = "request"
requirement = "A sentence."
"""
OTHER = ROW.replace("thing", "other")
LEFT = 'excluded = "x"'
UNCLEAR = 'level = "unclear"\n'


def head() -> str:
    text = (documents.folder() / "nbility" / "api.toml").read_text("utf-8")
    return text[: text.index("[[group]]")]


def load(tmp_path: Path, rows: str) -> documents.Catalogue:
    path = tmp_path / "nbility" / "api.toml"
    path.parent.mkdir()
    path.write_text(head() + SHARED + rows, "utf-8")
    return documents.load(path, "nbility")


def rows() -> list[Row]:
    return [row for name in NAMES for row in documents.catalogue(name).rows]


def test_there_are_catalogues() -> None:
    assert {"nbility", "uniall", "octopusx"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_catalogue_is_well_formed_and_of_the_expected_size(name: str) -> None:
    catalogue = documents.catalogue(name)
    levels = Counter(row.level for row in catalogue.testable)
    counts = " ".join(f"{level} {times}" for level, times in sorted(levels.items()))
    excluded = len(catalogue.rows) - len(catalogue.testable)
    sys.stdout.write(f"{name}: {len(catalogue.rows)} rows, {counts}, excluded {excluded}\n")
    assert len(catalogue.rows) >= 40
    assert levels["must"] + levels["should"] > len(catalogue.rows) / 2


@pytest.mark.parametrize("name", NAMES)
def test_rows_say_what_they_are_noted_to_say(name: str) -> None:
    file = digests.file(name)
    noted = file.read_text("utf-8").strip() if file.is_file() else "nothing yet"
    meant = "if that is meant: python -m tests.conformance.digests --write"
    assert digests.digest(name) == noted, meant


@pytest.mark.parametrize("name", NAMES)
def test_a_must_cites_a_main_document(name: str) -> None:
    for row in documents.catalogue(name).rows:
        if row.level == "must":
            assert row.source.main, row.id


def test_ids_are_unique_over_all_dialects() -> None:
    assert max(Counter(row.id for row in rows()).values()) == 1


@pytest.mark.parametrize("name", ["nbility", "octopusx", "uniall"])
def test_free_rows_ask_for_nothing_that_could_create_a_task(name: str) -> None:
    risky = {"invalid-request", "unknown-model", "wrong-content-type", "unreadable-media", "quota"}
    for row in documents.catalogue(name).rows:
        if row.cost == "free":
            asked = {row.expect.get("situation"), *row.expect.get("situations", ())}
            assert not asked & risky, row.id
            assert not row.expect.get("accept"), row.id


def test_house_rules_are_unclear() -> None:
    assert {row.level for row in rows() if row.source.key == "house-rules"} <= {"unclear"}


def test_requirements_are_sentences() -> None:
    for row in rows():
        assert row.requirement.endswith("."), row.id
        assert all(reading.endswith(".") for reading in row.readings), row.id
        assert row.excluded is None or row.excluded.endswith("."), row.id


def test_every_source_is_cited() -> None:
    cited = {row.source.key for row in rows()}
    for name in NAMES:
        catalogue = documents.catalogue(name)
        cited |= {source.key for source in catalogue.dialect.documents}
        cited |= {sizes.source.key for sizes in catalogue.sizes}
    assert cited == set(documents.sources())


def test_readme_explains_every_kind() -> None:
    readme = (documents.folder() / "README.md").read_text("utf-8")
    assert re.findall(r"^\| `([a-z-]+)` \| [^|]", readme, re.M) != []
    for kind in documents.schema().kinds:
        assert f"| `{kind}` |" in readme


def test_patterns_are_regular_expressions() -> None:
    for row in rows():
        re.compile(row.expect.get("pattern", ""))


@pytest.mark.parametrize("name", NAMES)
def test_modes_use_the_models_of_the_table(name: str) -> None:
    catalogue = documents.catalogue(name)
    models = {model.id for model in catalogue.models}
    assert catalogue.dialect.cheapest["model"] in models
    assert {mode.order["model"] for mode in catalogue.modes} <= models


@pytest.mark.parametrize("name", NAMES)
def test_json_examples_parse(name: str) -> None:
    for file, text in documents.examples(name).items():
        if file.endswith(".json"):
            assert json.loads(text), file


@pytest.mark.parametrize("name", NAMES)
def test_answer_examples_have_the_shapes_of_the_rows(name: str) -> None:
    catalogue, files = documents.catalogue(name), documents.examples(name)
    for row in catalogue.testable:
        if row.kind == "shape" and row.level in ("must", "should"):
            for file in example_names(row):
                if file in files:
                    body = json.loads(files[file])
                    for pointer, types in row.expect["has"].items():
                        assert type_name(at(body, pointer)) in types.split("|"), (row.id, file)


def example_names(row: Row) -> list[str]:
    if row.expect["call"] == "create":
        return ["created.json"]
    phases = [row.expect["phase"]] if "phase" in row.expect else ["queued", "running", "succeeded"]
    return [f"query.{phase}.json" for phase in phases]


def at(body: object, pointer: str) -> object:
    for key in pointer.split("/")[1:]:
        body = body[int(key)] if isinstance(body, list) else body[key]  # type: ignore[index]
    return body


def type_name(value: object) -> str:
    names = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array"}
    return "null" if value is None else names.get(type(value), "object")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROW, "either a kind of kinds.toml or excluded"),
        (ROW + LEFT + '\nmode = { mode = "text" }', "either a kind of kinds.toml or"),
        (ROW + 'level = "might"\n' + LEFT, "level 'might' is none of must"),
        (ROW + 'source = "hearsay"\n' + LEFT, "source 'hearsay'"),
        (ROW.replace("some.thing", "Some Thing") + LEFT, "its id is not nbility."),
        (ROW + LEFT + '\ncolour = "red"', "unknown keys colour"),
        (ROW + 'expect = { kind = "mode", mode = "text" }', "unknown keys expect"),
        (ROW.replace('area = "request"\n', "") + LEFT, "lacks area"),
        (ROW + "section = 3\n" + LEFT, "lacks section"),
        (ROW + LEFT + SHARED + ROW + LEFT, "stands 2 times"),
        (ROW + "guess = {}", "unknown keys guess, none of which is in kinds.toml"),
        (ROW + 'mode = { mode = "dream" }', "there is no mode 'dream'"),
        (ROW + 'mode = "text"', "its mode is no table"),
        (
            ROW + 'mode = { mode = "text" }\nunique = { at = "" }',
            "more than one kind: mode, unique",
        ),
        (ROW + 'range = { field = "x", least = 1 }', "its range lacks most"),
        (ROW + "range = { least = 1, most = 2 }", "its range lacks field"),
        (ROW + "witness = {}", "neither accept nor refuse"),
        (ROW + 'error = { situation = "rain" }', "situation rain is not"),
        (ROW + 'mode = { mode = "text", needs = ["luck"] }', "needs luck"),
        (ROW + UNCLEAR + 'mode = { mode = "text" }', "two readings"),
        (ROW + 'readings = ["a", "b"]\n' + LEFT, "readings, which a must"),
        (ROW.replace('"nbility.some.thing"', "nbility.some.thing"), "unknown keys some"),
        (ROW + LEFT + "\n[[group]]", "has no rows, which are written"),
        (ROW + LEFT + "\n[[group]]\nrow = 3", "has no rows, which are written"),
        (ROW + LEFT + "\n[[group]]\nrow = {}", "has no rows, which are written"),
        (ROW + LEFT + "\n[[group]]\ncolour = 1\n" + OTHER + LEFT, "unknown keys colour"),
        (ROW + LEFT + "\n[[group]]\nrow = { 'nbility.a.b' = 3 }", "is no table"),
    ],
)
def test_a_malformed_row_is_named(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(
        documents.FixtureError, match=r"nbility/api\.toml: .+: .*" + re.escape(message)
    ):
        load(tmp_path, rows)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no rows"),
        ("[group]\nrow = {}", "not written as [[group]]"),
        ('[[row]]\nid = "nbility.some.thing"', "unknown tables row"),
        (SHARED + ROW + "error = { situation = [1] }", "a value of another type than it has"),
        (SHARED + ROW + "mode = { mode = [1] }", "a value of another type than it has"),
    ],
)
def test_a_file_without_rows_or_of_other_types_is_named(
    tmp_path: Path, text: str, message: str
) -> None:
    (path := tmp_path / "nbility" / "api.toml").parent.mkdir()
    path.write_text(head() + text, "utf-8")
    with pytest.raises(documents.FixtureError, match=re.escape(message)):
        documents.load(path, "nbility")


def test_a_good_row_loads(tmp_path: Path) -> None:
    catalogue = load(tmp_path, ROW + 'mode = { mode = "text" }')
    assert catalogue.row("nbility.some.thing").kind == "mode"
    with pytest.raises(KeyError):
        catalogue.row("nbility.some.other")


def test_a_row_has_what_its_group_says_but_for_what_it_says_itself(tmp_path: Path) -> None:
    own = 'field = "x"\nlevel = "should"\nrange = { least = 1, most = 2 }\n'
    catalogue = load(tmp_path, ROW + own + OTHER + LEFT)
    row, other = catalogue.rows
    assert (row.level, row.section, row.cost) == ("should", "Somewhere", "free")
    assert row.expect == {"kind": "range", "field": "x", "least": 1, "most": 2}
    assert (other.level, other.field, other.excluded) == ("must", None, "x")


@pytest.mark.parametrize(
    ("said", "basis"),
    [
        ("", "documented"),
        ('source = "new-api-code"\n', "inferred"),
        ('source = "new-api-code"\nbasis = "captured"\n', "captured"),
    ],
)
def test_the_basis_follows_from_the_source(tmp_path: Path, said: str, basis: str) -> None:
    assert load(tmp_path, ROW + said + LEFT).rows[0].basis == basis


def test_readme_shows_rows_as_they_stand(tmp_path: Path) -> None:
    readme = (documents.folder() / "README.md").read_text("utf-8")
    (example,) = re.findall(r"^    \[\[group\]\]\n(?:(?:    .*)?\n)+", readme, re.M)
    (path := tmp_path / "nbility" / "api.toml").parent.mkdir()
    path.write_text(head() + textwrap.dedent(example), "utf-8")
    shown = documents.load(path, "nbility").rows
    assert len(shown) == 3
    real = [documents.catalogue("nbility").row(row.id) for row in shown]
    assert [digests.said(row) for row in shown] == [digests.said(row) for row in real]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_said_that_holds_anyway(name: str) -> None:
    for group in documents.read(documents.folder() / name / "api.toml")["group"]:
        shared = {key: group[key] for key in group if key != "row"}
        for id, own in group["row"].items():
            assert not {key for key in shared if own.get(key) == shared[key]}, id
            full = shared | own
            expected: dict[str, object] = next(
                (own[key] for key in own if key in documents.schema().kinds), {}
            )
            assert "field" not in expected or expected["field"] != full.get("field"), id
            if "basis" in own and "basis" not in shared:
                assert own["basis"] != documents.sources()[full["source"]].basis, id
        for key in shared:
            assert [id for id, own in group["row"].items() if key not in own], (key, shared)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(documents.FixtureError, match=r"nbility/api\.toml"):
        load(tmp_path, "[[group")


def test_an_unknown_dialect_is_named() -> None:
    with pytest.raises(
        documents.FixtureError, match=r"no catalogue of 'lumen': there are .*nbility"
    ):
        documents.catalogue("lumen")


def test_values_are_frozen_and_thaw() -> None:
    data = {"a": [1, {"b": "c"}]}
    frozen = freeze(data)
    assert isinstance(frozen, MappingProxyType)
    assert thaw(frozen) == data
    with pytest.raises(TypeError):
        frozen["a"][1]["b"] = "d"


def test_files_use_no_key_twice_and_parse_alone() -> None:
    for path in sorted(documents.folder().rglob("*.toml")):
        tomllib.loads(path.read_text("utf-8"))
