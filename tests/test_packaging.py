"""What a wheel holds: the simulator and its data, and no package that belongs to somebody else."""

import os
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
