"""Files that are named where no import holds them: settings, workflows, the image, the pages."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
IGNORED = ROOT / ".dockerignore"
NAMING = [
    IGNORED,
    ROOT / "Dockerfile",
    ROOT / "pyproject.toml",
    ROOT / ".ci" / "run",
    *ROOT.glob("*.md"),
    *ROOT.glob("*/README.md"),
    *(one for one in ROOT.glob(".github/**/*") if one.is_file() and one.suffix != ".pyc"),
]
WORD = re.compile(r"(?<![\w./$:}{-])[\w.*<>{}-]+(?:/[\w.*<>{}-]+)+")
TOP = {"simulator", "conformance", "fixtures", "tests", ".github", ".ci"}
OLD = {"CHANGELOG.md"}  # tells of what was, too
MADE = {"conformance/fixtures"}  # in the wheel, by pyproject.toml


def paths(text: str) -> set[str]:
    """What is written as a path of this repository, with a star for what varies."""
    found = {one.rstrip(".") for one in WORD.findall(text)}
    found = {one for one in found if one.partition("/")[0] in TOP} - MADE
    return {re.sub(r"<\w+>|\{\w+\}", "*", one) for one in found}


@pytest.mark.parametrize(
    "page",
    [one for one in NAMING if one.name not in OLD],
    ids=lambda one: str(one.relative_to(ROOT)),
)
def test_every_path_that_is_named_leads_to_a_file(page: Path) -> None:
    text = page.read_text("utf-8")
    for one in sorted(paths(text)):
        assert [*ROOT.glob(one)], f"{page.name} names {one}, which is not there"
    for one in re.findall(r"-m ((?:tests|simulator|conformance)[\w.]*)", text):
        place = ROOT.joinpath(*one.split("."))
        assert place.with_suffix(".py").exists() or (place / "__main__.py").exists(), one


def test_what_the_image_keeps_and_copies_is_there() -> None:
    kept = re.findall(r"^!(\S+)$", IGNORED.read_text("utf-8"), re.MULTILINE)
    for one in kept:
        assert [*ROOT.glob(one)], f".dockerignore keeps {one}, which is not there"
    image = (ROOT / "Dockerfile").read_text("utf-8")
    for one in re.findall(r"^COPY (?!--from)(\S+) ", image, re.MULTILINE):
        assert (ROOT / one).exists(), one


@pytest.mark.parametrize("folder", ["simulator", "conformance"])
def test_the_modules_that_a_page_names_are_in_its_folder(folder: str) -> None:
    text = (ROOT / folder / "README.md").read_text("utf-8")
    for one in re.findall(r"`([\w/]+\.py)`", text):
        assert [*(ROOT / folder).rglob(one)] or (ROOT / one).exists(), f"{folder}/README.md: {one}"


def test_a_path_of_a_page_is_told_from_an_address() -> None:
    text = (
        "see `fixtures/<name>/api.toml`, /_sim/tests/one.py, http://h/tests/two.py and tests/x.py."
    )
    assert paths(text) == {"fixtures/*/api.toml", "tests/x.py"}
