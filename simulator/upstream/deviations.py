"""Differences that are known and put up with: a TOML file, and patches to it.

The file holds one ``[[deviation]]`` for each, with the call, the place and what a recording says
there. A patch is a unified diff that ``git apply`` takes; nothing is written here.
"""

import re
import tomllib
from collections.abc import Iterable
from difflib import unified_diff
from pathlib import Path

import msgspec
import tomli_w

from simulator.core.config import BadSetting
from simulator.upstream.drift import Cause, Drift

MOST_BYTES = 4 * 1024 * 1024
_HEAD = "# What a live service does otherwise than the simulator: for `seedance-sim drift`.\n"
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_NAME = re.compile(r"[^\x00-\x1f\x7f\"\\]+")
_SHOWN = 5


class Deviation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One difference that is known of a dialect, by what the recorded side says."""

    dialect: str
    call: str
    place: str
    recorded: str
    reason: str = ""

    def excuses(self, dialect: str, one: Cause) -> bool:
        """Whether it is this difference, whatever the simulator says there."""
        told = tuple(map(_written, one.said))
        return (self.dialect, self.call, self.place, self.recorded) == (dialect, *told)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    deviation: tuple[Deviation, ...] = ()


def text_of(path: Path, may_lack: bool = False) -> str:
    """The file as it is; BadSetting where it cannot be read.

    It is empty where there is none, if there need not be one yet.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise BadSetting(f"--deviations: {path} has more than {MOST_BYTES} bytes")
        return raw.decode()
    except OSError as error:
        if may_lack and isinstance(error, FileNotFoundError):
            return ""
        raise BadSetting(f"--deviations: cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadSetting(f"--deviations: {path} is no UTF-8") from None


def read(text: str, path: Path) -> tuple[Deviation, ...]:
    """The deviations in a file's text; BadSetting where one is none."""
    try:
        return msgspec.convert(tomllib.loads(text), _File).deviation
    except (tomllib.TOMLDecodeError, RecursionError, msgspec.ValidationError) as error:
        raise BadSetting(f"--deviations: {path}: {error}") from None


def excuse(found: Drift, known: Iterable[Deviation]) -> None:
    """Mark the differences that are known."""
    known = tuple(known)
    found.excused = {
        one for one in found.causes if any(each.excuses(found.dialect, one) for each in known)
    }


def patch(path: Path, text: str, found: Drift, recording: str) -> str:
    """What makes the file know all that was found; empty where it does already."""
    added = [
        _entry(found, one, numbers, recording)
        for one, numbers in found.causes.items()
        if one not in found.excused
    ]
    if not added:
        return ""
    end = "" if not text or text.endswith("\n") else "\n"
    return diff(path, text, "".join([text or _HEAD, end, *added]))


def _entry(found: Drift, one: Cause, numbers: list[int], recording: str) -> str:
    shown = ", ".join(map(str, numbers[:_SHOWN])) + (", …" if numbers[_SHOWN:] else "")
    where = f"{recording}, exchanges {shown}" if numbers else recording
    reason = f"{where}: the simulator ({found.fidelity}) has {one.simulated}"
    call, place, recorded = map(_written, one.said)
    facts = {"dialect": found.dialect, "call": call, "place": place, "recorded": recorded}
    return f"\n[[deviation]]\n{tomli_w.dumps({**facts, 'reason': _written(reason)})}"


def _written(text: str) -> str:
    """A text as a file can hold it: JSON has halves of letters, UTF-8 has none."""
    return text.encode("utf-8", "replace").decode()


def diff(path: Path, old: str, new: str) -> str:
    """A unified diff of a file, in the form of git; BadSetting where git would not take it."""
    whole, here = path.absolute(), Path.cwd()
    if not whole.is_relative_to(here) or ".." in whole.parts or not _NAME.fullmatch(path.name):
        raise BadSetting(f"--deviations: git applies no patch to {path}: it is not below {here}")
    name = whole.relative_to(here).as_posix()
    head = f"diff --git a/{name} b/{name}\n"
    if not old:
        head += "new file mode 100644\n"
    before = f"a/{name}" if old else "/dev/null"
    lines = unified_diff(_LINE.findall(old), _LINE.findall(new), before, f"b/{name}")
    # What git says of a last line that does not end.
    ended = (
        one if one.endswith("\n") else f"{one}\n\\ No newline at end of file\n" for one in lines
    )
    return head + "".join(ended)
