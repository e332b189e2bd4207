"""What a wheel holds: the simulator and its data, and no package that belongs to somebody else."""

import json
import os
import re
import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The content of a freshly built wheel."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(out / "content")
    return out / "content"


def test_top_level_names(unpacked: Path) -> None:
    names = {path.name for path in unpacked.iterdir() if not path.name.endswith(".dist-info")}
    assert names == {"simulator", "conformance"}


def test_the_catalogue_travels_inside_conformance(unpacked: Path) -> None:
    shipped = {p.relative_to(unpacked / "conformance/fixtures") for p in _files(unpacked)}
    assert shipped == {p.relative_to(ROOT / "fixtures") for p in _data(ROOT / "fixtures")}


def test_the_list_of_prices_travels_inside_the_simulator(unpacked: Path) -> None:
    shipped = (ROOT / "simulator" / "facts" / "prices.toml").read_bytes()
    assert (unpacked / "simulator" / "facts" / "prices.toml").read_bytes() == shipped


def test_the_wheel_says_under_which_licences_it_is(unpacked: Path) -> None:
    (about,) = unpacked.glob("*.dist-info")
    said = message_from_bytes((about / "METADATA").read_bytes())
    assert said["License-Expression"] == "Apache-2.0 AND OFL-1.1"
    texts = {
        name: (about / "licenses" / name).read_text() for name in said.get_all("License-File", ())
    }
    assert "The seedance-sim authors" in texts["LICENSE"]
    assert "SIL OPEN FONT LICENSE" in texts["simulator/clips/fonts/LICENSE.txt"]


def test_type_checkers_may_read_both_packages(unpacked: Path) -> None:
    assert (unpacked / "simulator" / "py.typed").exists()
    assert (unpacked / "conformance" / "py.typed").exists()


LINK = re.compile(r"\]\(([^)\s]+)\)")


def test_every_link_of_the_readme_leads_somewhere_on_pypi(unpacked: Path) -> None:
    (about,) = unpacked.glob("*.dist-info")
    said = message_from_bytes((about / "METADATA").read_bytes())
    text = str(said.get_payload())
    assert [to for to in LINK.findall(text) if not to.startswith(("https://", "#"))] == []
    assert "`simulator/README.md`" in text  # named, where the address is not known
    assert said["Project-URL"] is None


def test_a_release_has_the_links_of_its_repository() -> None:
    home = "https://git.example.com/team/sim"
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "metadata"],
        cwd=ROOT,
        env={**os.environ, "SEEDANCE_PROJECT_URL": f"{home}/"},
        check=True,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    said = json.loads(done.stdout)
    beside = [to for to in LINK.findall((ROOT / "README.md").read_text("utf-8")) if ":" not in to]
    assert beside
    for to in beside:
        assert f"]({home}/blob/v{said['version']}/{to})" in said["readme"]["text"]
    assert said["urls"]["Source"] == home


@pytest.mark.parametrize(
    "page", ["README.md", "simulator/README.md", "conformance/README.md", "fixtures/README.md"]
)
def test_links_between_files_lead_to_a_file_and_a_heading(page: str) -> None:
    here = ROOT / page
    for to in LINK.findall(here.read_text("utf-8")):
        if ":" in to:
            continue
        path, _, heading = to.partition("#")
        there = here.parent / path if path else here
        assert there.exists(), to
        if heading:
            titles = re.findall(r"^#+ (.+)$", there.read_text("utf-8"), re.M)
            assert heading in {_anchor(one) for one in titles}, to


def _anchor(title: str) -> str:
    """The fragment that a heading has on the sites that show Markdown."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _files(unpacked: Path) -> list[Path]:
    return _data(unpacked / "conformance" / "fixtures")


def _data(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts]


@pytest.mark.parametrize(
    "code",
    [
        "import simulator; print(simulator.create_app(simulator.Config(seed=1)))",
        "from simulator.engine.prices import shipped; print(shipped()['ark'])",
        "from conformance.plan.prices import load; print(load(None, 'ark')[0])",
        "from conformance.catalogue.kills import matrix; print(matrix().by('ark.id.unique')[0])",
        "from conformance.catalogue.documents import *; print(list(map(catalogue, dialects())))",
    ],
)
def test_the_wheel_works_away_from_the_checkout(unpacked: Path, tmp_path: Path, code: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(unpacked), "PYTHONIOENCODING": "utf-8"}
    where = "import simulator, conformance; print(simulator.__file__, conformance.__file__);"
    done = subprocess.run(
        [sys.executable, "-P", "-c", where + code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert str(unpacked) in done.stdout
