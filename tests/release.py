"""What a release uploads, built and looked at: ``python -m tests.release [FOLDER]``.

The source distribution and the wheel are built twice, from two clones whose files have other times
and permissions: both times they must be the same bytes. The wheel that is built from the unpacked
source distribution is a third witness. The source distribution holds every file of the repository,
the tests too, and ``twine check --strict`` finds nothing. Into the folder go the two files.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
# What hatchling adds to the files of the repository.
ADDED = {"PKG-INFO"}


def main(arguments: list[str]) -> int:
    """Build and compare; 1 with a line on what was wrong."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        first = build(clone(home / "first"), home / "dist")
        second = build(aged(clone(home / "second")), home / "again")
        source = next(one for one in first if one.name.endswith(".tar.gz"))
        with tarfile.open(source) as archive:
            archive.extractall(home / "unpacked", filter="data")
        (unpacked,) = (home / "unpacked").iterdir()
        wrong = absent(unpacked)  # before it is built from, which leaves files behind
        third = build(unpacked, home / "third", "--wheel")
        wrong += [*differing(first, second), *differing(third, first)]
        checked = run([sys.executable, "-m", "twine", "check", "--strict", *map(str, first)], home)
        if wrong or checked:
            sys.stdout.write(f"the release: {'; '.join(wrong) or checked}\n")
            return 1
        for one in first:
            sys.stdout.write(f"{one.name}  {one.stat().st_size} bytes  sha256 {digest(one)}\n")
        if arguments:
            Path(arguments[0]).mkdir(parents=True, exist_ok=True)
            for one in first:
                shutil.copy(one, arguments[0])
    sys.stdout.write("the release: built three times, the same bytes\n")
    return 0


def clone(to: Path) -> Path:
    """The commit that is checked out: what a release is made of."""
    if wrong := run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(to)], ROOT):
        raise SystemExit(wrong)
    return to


def aged(folder: Path) -> Path:
    """The same files, as another machine may have them: of another day, and for nobody else."""
    for one in folder.rglob("*"):
        if one.is_file() and ".git" not in one.relative_to(folder).parts:
            one.chmod(one.stat().st_mode & 0o700)  # git knows who may run it
            os.utime(one, (1_000_000_000, 1_000_000_000))
    return folder


def build(folder: Path, out: Path, *what: str) -> list[Path]:
    """The distributions of a folder, by the front end that everybody uses."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), *what]
    if wrong := run([*command, str(folder)], folder):
        raise SystemExit(wrong)
    return sorted(out.iterdir())


def run(command: list[str], folder: Path) -> str:
    """Run a command; what it said, where it failed."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def differing(these: list[Path], those: list[Path]) -> list[str]:
    """The files of the first list that have other bytes in the second."""
    known = {one.name: digest(one) for one in those}
    return [f"{one.name} differs" for one in these if known.get(one.name) != digest(one)]


def absent(unpacked: Path) -> list[str]:
    """The files of the repository that the source distribution lacks, and what it has too many."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    tracked = set(listed.stdout.decode().strip("\0").split("\0"))
    has = {one.relative_to(unpacked).as_posix() for one in unpacked.rglob("*") if one.is_file()}
    lacks = [f"the source distribution lacks {name}" for name in sorted(tracked - has)]
    return [*lacks, *(f"nobody knows {name}" for name in sorted(has - tracked - ADDED))]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
