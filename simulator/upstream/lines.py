"""The lines of a recording, and how bodies stand in them."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulator.core.config import BadSetting

VERSION = 1
MOST_TEXT = 64 * 1024
# A recording is read as a whole.
MOST_BYTES = 1024 * 1024 * 1024
# What the fields of a line are where they stand in it, by its kind.
_TYPES: Mapping[str, Mapping[str, Any]] = {
    "exchange": {
        **dict.fromkeys(("call", "method", "url", "task", "auth", "text", "fault"), str),
        **dict.fromkeys(("sent_headers", "headers"), dict),
        **dict.fromkeys(("number", "at"), int),
        "status": int | None,
        "is_json": bool,
    },
    "callback": {"task": str, "at": int, "headers": dict},
    "file": {"task": str, "name": str, "sha256": str, "size": int},
}
# Beyond it JSON's numbers are not the same to all who read them; as milliseconds it is far away.
_MOST_NUMBER = 2**53
_HALF = re.compile("[\ud800-\udfff]")
# RFC 9110, sections 5.1 and 5.5: nothing that would end a line of the head.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_VALUE = re.compile("[\t\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]*")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def load(path: Path) -> list[dict[str, Any]]:
    """The lines of a recording; BadSetting where it is none that can be read."""
    try:
        lines = mended(path, write=False)
    except OSError as error:
        raise BadSetting(f"cannot read {path}: {error.strerror}") from None
    if not lines:
        raise BadSetting(f"{path} is no recording: it is empty")
    return lines


def mended(path: Path, write: bool = True) -> list[dict[str, Any]]:
    """The lines of a recording, a last one that was cut off taken away."""
    with path.open("rb") as file:
        raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise BadSetting(f"{path} is no recording: it has more than {MOST_BYTES} bytes")
    whole = raw[: raw.rfind(b"\n") + 1]
    lines = [_line(path, number, text) for number, text in enumerate(whole.splitlines(), 1)]
    if lines and (lines[0]["kind"] != "meta" or lines[0].get("version") != VERSION):
        version = str(lines[0].get("version"))[:20]
        raise BadSetting(f"{path} is no recording of version {VERSION} (version {version})")
    for number, line in enumerate(lines, 1):
        _check(path, number, line)
    if raw and not lines:
        raise BadSetting(f"{path} is no recording: its first line is not whole")
    if write and len(whole) < len(raw):
        with path.open("r+b") as file:
            file.truncate(len(whole))
    return lines


def _line(path: Path, number: int, text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("kind"), str):
        raise BadSetting(f"{path} is no recording: line {number} is no JSON object with a kind")
    return found


def _check(path: Path, number: int, line: Mapping[str, Any]) -> None:
    for name, kind in _TYPES.get(line["kind"], {}).items():
        if name in line and not (isinstance(line[name], kind) and _sane(name, line[name])):
            raise BadSetting(f"{path}: line {number} has a {name} that cannot be read")
    if line["kind"] == "file":
        _check_name(path, number, line)


def _sane(name: str, value: Any) -> bool:
    """Whether a number is one that can be meant: a status, or milliseconds, bytes, a count.

    What a call is made of is text that can be sent, as headers are, which are sent again; the text
    of an answer may have halves of letters.
    """
    if isinstance(value, str) and name != "text":
        return not _HALF.search(value)
    if isinstance(value, dict) and name == "headers":
        return all(_NAME.fullmatch(n) and _VALUE.fullmatch(str(v)) for n, v in value.items())
    if not isinstance(value, int):
        return True
    least, most = (200, 599) if name == "status" else (0, _MOST_NUMBER)
    return isinstance(value, bool) == (name == "is_json") and least <= value <= most


def _check_name(path: Path, number: int, line: Mapping[str, Any]) -> None:
    """The name of a file can be nothing but its digest: a recording comes from anybody."""
    digest, name = line.get("sha256", ""), line.get("name", "")
    if not _DIGEST.fullmatch(digest) or name not in ("", digest):
        said = f"{path}: line {number} names a file {name[:80]!r}"
        raise BadSetting(f"{said}, which is not the SHA-256 of one")


def shown(body: bytes) -> dict[str, Any]:
    """A body as JSON where it is that, else the beginning of its text.

    JSON that is written otherwise than ``compact`` writes it has its text as well.
    """
    text = body[:MOST_TEXT].decode("utf-8", "replace")
    try:
        value = json.loads(body)
        as_usual = len(body) > MOST_TEXT or compact(value) == text
    except (ValueError, RecursionError):
        return {"json": None, "is_json": False, "text": text}
    return {"json": value, "is_json": True, "text": "" if as_usual else text}


def compact(value: Any) -> str:
    """A value as most servers write it: no blanks, and no escapes but those that JSON needs."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
