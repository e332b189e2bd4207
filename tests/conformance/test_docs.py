"""The catalogue is well formed, says where it is not, and counts its rows."""

import json
import re
import sys
import tomllib
from collections import Counter
from pathlib import Path
from types import MappingProxyType

import pytest

from conformance import docs
from conformance.rows import Row, freeze, thaw
from tests.conformance import digests

NAMES = docs.dialects()
ROW = """
[[row]]
id = "nbility.some.thing"
area = "request"
level = "must"
basis = "documented"
requirement = "A sentence."
source = "nbility-seedance"
section = "Somewhere"
cost = "free"
"""


def head() -> str:
    text = (docs.folder() / "nbility" / "api.toml").read_text("utf-8")
    return text[: text.index("[[row]]")]


def load(tmp_path: Path, rows: str) -> docs.Catalogue:
    path = tmp_path / "nbility" / "api.toml"
    path.parent.mkdir()
    path.write_text(head() + rows, "utf-8")
    return docs.load(path, "nbility")


def rows() -> list[Row]:
    return [row for name in NAMES for row in docs.catalogue(name).rows]


def test_there_are_catalogues() -> None:
    assert {"nbility", "uniall", "octopusx"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_catalogue_is_well_formed_and_of_the_expected_size(name: str) -> None:
    catalogue = docs.catalogue(name)
    levels = Counter(row.level for row in catalogue.testable)
    counts = " ".join(f"{level} {times}" for level, times in sorted(levels.items()))
    excluded = len(catalogue.rows) - len(catalogue.testable)
    sys.stdout.write(f"{name}: {len(catalogue.rows)} rows, {counts}, excluded {excluded}\n")
    assert len(catalogue.rows) >= 40
    assert levels["must"] + levels["should"] > len(catalogue.rows) / 2


@pytest.mark.parametrize("name", NAMES)
def test_rows_say_what_they_are_noted_to_say(name: str) -> None:
    noted = json.loads(digests.FILE.read_text("utf-8"))
    meant = "if that is meant: python -m tests.conformance.digests --write"
    assert digests.digest(name) == noted.get(name), meant


@pytest.mark.parametrize("name", NAMES)
def test_a_must_cites_a_main_document(name: str) -> None:
    for row in docs.catalogue(name).rows:
        if row.level == "must":
            assert row.source.main, row.id


def test_ids_are_unique_over_all_dialects() -> None:
    assert max(Counter(row.id for row in rows()).values()) == 1


@pytest.mark.parametrize("name", ["nbility", "octopusx", "uniall"])
def test_free_rows_ask_for_nothing_that_could_create_a_task(name: str) -> None:
    risky = {"invalid-request", "unknown-model", "wrong-content-type", "unreadable-media", "quota"}
    for row in docs.catalogue(name).rows:
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
        catalogue = docs.catalogue(name)
        cited |= {source.key for source in catalogue.dialect.documents}
        cited |= {sizes.source.key for sizes in catalogue.sizes}
    assert cited == set(docs.sources())


def test_readme_explains_every_kind() -> None:
    readme = (docs.folder() / "README.md").read_text("utf-8")
    assert re.findall(r"^\| `([a-z-]+)` \| [^|]", readme, re.M) != []
    for kind in docs.schema().kinds:
        assert f"| `{kind}` |" in readme


def test_patterns_are_regular_expressions() -> None:
    for row in rows():
        re.compile(row.expect.get("pattern", ""))


@pytest.mark.parametrize("name", NAMES)
def test_modes_use_the_models_of_the_table(name: str) -> None:
    catalogue = docs.catalogue(name)
    models = {model.id for model in catalogue.models}
    assert catalogue.dialect.cheapest["model"] in models
    assert {mode.order["model"] for mode in catalogue.modes} <= models


@pytest.mark.parametrize("name", NAMES)
def test_json_examples_parse(name: str) -> None:
    for file, text in docs.examples(name).items():
        if file.endswith(".json"):
            assert json.loads(text), file


@pytest.mark.parametrize("name", NAMES)
def test_answer_examples_have_the_shapes_of_the_rows(name: str) -> None:
    catalogue, files = docs.catalogue(name), docs.examples(name)
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
        (ROW, "either expect or excluded"),
        (ROW + 'excluded = "x"\n[row.expect]\nkind = "mode"\nmode = "text"', "either expect or"),
        (ROW.replace("must", "might") + 'excluded = "x"', "level 'might' is none of must"),
        (ROW.replace("nbility-seedance", "hearsay") + 'excluded = "x"', "source 'hearsay'"),
        (ROW.replace("some.thing", "Some Thing") + 'excluded = "x"', "its id is not nbility."),
        (ROW + 'excluded = "x"\ncolour = "red"', "unknown keys colour"),
        (ROW.replace('area = "request"\n', "") + 'excluded = "x"', "lacks area"),
        (ROW + 'excluded = "x"' + ROW + 'excluded = "x"', "stands 2 times"),
        (ROW + '[row.expect]\nkind = "guess"', "kind 'guess' is not in kinds.toml"),
        (ROW + '[row.expect]\nkind = "mode"\nmode = "dream"', "there is no mode 'dream'"),
        (ROW + '[row.expect]\nkind = "range"\nfield = "x"\nleast = 1', "its range lacks most"),
        (ROW + '[row.expect]\nkind = "witness"', "neither accept nor refuse"),
        (ROW + '[row.expect]\nkind = "error"\nsituation = "rain"', "situation rain is not"),
        (ROW + '[row.expect]\nkind = "mode"\nmode = "text"\nneeds = ["luck"]', "needs luck"),
        (
            ROW.replace("must", "unclear") + '[row.expect]\nkind = "mode"\nmode = "text"',
            "two readings",
        ),
        (ROW + 'readings = ["a", "b"]\nexcluded = "x"', "readings, which a must"),
    ],
)
def test_a_malformed_row_is_named(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(docs.FixtureError, match=r"nbility/api\.toml: .+: .*" + re.escape(message)):
        load(tmp_path, rows)


def test_a_good_row_loads(tmp_path: Path) -> None:
    catalogue = load(tmp_path, ROW + '[row.expect]\nkind = "mode"\nmode = "text"')
    assert catalogue.row("nbility.some.thing").kind == "mode"
    with pytest.raises(KeyError):
        catalogue.row("nbility.some.other")


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(docs.FixtureError, match=r"nbility/api\.toml"):
        load(tmp_path, "[[row")


def test_an_unknown_dialect_is_named() -> None:
    with pytest.raises(docs.FixtureError, match=r"no catalogue of 'lumen': there are .*nbility"):
        docs.catalogue("lumen")


def test_values_are_frozen_and_thaw() -> None:
    data = {"a": [1, {"b": "c"}]}
    frozen = freeze(data)
    assert isinstance(frozen, MappingProxyType)
    assert thaw(frozen) == data
    with pytest.raises(TypeError):
        frozen["a"][1]["b"] = "d"


def test_files_use_no_key_twice_and_parse_alone() -> None:
    for path in sorted(docs.folder().rglob("*.toml")):
        tomllib.loads(path.read_text("utf-8"))
